// RUN: cim-opt %s --split-input-file --lower-nn-to-cim --verify-diagnostics | FileCheck %s

// Nothing is wrong with a network that keeps weights digital, but the user must
// hear of it: those weights get no errors.

// The cells hold the right operand of a product.
// CHECK-LABEL: @left
// CHECK: nn.matmul
func.func @left(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %w = nn.constant dense<1.0> : tensor<2x2xf32>
  // expected-remark@+1 {{stays digital: its constant is the left operand, and crossbars hold the right one}}
  %0 = nn.matmul %w, %x : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// A stack of matrices is no crossbar.
// CHECK-LABEL: @stack
// CHECK: nn.matmul
func.func @stack(%x: tensor<2x2x3xf32>) -> tensor<2x2x2xf32> {
  %w = nn.constant dense<1.0> : tensor<2x3x2xf32>
  // expected-remark@+1 {{stays digital: its weights are 'tensor<2x3x2xf32>', and crossbars hold f32 matrices}}
  %0 = nn.matmul %x, %w : (tensor<2x2x3xf32>, tensor<2x3x2xf32>) -> tensor<2x2x2xf32>
  return %0 : tensor<2x2x2xf32>
}

// -----

// Weights are written as f32.
// CHECK-LABEL: @double
// CHECK: nn.conv
func.func @double(%x: tensor<1x1x3x3xf64>) -> tensor<1x1x2x2xf64> {
  %w = nn.constant dense<1.0> : tensor<1x1x2x2xf64>
  // expected-remark@+1 {{stays digital: its weights are 'tensor<1x1x2x2xf64>', and crossbars hold f32 weights}}
  %0 = nn.conv %x, %w : (tensor<1x1x3x3xf64>, tensor<1x1x2x2xf64>) -> tensor<1x1x2x2xf64>
  return %0 : tensor<1x1x2x2xf64>
}

// -----

// Weights that depend on nothing, but were not computed before.
// CHECK-LABEL: @computed
// CHECK: nn.matmul
func.func @computed(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = nn.constant dense<4.0> : tensor<2x2xf32>
  %v = nn.sqrt %w : tensor<2x2xf32>
  // expected-remark@+1 {{stays digital: its weights are computed from constants that were not folded: bytes are missing, or memory is short (allow more with --fold-memory)}}
  %0 = nn.matmul %x, %v : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
