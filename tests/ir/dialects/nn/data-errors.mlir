// RUN: cim-opt %s -split-input-file -verify-diagnostics=only-expected

// Constants and moved data that make no sense.

// Reshaping keeps every element.
func.func @case(%x: tensor<16xf32>) {
  // expected-error @+1 {{expects as many elements as its operand has, got 15 for 16}}
  %0 = nn.reshape %x : tensor<16xf32> -> tensor<3x5xf32>
  return
}

// -----

// Reshaping converts nothing.
func.func @case(%x: tensor<16xf32>) {
  // expected-error @+1 {{expects a result of the element type of its operand, got tensor<16xf32> and tensor<16xf64>}}
  %0 = nn.reshape %x : tensor<16xf32> -> tensor<16xf64>
  return
}

// -----

// Only an extent of 1 stretches.
func.func @case(%x: tensor<3xf32>) {
  // expected-error @+1 {{expects shapes that broadcast, got [3] and [6]}}
  %0 = nn.expand %x : tensor<3xf32> -> tensor<6xf32>
  return
}

// -----

// What is expanded does not shrink.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{cannot broadcast [2, 3] to [1, 3]}}
  %0 = nn.expand %x : tensor<2x3xf32> -> tensor<1x3xf32>
  return
}

// -----

// Each dimension goes to one place.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects a permutation of its 2 dimensions, got [0, 0]}}
  %0 = nn.transpose %x permutation [0, 0] : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

// None is forgotten.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects a permutation of its 2 dimensions, got [0]}}
  %0 = nn.transpose %x permutation [0] : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

// Joined tensors agree elsewhere.
func.func @case(%x: tensor<2x3xf32>, %y: tensor<3x3xf32>) {
  // expected-error @+1 {{expects operands that differ in dimension 1 only, got tensor<2x3xf32> and tensor<3x3xf32>}}
  %0 = nn.concat %x, %y axis 1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x6xf32>
  return
}

// -----

// And in their number of dimensions.
func.func @case(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{expects operands of 2 dimensions, got tensor<3xf32>}}
  %0 = nn.concat %x, %y axis 1 : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x6xf32>
  return
}

// -----

// Along a dimension that is there.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects an axis from 0 to 1, got 2}}
  %0 = nn.concat %x axis 2 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// One start, size and step per dimension.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects 2 starts, sizes and steps, got 1, 2 and 1}}
  %0 = nn.slice %x starts [0] sizes [1, 1] : (tensor<2x3xf32>) -> tensor<1x1xf32>
  return
}

// -----

// A slice lies inside of its operand.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reads beyond the 3 elements of dimension 1: start 1, size 2, step 2}}
  %0 = nn.slice %x starts [0, 1] sizes [2, 2] steps [1, 2] : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

// Also one that counts down, and so far that sums overflow.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reads beyond the 3 elements of dimension 1: start 1, size 3, step -9223372036854775807}}
  %0 = nn.slice %x starts [0, 1] sizes [2, 3] steps [1, -9223372036854775807] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// A step moves.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects steps other than 0}}
  %0 = nn.slice %x starts [0, 1] sizes [2, 2] steps [1, 0] : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

// A slice has no negative size.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects sizes of at least 0, got -1}}
  %0 = nn.slice %x starts [0, 0] sizes [2, -1] : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

// Two pads per dimension.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects 4 pads, got 2}}
  %0 = nn.pad %x pads [1, 1] : (tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}

// -----

// Four modes are known.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects mode constant, reflect, edge or wrap, got mirror}}
  %0 = nn.pad %x pads [1, 0, 0, 0] mode mirror : (tensor<2x3xf32>) -> tensor<3x3xf32>
  return
}

// -----

// No more goes than there is.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{removes more than the 3 elements of dimension 1}}
  %0 = nn.pad %x pads [0, -2, 0, -2] : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

// Every element is reflected once.
func.func @case(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reflects 3 elements in dimension 1, of which only 2 can be reflected}}
  %0 = nn.pad %x pads [0, 3, 0, 0] mode reflect : (tensor<2x3xf32>) -> tensor<2x6xf32>
  return
}

// -----

// An edge needs an element.
func.func @case(%x: tensor<0xf32>) {
  // expected-error @+1 {{has nothing to fill dimension 0 from}}
  %0 = nn.pad %x pads [1, 0] mode edge : (tensor<0xf32>) -> tensor<1xf32>
  return
}

// -----

// Pads so large that sums overflow.
func.func @case(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects pads of at most 2^40, got [9223372036854775807, 9223372036854775807]}}
  %0 = nn.pad %x pads [9223372036854775807, 9223372036854775807] : (tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

// Integers are padded with integers.
func.func @case(%x: tensor<2xi64>) {
  // expected-error @+1 {{expects a value of type i64, got 1.500000e+00}}
  %0 = nn.pad %x pads [1, 0] value 1.5 : (tensor<2xi64>) -> tensor<3xi64>
  return
}

// -----

// Which are finite.
func.func @case(%x: tensor<2xi64>) {
  // expected-error @+1 {{expects a value of type i64, got}}
  %0 = nn.pad %x pads [1, 0] value 0x7FF0000000000000 : (tensor<2xi64>) -> tensor<3xi64>
  return
}

// -----

// Of the same type.
func.func @case(%x: tensor<2xui8>) {
  // expected-error @+1 {{expects a value of type ui8, got -1.000000e+00}}
  %0 = nn.pad %x pads [1, 0] value -1.0 : (tensor<2xui8>) -> tensor<3xui8>
  return
}

// -----

// Slices are chosen along a dimension that is there.
func.func @case(%x: tensor<2x3xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects an axis from 0 to 1, got 2}}
  %0 = nn.gather %x, %i axis 2 : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return
}

// -----

// By integers.
func.func @case(%x: tensor<3xf32>) {
  // expected-error @+1 {{must be statically shaped tensor of 32-bit signless integer or 64-bit signless integer values}}
  %0 = nn.gather %x, %x axis 0 : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

// A range runs between scalars.
func.func @case(%x: tensor<1xi64>) {
  // expected-error @+1 {{expects scalars, got tensor<1xi64>}}
  %0 = nn.range %x, %x, %x : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  return
}

// -----

// A range has one dimension.
func.func @case(%x: tensor<i64>) {
  // expected-error @+1 {{expects a result of one dimension, got tensor<i64>}}
  %0 = nn.range %x, %x, %x : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<i64>
  return
}

// -----

// A resource has the bytes of its type.
func.func @case() {
  // expected-error @+1 {{expects 12 bytes in resource short, got 8}}
  %0 = nn.constant dense_resource<short> : tensor<3xf32>
  return
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x040000000000803F00000040"
    }
  }
#-}

// -----

// Half precision is converted when it is imported.
func.func @case() {
  // expected-error @+1 {{must be statically shaped tensor}}
  %0 = nn.constant dense<1.0> : tensor<1xf16>
  return
}
