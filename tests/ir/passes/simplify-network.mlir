// RUN: cim-opt %s -simplify-network -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// What exporters leave behind disappears; names stay. (Single folders are
// tested in dialects/nn/fold.mlir.)

// CHECK-LABEL: func.func @classifier
// CHECK-SAME: (%[[X:[^:]*]]: tensor<1x64x1x1xf32>
// CHECK-NEXT: %[[W:.*]] = nn.constant dense_resource<fc.weight{{(_[0-9]+)?}}> : tensor<64x2xf32> loc("fc.weight")
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[X]] : tensor<1x64x1x1xf32> -> tensor<1x64xf32> loc("/Flatten")
// CHECK-NEXT: %[[Y:.*]] = nn.matmul %[[R]], %[[W]] : {{.*}} loc("/fc/MatMul")
// CHECK-NEXT: return %[[Y]]
func.func @classifier(%x: tensor<1x64x1x1xf32>) -> tensor<1x2xf32> {
  %w = nn.constant dense_resource<fc.weight> : tensor<2x64xf32> loc("fc.weight")
  %wt = nn.transpose %w permutation [1, 0] : (tensor<2x64xf32>) -> tensor<64x2xf32> loc("/fc/Transpose")
  %0 = nn.reshape %x : tensor<1x64x1x1xf32> -> tensor<1x64x1xf32> loc("/Squeeze")
  %1 = nn.reshape %0 : tensor<1x64x1xf32> -> tensor<1x64xf32> loc("/Flatten")
  %2 = nn.matmul %1, %wt : (tensor<1x64xf32>, tensor<64x2xf32>) -> tensor<1x2xf32> loc("/fc/MatMul")
  return %2 : tensor<1x2xf32>
}

// Two initializers of one value stay two layers, each with its name; what is
// computed from several constants is named after the node that did it.
// CHECK-LABEL: func.func @names
// CHECK-DAG: nn.constant dense<1.000000e+00> : tensor<1x1x1x1xf32> loc("a.weight")
// CHECK-DAG: nn.constant dense<1.000000e+00> : tensor<1x1x1x1xf32> loc("b.weight")
// CHECK-DAG: nn.constant dense<2.000000e+00> : tensor<1xf32> loc("/Mul")
func.func @names(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %a = nn.constant dense<1.0> : tensor<1x1x1x1xf32> loc("a.weight")
  %b = nn.constant dense<1.0> : tensor<1x1xf32> loc("b.weight")
  %b4 = nn.reshape %b : tensor<1x1xf32> -> tensor<1x1x1x1xf32> loc("/Unsqueeze")
  %bias = nn.constant dense<1.0> : tensor<1xf32> loc("bias")
  %two = nn.constant dense<2.0> : tensor<1xf32> loc("two")
  %scaled = nn.mul %bias, %two : tensor<1xf32> loc("/Mul")
  %0 = nn.conv %x, %a, %scaled : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32> loc("/a")
  %1 = nn.conv %0, %b4 : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> loc("/b")
  return %1 : tensor<1x1x4x4xf32>
}

// Nobody uses the result.
// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%x: tensor<4xf32>) {
  %0 = nn.exp %x : tensor<4xf32>
  %1 = nn.log %0 : tensor<4xf32>
  return
}

{-#
  dialect_resources: {
    builtin: {
      fc.weight: "0x04000000000000000000803F0000004000004040000080400000A0400000C0400000E0400000004100001041000020410000304100004041000050410000604100007041000080410000884100009041000098410000A0410000A8410000B0410000B8410000C0410000C8410000D0410000D8410000E0410000E8410000F0410000F84100000042000004420000084200000C4200001042000014420000184200001C4200002042000024420000284200002C4200003042000034420000384200003C4200004042000044420000484200004C4200005042000054420000584200005C4200006042000064420000684200006C4200007042000074420000784200007C42000080420000824200008442000086420000884200008A4200008C4200008E42000090420000924200009442000096420000984200009A4200009C4200009E420000A0420000A2420000A4420000A6420000A8420000AA420000AC420000AE420000B0420000B2420000B4420000B6420000B8420000BA420000BC420000BE420000C0420000C2420000C4420000C6420000C8420000CA420000CC420000CE420000D0420000D2420000D4420000D6420000D8420000DA420000DC420000DE420000E0420000E2420000E4420000E6420000E8420000EA420000EC420000EE420000F0420000F2420000F4420000F6420000F8420000FA420000FC420000FE42"
    }
  }
#-}
