// RUN: cim-opt %s --split-input-file --lower-nn-to-cim | FileCheck %s

// A layer is called after its initializer, cut before `.weight`; the bias stays
// digital.
// CHECK-LABEL: cim.layer @layer1.0.conv1 index 0 channel_axis 0 : tensor<2x1x2x2xf32> {
// CHECK-NEXT: %[[W:.*]] = cim.load dense<1.000000e+00> : tensor<2x1x2x2xf32>
// CHECK-NEXT: cim.write %[[W]] : tensor<2x1x2x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: cim.layer @fc index 1 channel_axis 0 : tensor<4x8xf32> {
// CHECK: cim.layer @fc2 index 2 channel_axis 1 : tensor<4x3xf32> {
// CHECK: func.func @main(%[[X:.*]]: tensor<1x2x3x3xf32>)
// CHECK-NEXT: %[[B:.*]] = nn.constant dense<5.000000e-01>
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<2.500000e-01>
// CHECK-NEXT: %[[Y:.*]] = cim.conv %[[X]] on @layer1.0.conv1 bias %[[B]] groups 2 : (tensor<1x2x3x3xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[Y]]
// CHECK-NEXT: %[[Z:.*]] = cim.gemm %[[R]] on @fc bias %[[C]] alpha 5.000000e-01 transpose_b true : (tensor<1x8xf32>, tensor<4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: %[[O:.*]] = cim.matmul %[[Z]] on @fc2 : (tensor<1x4xf32>) -> tensor<1x3xf32>
// CHECK-NEXT: return %[[O]]
func.func @main(%x: tensor<1x2x3x3xf32>) -> tensor<1x3xf32> {
  %w = nn.constant dense<1.0> : tensor<2x1x2x2xf32> loc("layer1.0.conv1.weight.f16")
  %b = nn.constant dense<0.5> : tensor<2xf32> loc("layer1.0.conv1.bias")
  %v = nn.constant dense<1.0> : tensor<4x8xf32> loc("fc.weight")
  %c = nn.constant dense<0.25> : tensor<4xf32> loc("fc.bias")
  %u = nn.constant dense<1.0> : tensor<4x3xf32> loc("fc2.weight")
  %0 = nn.conv %x, %w, %b groups 2
         : (tensor<1x2x3x3xf32>, tensor<2x1x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32> loc("Conv_0")
  %1 = nn.reshape %0 : tensor<1x2x2x2xf32> -> tensor<1x8xf32>
  %2 = nn.gemm %1, %v, %c alpha 0.5 transpose_b true
         : (tensor<1x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  %3 = nn.matmul %2, %u : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32>
  return %3 : tensor<1x3xf32>
}

// -----

// Anonymous initializers: the node's name. Names are made unique.
// CHECK-LABEL: cim.layer @"/fc/MatMul" index 0
// CHECK: cim.layer @Conv_17 index 1
// CHECK: cim.layer @named.weird index 2
// CHECK: cim.layer @Conv_17.2 index 3
// CHECK: cim.layer @Conv_17.3 index 4
// CHECK: cim.layer @layer5 index 5
// CHECK: cim.layer @main.2 index 6
// CHECK: cim.layer @".only" index 7
// CHECK-LABEL: func.func @main
// CHECK-NOT: nn.matmul
func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %a = nn.constant dense<1.0> : tensor<2x2xf32> loc("onnx::MatMul_123.weight")
  %b = nn.constant dense<2.0> : tensor<2x2xf32> loc("42")
  %c = nn.constant dense<3.0> : tensor<2x2xf32> loc("named.weird")
  %d = nn.constant dense<4.0> : tensor<2x2xf32> loc("")
  %e = nn.constant dense<5.0> : tensor<2x2xf32> loc(unknown)
  %f = nn.constant dense<6.0> : tensor<2x2xf32> loc("7")
  %g = nn.constant dense<7.0> : tensor<2x2xf32> loc("main.weight")
  %h = nn.constant dense<8.0> : tensor<2x2xf32> loc(".weight")
  %0 = nn.matmul %x, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/fc/MatMul")
  %1 = nn.matmul %0, %b : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc(fused["Conv_17", "net.onnx":0:0])
  %2 = nn.matmul %1, %c : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("Conv_18")
  %3 = nn.matmul %2, %d : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("Conv_17")
  %4 = nn.matmul %3, %e : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("Conv_17")
  %5 = nn.matmul %4, %f : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc(unknown)
  %6 = nn.matmul %5, %g : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("m")
  %7 = nn.matmul %6, %h : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc(".only")
  return %7 : tensor<2x2xf32>
}

// -----

// One initializer is one layer, also when folding has repeated it; equal values
// under two names are two layers; a layer's index is the order of first use.
// CHECK-LABEL: cim.layer @second index 0
// CHECK: cim.layer @shared index 1
// CHECK: cim.layer @shared.2 index 2
// CHECK-NOT: cim.layer
// CHECK-LABEL: func.func @main
// CHECK-NEXT: cim.matmul %{{.*}} on @second
// CHECK-NEXT: cim.matmul %{{.*}} on @shared
// CHECK-NEXT: cim.matmul %{{.*}} on @shared :
// CHECK-NEXT: cim.matmul %{{.*}} on @shared :
// CHECK-NEXT: cim.matmul %{{.*}} on @shared.2
// CHECK-NEXT: return
func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %a = nn.constant dense<1.0> : tensor<2x2xf32> loc("shared.weight")
  %b = nn.constant dense<1.0> : tensor<2x2xf32> loc("second.weight")
  %c = nn.constant dense<1.0> : tensor<2x2xf32> loc("shared.weight")
  %d = nn.constant dense<2.0> : tensor<2x2xf32> loc("shared.weight")
  %0 = nn.matmul %x, %b : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.matmul %0, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.matmul %1, %c : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = nn.matmul %2, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %4 = nn.matmul %3, %d : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %4 : tensor<2x2xf32>
}

// -----

// Weights as resources; a constant with another use stays for that.
// CHECK-LABEL: cim.layer @embedding index 0 channel_axis 1
// CHECK-NEXT: cim.load dense_resource<embedding.weight> : tensor<16x16xf32>
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[W:.*]] = nn.constant dense_resource<embedding.weight>
// CHECK-NEXT: %[[Y:.*]] = cim.matmul %{{.*}} on @embedding
// CHECK-NEXT: nn.add %[[Y]], %[[W]]
func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %w = nn.constant dense_resource<embedding.weight> : tensor<16x16xf32> loc("embedding.weight")
  %0 = nn.matmul %x, %w : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = nn.add %0, %w : tensor<16x16xf32>
  return %1 : tensor<16x16xf32>
}

// -----

// Attention multiplies activations: digital, and nothing to remark.
// CHECK-LABEL: func.func @main
// CHECK: nn.matmul
func.func @main(%x: tensor<1x2x2xf32>) -> tensor<1x2x2xf32> {
  %0 = nn.matmul %x, %x : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

// -----

// What is lowered already keeps its index.
// CHECK-LABEL: cim.layer @a index 4
// CHECK: cim.layer @b index 5
// CHECK-LABEL: func.func @main
cim.layer @a index 4 channel_axis 1 : tensor<2x2xf32> {
  %0 = cim.load dense<1.0> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32> loc("b.weight")
  %0 = cim.matmul %x on @a : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.matmul %0, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// -----

// Resources that folding has repeated are one layer when name and bytes agree.
// CHECK: cim.layer @again index 0
// CHECK: cim.layer @again.2 index 1
// CHECK-NOT: cim.layer
// CHECK-LABEL: func.func @main
// CHECK-NEXT: cim.matmul %{{.*}} on @again :
// CHECK-NEXT: cim.matmul %{{.*}} on @again :
// CHECK-NEXT: cim.matmul %{{.*}} on @again.2 :
func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %a = nn.constant dense_resource<again.weight> : tensor<1x1xf32> loc("again.weight")
  %b = nn.constant dense_resource<again.weight_1> : tensor<1x1xf32> loc("again.weight")
  %c = nn.constant dense_resource<again.weight_2> : tensor<1x1xf32> loc("again.weight")
  %0 = nn.matmul %x, %a : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = nn.matmul %0, %b : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %2 = nn.matmul %1, %c : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
{-# dialect_resources: { builtin: {
  again.weight: "0x040000000000803F",
  again.weight_1: "0x040000000000803F",
  again.weight_2: "0x0400000000000040"
} } #-}
