// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of layers, pooling and normalisation: what has its usual value is
// left out, and comes back.

// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>, %b: tensor<6xf32>,
                %line: tensor<1x4x8xf32>, %wl: tensor<2x4x3xf32>,
                %volume: tensor<1x4x8x8x8xf32>, %wv: tensor<2x4x1x1x1xf32>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}}, %{{.*}} strides [2, 1] pads [1, 0, 2, 1] dilations [1, 2] groups 2 : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x5x5xf32>
  %0 = nn.conv %x, %w, %b strides [2, 1] pads [1, 0, 2, 1] dilations [1, 2] groups 2
    : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x5x5xf32>
  // CHECK: nn.conv %{{.*}}, %{{.*}} : (tensor<1x4x8xf32>, tensor<2x4x3xf32>) -> tensor<1x2x6xf32>
  %1 = nn.conv %line, %wl strides [1] pads [0, 0]
    : (tensor<1x4x8xf32>, tensor<2x4x3xf32>) -> tensor<1x2x6xf32>
  // CHECK: nn.conv %{{.*}}, %{{.*}} : (tensor<1x4x8x8x8xf32>, tensor<2x4x1x1x1xf32>) -> tensor<1x2x8x8x8xf32>
  %2 = nn.conv %volume, %wv
    : (tensor<1x4x8x8x8xf32>, tensor<2x4x1x1x1xf32>) -> tensor<1x2x8x8x8xf32>
  return
}

// The defaults that the text leaves out stand in the operation.
// CHECK-LABEL: func.func @defaults
func.func @defaults(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // CHECK: nn.conv %{{[^ ]*}}, %{{[^ ]*}} :
  %0 = "nn.conv"(%x, %w) <{strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, groups = 1 : i64}>
    : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// CHECK-LABEL: func.func @products
func.func @products(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %bt: tensor<4x3xf32>,
                    %c: tensor<4xf32>, %stack: tensor<5x1x2x3xf32>, %v: tensor<3xf32>) {
  // CHECK: nn.gemm %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %0 = nn.gemm %a, %b : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  // CHECK: nn.gemm %{{.*}}, %{{.*}}, %{{.*}} alpha 2.000000e+00 beta 5.000000e-01 transpose_b true :
  %1 = nn.gemm %a, %bt, %c alpha 2.0 beta 0.5 transpose_b true
    : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<5x1x2x3xf32>, tensor<3x4xf32>) -> tensor<5x1x2x4xf32>
  %2 = nn.matmul %stack, %b : (tensor<5x1x2x3xf32>, tensor<3x4xf32>) -> tensor<5x1x2x4xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  %3 = nn.matmul %v, %v : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return
}

// CHECK-LABEL: func.func @normalisation
func.func @normalisation(%x: tensor<1x2x8x8xf32>, %p: tensor<2xf32>) {
  // CHECK: nn.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} epsilon 1.000000e-05 :
  %0 = nn.batch_norm %x, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
    -> tensor<1x2x8x8xf32>
  // CHECK: nn.lrn %{{.*}} size 5 alpha 1.000000e-04 beta 7.500000e-01 bias 1.000000e+00 : tensor<1x2x8x8xf32>
  %1 = nn.lrn %x size 5 alpha 1.0e-4 beta 0.75 bias 1.0 : tensor<1x2x8x8xf32>
  // CHECK: nn.softmax %{{.*}} axis 1 : tensor<1x2x8x8xf32>
  %2 = nn.softmax %x axis 1 : tensor<1x2x8x8xf32>
  return
}

// CHECK-LABEL: func.func @pooling
func.func @pooling(%x: tensor<1x2x7x7xf32>) {
  // CHECK: nn.max_pool %{{.*}} kernel [3, 3] strides [2, 2] pads [1, 1, 1, 1] : (tensor<1x2x7x7xf32>) -> tensor<1x2x4x4xf32>
  %0 = nn.max_pool %x kernel [3, 3] strides [2, 2] pads [1, 1, 1, 1]
    : (tensor<1x2x7x7xf32>) -> tensor<1x2x4x4xf32>
  // A third window starts inside of the image and reaches beyond it.
  // CHECK: nn.max_pool %{{.*}} kernel [2, 2] strides [3, 3] ceil_mode true : (tensor<1x2x7x7xf32>) -> tensor<1x2x3x3xf32>
  %1 = nn.max_pool %x kernel [2, 2] strides [3, 3] ceil_mode true
    : (tensor<1x2x7x7xf32>) -> tensor<1x2x3x3xf32>
  // One that starts in the padding behind the image is left out.
  // CHECK: nn.average_pool %{{.*}} kernel [2, 2] strides [7, 7] pads [0, 0, 1, 1] ceil_mode true count_include_pad true : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  %2 = nn.average_pool %x kernel [2, 2] strides [7, 7] pads [0, 0, 1, 1] ceil_mode true count_include_pad true
    : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: nn.average_pool %{{.*}} kernel [2, 2] dilations [3, 3] : (tensor<1x2x7x7xf32>) -> tensor<1x2x4x4xf32>
  %3 = nn.average_pool %x kernel [2, 2] dilations [3, 3]
    : (tensor<1x2x7x7xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: nn.global_average_pool %{{.*}} : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  %4 = nn.global_average_pool %x : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: nn.reduce mean %{{.*}} axes [2, 3] : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  %5 = nn.reduce mean %x axes [2, 3] : (tensor<1x2x7x7xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: nn.reduce max %{{.*}} axes [1] keep_dimensions false : (tensor<1x2x7x7xf32>) -> tensor<1x7x7xf32>
  %6 = nn.reduce max %x axes [1] keep_dimensions false
    : (tensor<1x2x7x7xf32>) -> tensor<1x7x7xf32>
  return
}
