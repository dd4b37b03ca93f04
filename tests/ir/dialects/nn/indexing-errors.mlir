// RUN: cim-opt %s -split-input-file -verify-diagnostics=only-expected

// Indices that cannot point at anything.

// There are only five elements.
func.func @case(%x: tensor<2x5xf32>) {
  // expected-error @+1 {{takes 6 of the 5 elements in dimension 1}}
  %0 = nn.top_k %x k 6 axis 1 : (tensor<2x5xf32>) -> tensor<2x6xi64>
  return
}

// -----

// There is no dimension 2.
func.func @case(%x: tensor<2x5xf32>) {
  // expected-error @+1 {{expects an axis from 0 to 1, got 2}}
  %0 = nn.cumulate sum %x axis 2 : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

// Running sums and products are all there are.
func.func @case(%x: tensor<2x5xf32>) {
  // expected-error @+1 {{expects sum or prod, got mean}}
  %0 = nn.cumulate mean %x axis 1 : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

// Each index stands in the line that it chooses from.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<3x3xi64>) {
  // expected-error @+1 {{expects indices of shape [2, 5] or less, got [3, 3]}}
  %0 = nn.gather_elements %x, %i axis 1 : (tensor<2x5xf32>, tensor<3x3xi64>) -> tensor<3x3xf32>
  return
}

// -----

// A row of three indices needs three dimensions.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<4x3xi64>) {
  // expected-error @+1 {{expects indices into dimensions of [2, 5] after 0 of the batch, got [4, 3]}}
  %0 = nn.gather_nd %x, %i : (tensor<2x5xf32>, tensor<4x3xi64>) -> tensor<4xf32>
  return
}

// -----

// The batch is the same.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<4x1xi64>) {
  // expected-error @+1 {{after 1 of the batch, got [4, 1]}}
  %0 = nn.gather_nd %x, %i batch_dimensions 1 : (tensor<2x5xf32>, tensor<4x1xi64>) -> tensor<4xf32>
  return
}

// -----

// One update for each index.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<2x3xi64>, %u: tensor<2x2xf32>) {
  // expected-error @+1 {{expects updates of shape [2, 3], got [2, 2]}}
  %0 = nn.scatter_elements replace %x, %i, %u axis 1
    : (tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x2xf32>) -> tensor<2x5xf32>
  return
}

// -----

// No other way to combine.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<2x3xi64>, %u: tensor<2x3xf32>) {
  // expected-error @+1 {{expects replace, add, mul, max or min, got average}}
  %0 = nn.scatter_elements average %x, %i, %u axis 1
    : (tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}

// -----

// What an index of one dimension points at is a row.
func.func @case(%x: tensor<2x5xf32>, %i: tensor<4x1xi64>, %u: tensor<4xf32>) {
  // expected-error @+1 {{expects updates of shape [4, 5], got [4]}}
  %0 = nn.scatter_nd add %x, %i, %u
    : (tensor<2x5xf32>, tensor<4x1xi64>, tensor<4xf32>) -> tensor<2x5xf32>
  return
}

// -----

// One weight for each position.
func.func @case(%x: tensor<2x5xf32>, %p: tensor<10x2xi64>, %w: tensor<10x3xf32>) {
  // expected-error @+1 {{expects positions and weights of one shape [extent, taps], got [10, 2] and [10, 3]}}
  %0 = nn.resample %x, %p, %w axis 1
    : (tensor<2x5xf32>, tensor<10x2xi64>, tensor<10x3xf32>) -> tensor<2x10xf32>
  return
}
