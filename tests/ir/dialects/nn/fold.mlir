// RUN: cim-opt %s -simplify-network | FileCheck %s
// RUN: cim-opt %s -canonicalize | FileCheck %s

// Folding: operations of constants are computed by the reference (whose own
// tests are in tests/dialects/nn/reference), operations that do nothing vanish.

// Floating-point results are rounded to f32 where they are stored.
// CHECK-LABEL: func.func @floats
// CHECK-NEXT: nn.constant dense<[1.33333337, 2.000000e+00, 0x{{[7F]}}FC00000, 0x7F800000]> : tensor<4xf32>
func.func @floats() -> tensor<4xf32> {
  %a = nn.constant dense<[4.0, 1.0, 0.0, 1.0]> : tensor<4xf32>
  %b = nn.constant dense<[3.0, 0.5, 0.0, 0.0]> : tensor<4xf32>
  %0 = nn.div %a, %b : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Integers keep their width, booleans their one bit.
// CHECK-LABEL: func.func @integers
// CHECK: nn.constant dense<[-2147483648, 7]> : tensor<2xi32>
// CHECK: nn.constant dense<[false, true]> : tensor<2xi1>
// CHECK: nn.constant dense<[44, 255]> : tensor<2xui8>
func.func @integers() -> (tensor<2xi32>, tensor<2xi1>, tensor<2xui8>) {
  %a = nn.constant dense<[2147483647, 6]> : tensor<2xi32>
  %one = nn.constant dense<1> : tensor<i32>
  %0 = nn.add %a, %one : (tensor<2xi32>, tensor<i32>) -> tensor<2xi32>
  %limit = nn.constant dense<7> : tensor<i32>
  %1 = nn.less %0, %limit : (tensor<2xi32>, tensor<i32>) -> tensor<2xi1>
  %2 = nn.not %1 : tensor<2xi1>
  %large = nn.constant dense<[300.7, 255.0]> : tensor<2xf64>
  %3 = nn.cast %large : tensor<2xf64> -> tensor<2xui8>
  return %0, %2, %3 : tensor<2xi32>, tensor<2xi1>, tensor<2xui8>
}

// Unsigned integers go on where those with a sign end. 2^n is what importing
// divides by to shift.
// CHECK-LABEL: func.func @unsigned
// CHECK-DAG: nn.constant dense<[6148914691236517205, 3]> : tensor<2xui64>
// CHECK-DAG: nn.constant dense<[9223372036854775807, 5]> : tensor<2xui64>
// CHECK-DAG: nn.constant dense<[18446744073709551615, 10]> : tensor<2xui64>
// CHECK-DAG: nn.constant dense<[false, true]> : tensor<2xi1>
// CHECK-DAG: nn.constant dense<[1.84467{{[0-9]*}}{{[eE]}}+19, 1.000000e+01]> : tensor<2xf32>
// CHECK-DAG: nn.constant dense<[10000000000000000000, 44]> : tensor<2xui64>
func.func @unsigned() -> (tensor<2xui64>, tensor<2xui64>, tensor<2xui64>, tensor<2xi1>, tensor<2xf32>, tensor<2xui64>) {
  %a = nn.constant dense<[18446744073709551615, 10]> : tensor<2xui64>
  %three = nn.constant dense<3> : tensor<ui64>
  %0 = nn.div %a, %three : (tensor<2xui64>, tensor<ui64>) -> tensor<2xui64>
  %two = nn.constant dense<2> : tensor<ui64>
  %bits = nn.constant dense<1> : tensor<ui64>
  %power = nn.pow %two, %bits : tensor<ui64>
  %1 = nn.div %a, %power : (tensor<2xui64>, tensor<ui64>) -> tensor<2xui64>
  %2 = nn.max %a, %three : (tensor<2xui64>, tensor<ui64>) -> tensor<2xui64>
  %limit = nn.constant dense<11> : tensor<ui64>
  %3 = nn.less %a, %limit : (tensor<2xui64>, tensor<ui64>) -> tensor<2xi1>
  %4 = nn.cast %a : tensor<2xui64> -> tensor<2xf32>
  %large = nn.constant dense<[1.0e19, 44.7]> : tensor<2xf64>
  %5 = nn.cast %large : tensor<2xf64> -> tensor<2xui64>
  return %0, %1, %2, %3, %4, %5 : tensor<2xui64>, tensor<2xui64>, tensor<2xui64>, tensor<2xi1>, tensor<2xf32>, tensor<2xui64>
}

// Integers beyond 2^53, of which not all are doubles, keep every bit.
// CHECK-LABEL: func.func @padded
// CHECK-NEXT: nn.constant dense<[7, 9223372036854775807, 9007199254740993]> : tensor<3xi64>
func.func @padded() -> tensor<3xi64> {
  %x = nn.constant dense<[9223372036854775807, 9007199254740993]> : tensor<2xi64>
  %0 = nn.pad %x pads [1, 0] value 7.0 : (tensor<2xi64>) -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

// The subgraph with which exporters compute the shape of a flattened value.
// CHECK-LABEL: func.func @shape
// CHECK-NEXT: nn.constant dense<[1, 64]> : tensor<2xi64>
func.func @shape() -> tensor<2xi64> {
  %shape = nn.constant dense<[1, 64, 1, 1]> : tensor<4xi64>
  %zero = nn.constant dense<0> : tensor<i64>
  %axes = nn.constant dense<[1, 2, 3]> : tensor<3xi64>
  %images = nn.gather %shape, %zero axis 0 : (tensor<4xi64>, tensor<i64>) -> tensor<i64>
  %0 = nn.reshape %images : tensor<i64> -> tensor<1xi64>
  %rest = nn.gather %shape, %axes axis 0 : (tensor<4xi64>, tensor<3xi64>) -> tensor<3xi64>
  %1 = nn.reduce prod %rest axes [0] : (tensor<3xi64>) -> tensor<1xi64>
  %2 = nn.concat %0, %1 axis 0 : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  return %2 : tensor<2xi64>
}

// What was one number stays one, however often it is repeated.
// CHECK-LABEL: func.func @splat
// CHECK-NEXT: nn.constant dense<3.000000e+00> : tensor<100x100xf32>
func.func @splat() -> tensor<100x100xf32> {
  %a = nn.constant dense<1.0> : tensor<1x1xf32>
  %b = nn.constant dense<2.0> : tensor<100x100xf32>
  %0 = nn.expand %a : tensor<1x1xf32> -> tensor<100x100xf32>
  %1 = nn.add %0, %b : tensor<100x100xf32>
  return %1 : tensor<100x100xf32>
}

// Of no elements at all.
// CHECK-LABEL: func.func @empty
// CHECK: nn.constant dense<> : tensor<0xi64>
// CHECK: nn.constant dense<> : tensor<0xi1>
func.func @empty() -> (tensor<0xi64>, tensor<0xi1>) {
  %a = nn.constant dense<[1, 2]> : tensor<2xi64>
  %0 = nn.slice %a starts [0] sizes [0] : (tensor<2xi64>) -> tensor<0xi64>
  %1 = nn.equal %0, %0 : (tensor<0xi64>, tensor<0xi64>) -> tensor<0xi1>
  return %0, %1 : tensor<0xi64>, tensor<0xi1>
}

// A hostile shape does not exhaust the machine, nor does hostile work.
// CHECK-LABEL: func.func @too_large
// CHECK: nn.expand
// CHECK: nn.conv
func.func @too_large() -> (tensor<1048576x1024xf32>, tensor<1x1x9000x9000xf32>) {
  %a = nn.constant dense<1.0> : tensor<1x1xf32>
  %0 = nn.expand %a : tensor<1x1xf32> -> tensor<1048576x1024xf32>
  %x = nn.constant dense<1.0> : tensor<1x1x9000x9000xf32>
  %w = nn.constant dense<1.0> : tensor<1x1x9x9xf32>
  %1 = nn.conv %x, %w pads [4, 4, 4, 4]
    : (tensor<1x1x9000x9000xf32>, tensor<1x1x9x9xf32>) -> tensor<1x1x9000x9000xf32>
  return %0, %1 : tensor<1048576x1024xf32>, tensor<1x1x9000x9000xf32>
}

// Resources fold into resources; without their bytes only their type changes.
// CHECK-LABEL: func.func @resources
// CHECK-DAG: nn.constant dense_resource<absent> : tensor<40x2xf32>
// CHECK-DAG: nn.constant dense_resource<weights> : tensor<40x2xf32>
// CHECK-DAG: nn.transpose
func.func @resources() -> (tensor<40x2xf32>, tensor<2x40xf32>) {
  %0 = nn.constant dense_resource<weights> : tensor<80xf32>
  %1 = nn.reshape %0 : tensor<80xf32> -> tensor<40x2xf32>
  %2 = nn.constant dense_resource<absent> : tensor<80xf32>
  %3 = nn.reshape %2 : tensor<80xf32> -> tensor<40x2xf32>
  %4 = nn.transpose %3 permutation [1, 0] : (tensor<40x2xf32>) -> tensor<2x40xf32>
  return %1, %4 : tensor<40x2xf32>, tensor<2x40xf32>
}

// Operations that do nothing.
// CHECK-LABEL: func.func @identities
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x2x2xf32>)
// CHECK-NEXT: return %[[X]] : tensor<1x4x2x2xf32>
func.func @identities(%x: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %0 = nn.reshape %x : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xf32>
  %1 = nn.transpose %0 permutation [0, 1, 2, 3] : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %2 = nn.pad %1 pads [0, 0, 0, 0, 0, 0, 0, 0] value 3.0 : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %3 = nn.slice %2 starts [0, 0, 0, 0] sizes [1, 4, 2, 2] : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %4 = nn.concat %3 axis 1 : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %5 = nn.expand %4 : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xf32>
  %6 = nn.cast %5 : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xf32>
  %7 = nn.clip %6 : tensor<1x4x2x2xf32>
  return %7 : tensor<1x4x2x2xf32>
}

// Operations that look as if they did nothing.
// CHECK-LABEL: func.func @no_identities
// CHECK: nn.transpose
// CHECK: nn.slice
// CHECK: nn.pad
func.func @no_identities(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = nn.transpose %x permutation [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.slice %0 starts [1, 0] sizes [2, 2] steps [-1, 1] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.pad %1 pads [1, 0, -1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @merged
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x2x3xf32>)
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[X]] : tensor<1x4x2x3xf32> -> tensor<1x24xf32>
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[X]] permutation [0, 3, 1, 2] : (tensor<1x4x2x3xf32>) -> tensor<1x3x4x2xf32>
// CHECK-NEXT: %[[L:.*]] = nn.relu %[[T]] : tensor<1x3x4x2xf32>
// CHECK-NEXT: return %[[R]], %[[L]]
func.func @merged(%x: tensor<1x4x2x3xf32>) -> (tensor<1x24xf32>, tensor<1x3x4x2xf32>) {
  %0 = nn.reshape %x : tensor<1x4x2x3xf32> -> tensor<1x8x3xf32>
  %1 = nn.reshape %0 : tensor<1x8x3xf32> -> tensor<1x24xf32>
  %2 = nn.transpose %x permutation [0, 2, 3, 1] : (tensor<1x4x2x3xf32>) -> tensor<1x2x3x4xf32>
  %3 = nn.transpose %2 permutation [0, 2, 3, 1] : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  %4 = nn.clip %3 lowest 0.0 : tensor<1x3x4x2xf32>
  %5 = nn.relu %4 : tensor<1x3x4x2xf32>
  return %1, %5 : tensor<1x24xf32>, tensor<1x3x4x2xf32>
}

// CHECK-LABEL: func.func @sliced
// CHECK-SAME: (%[[X:.*]]: tensor<1x16x33x32xf32>)
// CHECK-NEXT: %[[S:.*]] = nn.slice %[[X]] starts [0, 15, 0, 31] sizes [1, 8, 16, 16] steps [1, -1, 2, -2] : (tensor<1x16x33x32xf32>) -> tensor<1x8x16x16xf32>
// CHECK-NEXT: return %[[S]]
func.func @sliced(%x: tensor<1x16x33x32xf32>) -> tensor<1x8x16x16xf32> {
  %0 = nn.slice %x starts [0, 15, 0, 0] sizes [1, 16, 17, 32] steps [1, -1, 2, 1] : (tensor<1x16x33x32xf32>) -> tensor<1x16x17x32xf32>
  %1 = nn.slice %0 starts [0, 0, 0, 31] sizes [1, 8, 16, 16] steps [9223372036854775807, 1, 1, -2] : (tensor<1x16x17x32xf32>) -> tensor<1x8x16x16xf32>
  return %1 : tensor<1x8x16x16xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x04000000000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040000000000000803F000000400000404000008040"
    }
  }
#-}

// CHECK-LABEL: func.func @spatial_mean
// CHECK: %[[P:.*]] = nn.global_average_pool %{{.*}} : (tensor<1x4x2x3xf32>) -> tensor<1x4x1x1xf32>
// CHECK: %[[R:.*]] = nn.reshape %[[P]] : tensor<1x4x1x1xf32> -> tensor<1x4xf32>
// CHECK: return %[[R]]
func.func @spatial_mean(%x: tensor<1x4x2x3xf32>) -> tensor<1x4xf32> {
  %1 = nn.reduce mean %x axes [2, 3] keep_dimensions false : (tensor<1x4x2x3xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// Not all spatial dimensions, and another kind: no pooling.
// CHECK-LABEL: func.func @other_reductions
// CHECK: nn.reduce mean
// CHECK: nn.reduce max
func.func @other_reductions(%x: tensor<1x4x2x3xf32>) -> (tensor<1x4x2x1xf32>, tensor<1x4x1x1xf32>) {
  %1 = nn.reduce mean %x axes [3] : (tensor<1x4x2x3xf32>) -> tensor<1x4x2x1xf32>
  %2 = nn.reduce max %x axes [2, 3] : (tensor<1x4x2x3xf32>) -> tensor<1x4x1x1xf32>
  return %1, %2 : tensor<1x4x2x1xf32>, tensor<1x4x1x1xf32>
}
