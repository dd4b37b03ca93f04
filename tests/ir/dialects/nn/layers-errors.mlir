// RUN: cim-opt %s -split-input-file -verify-diagnostics=only-expected

// Layers, pooling and normalisation that make no sense.

// An image has one to three spatial dimensions.
func.func @case(%x: tensor<1x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @+1 {{expects an input of 3 to 5 dimensions (image, channel, 1 to 3 spatial), got 2}}
  %0 = nn.conv %x, %w : (tensor<1x4xf32>, tensor<6x4xf32>) -> tensor<1x6xf32>
  return
}

// -----

// Weights have the input's dimensions.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+1 {{expects weights of 4 dimensions, got 3}}
  %0 = nn.conv %x, %w : (tensor<1x4x8x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// Channels of the weights are those of a group.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error @+1 {{expects weights of 4 channels per group, got 3}}
  %0 = nn.conv %x, %w : (tensor<1x4x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// Groups divide both numbers of channels.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x1x3x3xf32>) {
  // expected-error @+1 {{expects groups that divide its 4 input channels and 6 output channels, got 4}}
  %0 = nn.conv %x, %w groups 4 : (tensor<1x4x8x8xf32>, tensor<6x1x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// There is at least one group.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x1x3x3xf32>) {
  // expected-error @+1 {{expects groups that divide its 4 input channels and 6 output channels, got 0}}
  %0 = nn.conv %x, %w groups 0 : (tensor<1x4x8x8xf32>, tensor<6x1x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// One bias per output channel.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expects a bias of shape [6], got [4]}}
  %0 = nn.conv %x, %w, %b : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// Strides stand per spatial dimension.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects 2 strides, got 1}}
  %0 = nn.conv %x, %w strides [1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// A stride moves.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects strides from 1 to 2^31, got 0}}
  %0 = nn.conv %x, %w strides [1, 0] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// Pads of convolutions do not cut.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects pads from 0 to 2^31, got -1}}
  %0 = nn.conv %x, %w pads [0, 0, -1, 0] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// A dilation so large that sums would overflow.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects dilations from 1 to 2^31, got 9223372036854775807}}
  %0 = nn.conv %x, %w dilations [1, 9223372036854775807] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// The window fits into the padded image.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{has a window of 9 positions in spatial dimension 1, but the padded input has 8}}
  %0 = nn.conv %x, %w dilations [1, 4] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// The result is what the window leaves.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{inferred type(s) 'tensor<1x6x6x6xf32>' are incompatible with return type(s) of operation 'tensor<1x6x8x8xf32>'}}
  %0 = nn.conv %x, %w : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

// All numbers are of one type.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf64>) {
  // expected-error @+1 {{expects operands of one element type, got tensor<1x4x8x8xf32> and tensor<6x4x3x3xf64>}}
  %0 = nn.conv %x, %w : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf64>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// An attribute is of its kind.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{'nn.conv' op attribute 'groups' failed to satisfy constraint: 64-bit signless integer attribute}}
  %0 = nn.conv %x, %w {groups = "two"} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// A flag is true or false.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects true or false}}
  %0 = nn.max_pool %x kernel [2, 2] ceil_mode "yes" : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

// A word that is no attribute.
func.func @case(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{has no attribute called stride}}
  %0 = nn.conv %x, %w stride [2, 2] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// Shapes are static.
func.func @case(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{must be statically shaped tensor}}
  %0 = nn.relu %x : tensor<?x4xf32>
  return
}

// -----

// A tensor that no machine holds.
func.func @case(%x: tensor<1048577x1048577xf32>) {
  // expected-error @+1 {{with at most 2^40 elements}}
  %0 = nn.relu %x : tensor<1048577x1048577xf32>
  return
}

// -----

// A result that no machine holds.
func.func @case(%x: tensor<1048576x1xf32>, %y: tensor<1048577xf32>) {
  // expected-error @+1 {{result #0 must be statically shaped tensor}}
  %0 = nn.add %x, %y : (tensor<1048576x1xf32>, tensor<1048577xf32>) -> tensor<1048576x1048577xf32>
  return
}

// -----

// Matrices have two dimensions.
func.func @case(%a: tensor<2xf32>, %b: tensor<3x4xf32>) {
  // expected-error @+1 {{expects two matrices, got [2] and [3, 4]}}
  %0 = nn.gemm %a, %b : (tensor<2xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

// Inner dimensions agree, after transposing.
func.func @case(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected-error @+1 {{multiplies matrices whose inner dimensions differ: 3 and 4}}
  %0 = nn.gemm %a, %b transpose_b true : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

// c does not make the result larger.
func.func @case(%a: tensor<1x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @+1 {{expects c to broadcast to [1, 4], got [2, 4]}}
  %0 = nn.gemm %a, %b, %c : (tensor<1x3xf32>, tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

// Inner dimensions agree.
func.func @case(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{multiplies matrices whose inner dimensions differ: 3 and 2}}
  %0 = nn.matmul %a, %a : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// A scalar is no matrix.
func.func @case(%a: tensor<f32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{expects operands of at least one dimension, got [] and [2]}}
  %0 = nn.matmul %a, %b : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// Leading dimensions broadcast.
func.func @case(%a: tensor<2x4x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected-error @+1 {{expects shapes that broadcast, got [2] and [3]}}
  %0 = nn.matmul %a, %b : (tensor<2x4x4xf32>, tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  return
}

// -----

// One parameter per channel.
func.func @case(%x: tensor<1x4x8x8xf32>, %p: tensor<4xf32>, %m: tensor<3xf32>) {
  // expected-error @+1 {{expects a mean of shape [4], got [3]}}
  %0 = nn.batch_norm %x, %p, %p, %m, %p epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

// Normalisation needs channels.
func.func @case(%p: tensor<4xf32>) {
  // expected-error @+1 {{expects an input of at least 2 dimensions, got 1}}
  %0 = nn.batch_norm %p, %p, %p, %p, %p epsilon 1.0e-5 : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Response normalisation needs channels.
func.func @case(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects an input of at least 2 dimensions, got 1}}
  %0 = nn.lrn %x size 5 alpha 1.0 beta 1.0 bias 1.0 : tensor<4xf32>
  return
}

// -----

// It runs over at least the channel itself.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects a size of at least 1, got 0}}
  %0 = nn.lrn %x size 0 alpha 1.0 beta 1.0 bias 1.0 : tensor<1x4x8x8xf32>
  return
}

// -----

// Axes are counted from 0.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects an axis from 0 to 3, got -1}}
  %0 = nn.softmax %x axis -1 : tensor<1x4x8x8xf32>
  return
}

// -----

// One kernel extent per spatial dimension.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects 2 kernel extents, got 1}}
  %0 = nn.max_pool %x kernel [2] : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

// A window of nothing but padding has no maximum.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects pads smaller than the window of 2 positions, got 2}}
  %0 = nn.max_pool %x kernel [2, 2] pads [2, 0, 0, 0] : (tensor<1x4x8x8xf32>) -> tensor<1x4x9x7xf32>
  return
}

// -----

// Neither has it a mean.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects pads smaller than the window of 1 positions, got 1}}
  %0 = nn.average_pool %x kernel [1, 1] pads [0, 0, 0, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x9xf32>
  return
}

// -----

// Whole windows only, without ceil_mode.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{inferred type(s) 'tensor<1x4x3x3xf32>' are incompatible with return type(s) of operation 'tensor<1x4x4x4xf32>'}}
  %0 = nn.average_pool %x kernel [3, 3] strides [2, 2] : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

// Spatial dimensions follow the channels.
func.func @case(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects an input of at least 2 dimensions, got 1}}
  %0 = nn.global_average_pool %x : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Five reductions are known.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects mean, sum, max, min or prod, got median}}
  %0 = nn.reduce median %x axes [2] : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x8xf32>
  return
}

// -----

// Each dimension is reduced once.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects ascending axes, got [2, 2]}}
  %0 = nn.reduce sum %x axes [2, 2] : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x8xf32>
  return
}

// -----

// Reduced dimensions exist.
func.func @case(%x: tensor<1x4x8x8xf32>) {
  // expected-error @+1 {{expects an axis from 0 to 3, got 4}}
  %0 = nn.reduce sum %x axes [4] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return
}
