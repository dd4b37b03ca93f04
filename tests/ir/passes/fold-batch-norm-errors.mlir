// RUN: cim-opt %s -fold-batch-norm -split-input-file -verify-diagnostics | FileCheck %s

// Batch normalisations that have to stay, and say why.

// There is nothing to fold into.
// CHECK-LABEL: func.func @no_convolution
// CHECK: nn.batch_norm
func.func @no_convolution(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %p = nn.constant dense<1.0> : tensor<1xf32>
  %0 = nn.relu %x : tensor<1x1x4x4xf32>
  // expected-warning @+2 {{folding batch normalisation has no effect}}
  // expected-remark @+1 {{batch normalisation stays: its input is not a convolution}}
  %1 = nn.batch_norm %0, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// -----

// The shortcut would see the scaled weights.
// CHECK-LABEL: func.func @two_uses
// CHECK: nn.batch_norm
func.func @two_uses(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %p = nn.constant dense<1.0> : tensor<1xf32>
  %w = nn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %0 = nn.conv %x, %w : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  // expected-warning @+2 {{folding batch normalisation has no effect}}
  // expected-remark @+1 {{batch normalisation stays: others use the result of the convolution, too}}
  %1 = nn.batch_norm %0, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  %2 = nn.add %0, %1 : tensor<1x1x4x4xf32>
  return %2 : tensor<1x1x4x4xf32>
}

// -----

// Weights that are known only at run time.
// CHECK-LABEL: func.func @unknown_weights
// CHECK: nn.batch_norm
func.func @unknown_weights(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> {
  %p = nn.constant dense<1.0> : tensor<1xf32>
  %0 = nn.conv %x, %w : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  // expected-warning @+2 {{folding batch normalisation has no effect}}
  // expected-remark @+1 {{batch normalisation stays: the convolution's weights are not constant}}
  %1 = nn.batch_norm %0, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// -----

// Parameters that are known only at run time.
// CHECK-LABEL: func.func @unknown_parameters
// CHECK: nn.batch_norm
func.func @unknown_parameters(%x: tensor<1x1x4x4xf32>, %p: tensor<1xf32>) -> tensor<1x1x4x4xf32> {
  %w = nn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %0 = nn.conv %x, %w : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  // expected-warning @+2 {{folding batch normalisation has no effect}}
  // expected-remark @+1 {{batch normalisation stays: its parameters are not constant}}
  %1 = nn.batch_norm %0, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// -----

// Weights whose bytes stand elsewhere: none that are computed at run time take
// their place.
// CHECK-LABEL: func.func @absent_weights
// CHECK-NEXT: nn.constant dense<1.000000e+00>
// CHECK-NEXT: %[[W:.*]] = nn.constant dense_resource<absent>
// CHECK-NEXT: nn.conv %{{.*}}, %[[W]] :
// CHECK-NEXT: nn.batch_norm
// CHECK-NEXT: return
func.func @absent_weights(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %p = nn.constant dense<1.0> : tensor<1xf32>
  %w = nn.constant dense_resource<absent> : tensor<1x1x1x1xf32>
  %0 = nn.conv %x, %w : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  // expected-warning @+2 {{folding batch normalisation has no effect}}
  // expected-remark @+1 {{batch normalisation stays: the scaled weights could not be computed: bytes are missing, or memory is short (allow more with --fold-memory)}}
  %1 = nn.batch_norm %0, %p, %p, %p, %p epsilon 1.0e-5
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}
