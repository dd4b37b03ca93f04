// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of operations with indices: what has its usual value is left out,
// and comes back.

// CHECK-LABEL: func.func @largest
func.func @largest(%x: tensor<2x5xf32>) {
  // CHECK: nn.top_k %{{.*}} k 3 axis 1 : (tensor<2x5xf32>) -> tensor<2x3xi64>
  %0 = nn.top_k %x k 3 axis 1 largest true : (tensor<2x5xf32>) -> tensor<2x3xi64>
  // CHECK: nn.top_k %{{.*}} k 1 axis 0 largest false :
  %1 = nn.top_k %x k 1 axis 0 largest false : (tensor<2x5xf32>) -> tensor<1x5xi64>
  // CHECK: nn.max_pool_indices %{{.*}} kernel [2] column_major true : (tensor<1x2x5xf32>) -> tensor<1x2x4xi64>
  %2 = nn.reshape %x : tensor<2x5xf32> -> tensor<1x2x5xf32>
  %3 = nn.max_pool_indices %2 kernel [2] column_major true
    : (tensor<1x2x5xf32>) -> tensor<1x2x4xi64>
  // CHECK: nn.sum_pool %{{.*}} kernel [2] pads [1, 0] : (tensor<1x2x5xf32>) -> tensor<1x2x5xf32>
  %4 = nn.sum_pool %2 kernel [2] pads [1, 0] : (tensor<1x2x5xf32>) -> tensor<1x2x5xf32>
  return
}

// CHECK-LABEL: func.func @gather
func.func @gather(%x: tensor<2x5xf32>, %i: tensor<2x3xi64>, %n: tensor<2x1xi32>) {
  // CHECK: nn.gather_elements %{{.*}}, %{{.*}} axis 1 : (tensor<2x5xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  %0 = nn.gather_elements %x, %i axis 1 : (tensor<2x5xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  // CHECK: nn.gather_nd %{{.*}}, %{{.*}} : (tensor<2x5xf32>, tensor<2x1xi32>) -> tensor<2x5xf32>
  %1 = nn.gather_nd %x, %n : (tensor<2x5xf32>, tensor<2x1xi32>) -> tensor<2x5xf32>
  // CHECK: nn.gather_nd %{{.*}}, %{{.*}} batch_dimensions 1 : (tensor<2x5xf32>, tensor<2x1xi32>) -> tensor<2xf32>
  %2 = nn.gather_nd %x, %n batch_dimensions 1 : (tensor<2x5xf32>, tensor<2x1xi32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: func.func @scatter
func.func @scatter(%x: tensor<2x5xf32>, %i: tensor<2x3xi64>, %u: tensor<2x3xf32>,
                   %n: tensor<4x2xi64>, %v: tensor<4xf32>) {
  // CHECK: nn.scatter_elements replace %{{.*}}, %{{.*}}, %{{.*}} axis 1 : (tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<2x5xf32>
  %0 = nn.scatter_elements replace %x, %i, %u axis 1
    : (tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<2x5xf32>
  // CHECK: nn.scatter_nd add %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x5xf32>, tensor<4x2xi64>, tensor<4xf32>) -> tensor<2x5xf32>
  %1 = nn.scatter_nd add %x, %n, %v
    : (tensor<2x5xf32>, tensor<4x2xi64>, tensor<4xf32>) -> tensor<2x5xf32>
  return
}

// CHECK-LABEL: func.func @lines
func.func @lines(%x: tensor<2x5xf32>, %p: tensor<10x2xi64>, %w: tensor<10x2xf32>) {
  // CHECK: nn.resample %{{.*}}, %{{.*}}, %{{.*}} axis 1 : (tensor<2x5xf32>, tensor<10x2xi64>, tensor<10x2xf32>) -> tensor<2x10xf32>
  %0 = nn.resample %x, %p, %w axis 1
    : (tensor<2x5xf32>, tensor<10x2xi64>, tensor<10x2xf32>) -> tensor<2x10xf32>
  // CHECK: nn.cumulate sum %{{.*}} axis 1 : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %1 = nn.cumulate sum %x axis 1 exclusive false : (tensor<2x5xf32>) -> tensor<2x5xf32>
  // CHECK: nn.cumulate prod %{{.*}} axis 0 exclusive true reverse true :
  %2 = nn.cumulate prod %x axis 0 exclusive true reverse true : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return
}
