// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s
// Nothing here is constant to a canonicaliser, whatever the weights.
// RUN: cim-opt %s --canonicalize --cse | FileCheck %s

cim.layer @conv index 0 channel_axis 0 : tensor<4x1x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x1x3x3xf32>
  cim.write %0 : tensor<4x1x3x3xf32>
}
cim.layer @fc index 1 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
cim.layer @fct index 2 channel_axis 0 : tensor<4x8xf32> {
  %0 = cim.load dense<1.0> : tensor<4x8xf32>
  cim.write %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @conv_defaults
// CHECK: cim.conv %{{.*}} on @conv : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
func.func @conv_defaults(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  %0 = cim.conv %x on @conv : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// CHECK-LABEL: func.func @conv_attributes
// CHECK: cim.conv %{{.*}} on @conv bias %{{.*}} strides [2, 1] pads [1, 2, 3, 4] dilations [1, 2] groups 4 : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> tensor<1x4x5x10xf32>
func.func @conv_attributes(%x: tensor<1x4x8x8xf32>, %b: tensor<4xf32>) -> tensor<1x4x5x10xf32> {
  %0 = cim.conv %x on @conv bias %b strides [2, 1] pads [1, 2, 3, 4] dilations [1, 2] groups 4
         : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> tensor<1x4x5x10xf32>
  return %0 : tensor<1x4x5x10xf32>
}

// Attributes in the dictionary are those of the text.
// CHECK-LABEL: func.func @conv_dictionary
// CHECK: cim.conv %{{.*}} on @conv strides [2, 2] groups 4 : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
func.func @conv_dictionary(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32> {
  %0 = cim.conv %x on @conv {groups = 4 : i64, strides = array<i64: 2, 2>}
         : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
  return %0 : tensor<1x4x3x3xf32>
}

// CHECK-LABEL: func.func @gemm
// CHECK: cim.gemm %{{.*}} on @fc : (tensor<1x8xf32>) -> tensor<1x4xf32>
// CHECK: cim.gemm %{{.*}} on @fct bias %{{.*}} alpha 5.000000e-01 beta 2.000000e+00 transpose_a true transpose_b true : (tensor<8x1xf32>, tensor<4xf32>) -> tensor<1x4xf32>
func.func @gemm(%x: tensor<1x8xf32>, %y: tensor<8x1xf32>, %b: tensor<4xf32>)
    -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %0 = cim.gemm %x on @fc : (tensor<1x8xf32>) -> tensor<1x4xf32>
  %1 = cim.gemm %y on @fct bias %b alpha 0.5 beta 2.0 transpose_a true transpose_b true
         : (tensor<8x1xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  return %0, %1 : tensor<1x4xf32>, tensor<1x4xf32>
}

// CHECK-LABEL: func.func @matmul
// CHECK: cim.matmul %{{.*}} on @fc : (tensor<1x5x8xf32>) -> tensor<1x5x4xf32>
func.func @matmul(%x: tensor<1x5x8xf32>) -> tensor<1x5x4xf32> {
  %0 = cim.matmul %x on @fc : (tensor<1x5x8xf32>) -> tensor<1x5x4xf32>
  return %0 : tensor<1x5x4xf32>
}
