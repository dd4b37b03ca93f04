// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of constants and of operations that move data.

// CHECK-LABEL: func.func @data
func.func @data(%x: tensor<1x4x2x2xf32>, %i: tensor<2xi64>, %s: tensor<i64>) {
  // CHECK: nn.constant dense<[1, -1]> : tensor<2xi64>
  %0 = nn.constant dense<[1, -1]> : tensor<2xi64>
  // CHECK: nn.constant dense<{{.*}}> : tensor<i1>
  %1 = nn.constant dense<true> : tensor<i1>
  // CHECK: nn.constant dense<> : tensor<0xi64>
  %2 = nn.constant dense<> : tensor<0xi64>
  // CHECK: nn.reshape %{{.*}} : tensor<1x4x2x2xf32> -> tensor<1x16xf32>
  %3 = nn.reshape %x : tensor<1x4x2x2xf32> -> tensor<1x16xf32>
  // CHECK: nn.expand %{{.*}} : tensor<1x4x2x2xf32> -> tensor<3x4x2x2xf32>
  %4 = nn.expand %x : tensor<1x4x2x2xf32> -> tensor<3x4x2x2xf32>
  // CHECK: nn.transpose %{{.*}} permutation [0, 2, 3, 1] : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x4xf32>
  %5 = nn.transpose %x permutation [0, 2, 3, 1] : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x4xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 1 : (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) -> tensor<1x8x2x2xf32>
  %6 = nn.concat %x, %x axis 1 : (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) -> tensor<1x8x2x2xf32>
  // CHECK: nn.slice %{{.*}} starts [0, 3, 0, 0] sizes [1, 2, 2, 1] steps [1, -2, 1, 1] : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x1xf32>
  %7 = nn.slice %x starts [0, 3, 0, 0] sizes [1, 2, 2, 1] steps [1, -2, 1, 1]
    : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x1xf32>
  // CHECK: nn.slice %{{.*}} starts [0, 1, 0, 0] sizes [1, 2, 2, 2] : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x2xf32>
  %8 = nn.slice %x starts [0, 1, 0, 0] sizes [1, 2, 2, 2]
    : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x2xf32>
  // CHECK: nn.pad %{{.*}} pads [0, 1, 0, 1, 0, -1, 0, 1] mode reflect {why = "discardable"} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x4xf32>
  %9 = nn.pad %x pads [0, 1, 0, 1, 0, -1, 0, 1] mode reflect {why = "discardable"}
    : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x4xf32>
  // CHECK: nn.pad %{{.*}} pads [0, 0, 0, 0, 0, 4, 0, 0] value 1.000000e+00 : (tensor<1x4x2x2xf32>) -> tensor<1x8x2x2xf32>
  %10 = nn.pad %x pads [0, 0, 0, 0, 0, 4, 0, 0] value 1.0
    : (tensor<1x4x2x2xf32>) -> tensor<1x8x2x2xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} axis 1 : (tensor<1x4x2x2xf32>, tensor<2xi64>) -> tensor<1x2x2x2xf32>
  %11 = nn.gather %x, %i axis 1 : (tensor<1x4x2x2xf32>, tensor<2xi64>) -> tensor<1x2x2x2xf32>
  // CHECK: nn.range %{{.*}}, %{{.*}}, %{{.*}} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
  %12 = nn.range %s, %s, %s : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
  return
}

// Names of resources may be any text.
// CHECK-LABEL: func.func @resources
func.func @resources() {
  // CHECK: nn.constant dense_resource<"layer1.0/conv1:weight"> : tensor<2x2xf32>
  %0 = nn.constant dense_resource<"layer1.0/conv1:weight"> : tensor<2x2xf32>
  // CHECK: nn.constant dense_resource<absent> : tensor<65xf32>
  %1 = nn.constant dense_resource<absent> : tensor<65xf32>
  return
}

{-#
  dialect_resources: {
    builtin: {
      "layer1.0/conv1:weight": "0x040000000000803F000000400000404000008040"
    }
  }
#-}
