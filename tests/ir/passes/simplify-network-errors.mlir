// RUN: cim-opt %s -simplify-network -split-input-file -verify-diagnostics

// What is constant but makes no sense is found when it should be computed.

// An index beyond the end.
func.func @gather() -> tensor<i64> {
  %shape = nn.constant dense<[1, 64]> : tensor<2xi64>
  %two = nn.constant dense<2> : tensor<i64>
  // expected-error @+1 {{'nn.gather' op cannot be computed: index 2 lies outside of the 2 elements of axis 0}}
  %0 = nn.gather %shape, %two axis 0 : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  return %0 : tensor<i64>
}

// -----

// A range of another size than its type says.
func.func @range() -> tensor<4xi64> {
  %zero = nn.constant dense<0> : tensor<i64>
  %three = nn.constant dense<3> : tensor<i64>
  %one = nn.constant dense<1> : tensor<i64>
  // expected-error @+1 {{'nn.range' op cannot be computed: its operands ask for 3 elements, its result has 4}}
  %0 = nn.range %zero, %three, %one : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// The same where nobody asks for the result is no error.
func.func @unused() {
  %shape = nn.constant dense<[1, 64]> : tensor<2xi64>
  %two = nn.constant dense<2> : tensor<i64>
  %0 = nn.gather %shape, %two axis 0 : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  return
}
