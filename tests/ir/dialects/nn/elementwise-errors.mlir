// RUN: cim-opt %s -split-input-file -verify-diagnostics=only-expected

// Operations on elements that make no sense.

// Extents are equal or 1.
func.func @case(%a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{expects shapes that broadcast, got [4] and [3]}}
  %0 = nn.add %a, %b : (tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

// Both operands are of one type.
func.func @case(%a: tensor<4xf32>, %b: tensor<4xi64>) {
  // expected-error @+1 {{expects operands of one element type, got tensor<4xf32> and tensor<4xi64>}}
  %0 = nn.mul %a, %b : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  return
}

// -----

// A comparison is true or false.
func.func @case(%a: tensor<4xf32>) {
  // expected-error @+1 {{inferred type(s) 'tensor<4xi1>' are incompatible with return type(s) of operation 'tensor<4xf32>'}}
  %0 = nn.less %a, %a : tensor<4xf32>
  return
}

// -----

// Logic is about bits.
func.func @case(%a: tensor<4xf32>) {
  // expected-error @+1 {{or 1-bit signless integer values}}
  %0 = nn.and %a, %a : tensor<4xf32>
  return
}

// -----

// Integers have no square root.
func.func @case(%a: tensor<4xi64>) {
  // expected-error @+1 {{must be statically shaped tensor of 32-bit float or 64-bit float values}}
  %0 = nn.sqrt %a : tensor<4xi64>
  return
}

// -----

// Half precision is converted when it is imported.
func.func @case(%a: tensor<4xf16>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = nn.relu %a : tensor<4xf16>
  return
}

// -----

// Both choices are of one type.
func.func @case(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @+1 {{expects operands of one element type, got tensor<4xf32> and tensor<4xf64>}}
  %0 = nn.where %c, %a, %b : (tensor<4xi1>, tensor<4xf32>, tensor<4xf64>) -> tensor<4xf32>
  return
}

// -----

// The condition broadcasts, too.
func.func @case(%c: tensor<3xi1>, %a: tensor<4xf32>) {
  // expected-error @+1 {{expects shapes that broadcast, got [3] and [4]}}
  %0 = nn.where %c, %a, %a : (tensor<3xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Conversion keeps the shape.
func.func @case(%a: tensor<4xf32>) {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %0 = nn.cast %a : tensor<4xf32> -> tensor<5xi64>
  return
}

// -----

// A bound is a number.
func.func @case(%a: tensor<4xf32>) {
  // expected-error @+1 {{expects bounds that are numbers, got NaN}}
  %0 = nn.clip %a lowest 0x7FF8000000000000 : tensor<4xf32>
  return
}

// -----

// Two operands, one result.
func.func @case(%a: tensor<4xf32>) {
  // expected-error @+1 {{expects two operands and one result}}
  %0 = nn.add %a, %a : (tensor<4xf32>) -> tensor<4xf32>
  return
}
