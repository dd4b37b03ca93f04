// RUN: cim-opt %s -fold-batch-norm -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// With s = scale / √(variance + epsilon) = [2, −1]: weights W·s per output
// channel, bias (b − mean)·s + bias. The weights keep their name.

// CHECK-LABEL: func.func @without_bias
// CHECK-DAG: %[[W:.*]] = nn.constant dense<{{\[\[\[\[}}2.000000e+00]], {{\[\[}}4.000000e+00]]], {{\[\[\[}}-3.000000e+00]], {{\[\[}}-4.000000e+00]]]]> : tensor<2x2x1x1xf32> loc("conv.weight")
// (0 − [1, 2])·[2, −1] + [10, 20] = [8, 22]
// CHECK-DAG: %[[B:.*]] = nn.constant dense<[8.000000e+00, 2.200000e+01]> : tensor<2xf32> loc("bn.bias")
// CHECK: %[[Y:.*]] = nn.conv %{{.*}}, %[[W]], %[[B]] pads [1, 1, 1, 1] : {{.*}} loc("/conv")
// CHECK-NEXT: return %[[Y]]
func.func @without_bias(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x6x6xf32> {
  %w = nn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32> loc("conv.weight")
  %scale = nn.constant dense<[4.0, -1.5]> : tensor<2xf32>
  %bias = nn.constant dense<[10.0, 20.0]> : tensor<2xf32> loc("bn.bias")
  %mean = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = nn.constant dense<[3.75, 2.0]> : tensor<2xf32>
  %0 = nn.conv %x, %w pads [1, 1, 1, 1]
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x6x6xf32> loc("/conv")
  %1 = nn.batch_norm %0, %scale, %bias, %mean, %variance epsilon 0.25
    : (tensor<1x2x6x6xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
    -> tensor<1x2x6x6xf32> loc("/bn")
  return %1 : tensor<1x2x6x6xf32>
}

// CHECK-LABEL: func.func @with_bias
// ([3, 4] − [1, 2])·[2, −1] + [10, 20] = [14, 18]
// CHECK: nn.constant dense<[1.400000e+01, 1.800000e+01]> : tensor<2xf32> loc("conv.bias")
// CHECK-NOT: nn.batch_norm
func.func @with_bias(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  %w = nn.constant dense<[[[1.0]], [[3.0]]]> : tensor<2x1x1xf32> loc("conv.weight")
  %b = nn.constant dense<[3.0, 4.0]> : tensor<2xf32> loc("conv.bias")
  %scale = nn.constant dense<[4.0, -1.5]> : tensor<2xf32>
  %bias = nn.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = nn.constant dense<[3.75, 2.0]> : tensor<2xf32>
  %0 = nn.conv %x, %w, %b groups 2
    : (tensor<1x2x4xf32>, tensor<2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4xf32>
  %1 = nn.batch_norm %0, %scale, %bias, %mean, %variance epsilon 0.25
    : (tensor<1x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
    -> tensor<1x2x4xf32>
  return %1 : tensor<1x2x4xf32>
}
