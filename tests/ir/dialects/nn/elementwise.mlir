// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of operations that work element by element.

// CHECK-LABEL: func.func @unary
func.func @unary(%x: tensor<1x4x2x2xf32>, %b: tensor<3xi1>) {
  // CHECK: nn.relu %{{.*}} : tensor<1x4x2x2xf32>
  %0 = nn.relu %x : tensor<1x4x2x2xf32>
  // CHECK: nn.leaky_relu %{{.*}} alpha 1.000000e-01 : tensor<1x4x2x2xf32>
  %1 = nn.leaky_relu %x alpha 0.1 : tensor<1x4x2x2xf32>
  // CHECK: nn.clip %{{.*}} highest 6.000000e+00 : tensor<1x4x2x2xf32>
  %2 = nn.clip %x highest 6.0 : tensor<1x4x2x2xf32>
  // CHECK: nn.clip %{{.*}} lowest -1.000000e+00 highest 1.000000e+00 :
  %3 = nn.clip %x lowest -1.0 highest 1.0 : tensor<1x4x2x2xf32>
  // CHECK: nn.sigmoid %{{.*}} : tensor<1x4x2x2xf32>
  %4 = nn.sigmoid %x : tensor<1x4x2x2xf32>
  // CHECK: nn.tanh
  %5 = nn.tanh %x : tensor<1x4x2x2xf32>
  // CHECK: nn.exp
  %6 = nn.exp %x : tensor<1x4x2x2xf32>
  // CHECK: nn.log
  %7 = nn.log %x : tensor<1x4x2x2xf32>
  // CHECK: nn.sqrt
  %8 = nn.sqrt %x : tensor<1x4x2x2xf32>
  // CHECK: nn.abs
  %9 = nn.abs %x : tensor<1x4x2x2xf32>
  // CHECK: nn.neg
  %10 = nn.neg %x : tensor<1x4x2x2xf32>
  // CHECK: nn.floor
  %11 = nn.floor %x : tensor<1x4x2x2xf32>
  // CHECK: nn.ceil
  %12 = nn.ceil %x : tensor<1x4x2x2xf32>
  // CHECK: nn.erf
  %13 = nn.erf %x : tensor<1x4x2x2xf32>
  // CHECK: nn.reciprocal
  %14 = nn.reciprocal %x : tensor<1x4x2x2xf32>
  // CHECK: nn.not %{{.*}} : tensor<3xi1>
  %15 = nn.not %b : tensor<3xi1>
  // CHECK: nn.cast %{{.*}} : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xi64>
  %16 = nn.cast %x : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xi64>
  return
}

// CHECK-LABEL: func.func @binary
func.func @binary(%x: tensor<1x4x2x2xf32>, %c: tensor<4x1x1xf32>, %i: tensor<3xi64>,
                  %s: tensor<i64>, %b: tensor<3xi1>) {
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<1x4x2x2xf32>
  %0 = nn.add %x, %x : tensor<1x4x2x2xf32>
  // CHECK: nn.sub %{{.*}}, %{{.*}} : (tensor<1x4x2x2xf32>, tensor<4x1x1xf32>) -> tensor<1x4x2x2xf32>
  %1 = nn.sub %x, %c : (tensor<1x4x2x2xf32>, tensor<4x1x1xf32>) -> tensor<1x4x2x2xf32>
  // CHECK: nn.mul
  %2 = nn.mul %x, %x : tensor<1x4x2x2xf32>
  // CHECK: nn.div
  %3 = nn.div %i, %s : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
  // CHECK: nn.pow
  %4 = nn.pow %x, %x : tensor<1x4x2x2xf32>
  // CHECK: nn.min
  %5 = nn.min %i, %i : tensor<3xi64>
  // CHECK: nn.max
  %6 = nn.max %i, %i : tensor<3xi64>
  // CHECK: nn.mod
  %7 = nn.mod %i, %i : tensor<3xi64>
  // CHECK: nn.equal %{{.*}}, %{{.*}} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %8 = nn.equal %i, %s : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  // CHECK: nn.less
  %9 = nn.less %i, %s : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  // CHECK: nn.greater
  %10 = nn.greater %i, %s : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  // CHECK: nn.and %{{.*}}, %{{.*}} : tensor<3xi1>
  %11 = nn.and %b, %b : tensor<3xi1>
  // CHECK: nn.or
  %12 = nn.or %b, %b : tensor<3xi1>
  // CHECK: nn.where %{{.*}}, %{{.*}}, %{{.*}} : (tensor<3xi1>, tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
  %13 = nn.where %b, %i, %s : (tensor<3xi1>, tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
  return
}
