// RUN: cim-opt %s --split-input-file --annotate-roles | FileCheck %s

// A basic block: convolution, normalisation, activation, twice; then the sum.
// CHECK: cim.layer @basic.stem index {{[0-9]+}} channel_axis 0 :
// CHECK: cim.layer @basic.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @basic.b index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @basic.stem index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @basic.a index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @basic.b index 2 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @basic(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %s = nn.constant dense<1.0> : tensor<4xf32>
  %0 = cim.conv %x on @basic.stem pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @basic.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.batch_norm %2, %s, %s, %s, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.relu %3 : tensor<1x4x8x8xf32>
  %5 = cim.conv %4 on @basic.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %6 = nn.batch_norm %5, %s, %s, %s, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %7 = nn.add %6, %1 : tensor<1x4x8x8xf32>
  %8 = nn.relu %7 : tensor<1x4x8x8xf32>
  return %8 : tensor<1x4x8x8xf32>
}

// -----

// Normalisation folded, the shortcut as left operand.
// CHECK: cim.layer @folded.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @folded.b index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @folded.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @folded.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @folded(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @folded.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @folded.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.add %x, %2 : tensor<1x4x8x8xf32>
  return %3 : tensor<1x4x8x8xf32>
}

// -----

// Pre-activation: normalisation and activation before each convolution.
// CHECK: cim.layer @preactivation.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @preactivation.b index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @preactivation.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @preactivation.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @preactivation(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %s = nn.constant dense<1.0> : tensor<4xf32>
  %0 = nn.batch_norm %x, %s, %s, %s, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @preactivation.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.batch_norm %2, %s, %s, %s, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.relu %3 : tensor<1x4x8x8xf32>
  %5 = cim.conv %4 on @preactivation.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %6 = nn.add %x, %5 : tensor<1x4x8x8xf32>
  return %6 : tensor<1x4x8x8xf32>
}

// -----

// Scaled branches, an activation without a layer of its own, padding as an
// operation: anything with one variable operand may stand on the branch.
// CHECK: cim.layer @scaled.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @scaled.b index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @scaled.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @scaled.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @scaled(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %half = nn.constant dense<0.5> : tensor<1x1x1x1xf32>
  %0 = cim.conv %x on @scaled.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.sigmoid %0 : tensor<1x4x8x8xf32>
  %2 = nn.pad %1 pads [0, 0, 1, 1, 0, 0, 1, 1] value 0.0 : (tensor<1x4x8x8xf32>) -> tensor<1x4x10x10xf32>
  %3 = cim.conv %2 on @scaled.b : (tensor<1x4x10x10xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.mul %3, %half : (tensor<1x4x8x8xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.add %4, %x : tensor<1x4x8x8xf32>
  return %5 : tensor<1x4x8x8xf32>
}

// -----

// Blocks in a row: the sum of one is the shortcut of the next.
// CHECK: cim.layer @row.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @row.b index {{[0-9]+}} channel_axis 0 role C2 :
// CHECK: cim.layer @row.c index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @row.d index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @row.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @row.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @row.c index 2 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @row.d index 3 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @row(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @row.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @row.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.add %2, %x : tensor<1x4x8x8xf32>
  %4 = cim.conv %3 on @row.c pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.relu %4 : tensor<1x4x8x8xf32>
  %6 = cim.conv %5 on @row.d pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %7 = nn.add %3, %6 : tensor<1x4x8x8xf32>
  return %7 : tensor<1x4x8x8xf32>
}

// -----

// A shortcut that projects is no identity, so neither C1 nor C2.
// CHECK: cim.layer @projection.a index {{[0-9]+}} channel_axis 0 role P1 :
// CHECK: cim.layer @projection.b index {{[0-9]+}} channel_axis 0 role P2 :
// CHECK: cim.layer @projection.p index {{[0-9]+}} channel_axis 0 role S :
cim.layer @projection.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @projection.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @projection.p index 2 channel_axis 0 : tensor<4x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x1x1xf32>
  cim.write %0 : tensor<4x4x1x1xf32>
}
func.func @projection(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @projection.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @projection.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = cim.conv %x on @projection.p : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.add %2, %3 : tensor<1x4x8x8xf32>
  return %4 : tensor<1x4x8x8xf32>
}

// -----

// Nor is one that slices and pads.
// CHECK: cim.layer @option_a.a index {{[0-9]+}} channel_axis 0 role P1 :
// CHECK: cim.layer @option_a.b index {{[0-9]+}} channel_axis 0 role P2 :
cim.layer @option_a.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @option_a.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @option_a(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @option_a.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @option_a.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.slice %x starts [0, 1, 0, 0] sizes [1, 3, 8, 8] : (tensor<1x4x8x8xf32>) -> tensor<1x3x8x8xf32>
  %4 = nn.pad %3 pads [0, 1, 0, 0, 0, 0, 0, 0] value 0.0 : (tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.add %2, %4 : tensor<1x4x8x8xf32>
  return %5 : tensor<1x4x8x8xf32>
}

// -----

// Nor one that has an activation of its own.
// CHECK: cim.layer @activated.a index {{[0-9]+}} channel_axis 0 role P1 :
// CHECK: cim.layer @activated.b index {{[0-9]+}} channel_axis 0 role P2 :
cim.layer @activated.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @activated.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @activated(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @activated.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @activated.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.relu %x : tensor<1x4x8x8xf32>
  %4 = nn.add %2, %3 : tensor<1x4x8x8xf32>
  return %4 : tensor<1x4x8x8xf32>
}

// -----

// A bottleneck has three convolutions: places of their own.
// CHECK: cim.layer @bottleneck.a index {{[0-9]+}} channel_axis 0 role B1 :
// CHECK: cim.layer @bottleneck.b index {{[0-9]+}} channel_axis 0 role B2 :
// CHECK: cim.layer @bottleneck.c index {{[0-9]+}} channel_axis 0 role B3 :
cim.layer @bottleneck.a index 0 channel_axis 0 : tensor<4x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x1x1xf32>
  cim.write %0 : tensor<4x4x1x1xf32>
}
cim.layer @bottleneck.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @bottleneck.c index 2 channel_axis 0 : tensor<4x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x1x1xf32>
  cim.write %0 : tensor<4x4x1x1xf32>
}
func.func @bottleneck(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @bottleneck.a : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @bottleneck.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.relu %2 : tensor<1x4x8x8xf32>
  %4 = cim.conv %3 on @bottleneck.c : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.add %4, %x : tensor<1x4x8x8xf32>
  return %5 : tensor<1x4x8x8xf32>
}

// -----

// One convolution is no block.
// CHECK: cim.layer @single.a index {{[0-9]+}} channel_axis 0 :
cim.layer @single.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @single(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @single.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.add %0, %x : tensor<1x4x8x8xf32>
  return %1 : tensor<1x4x8x8xf32>
}

// -----

// No path: a gate that depends on the branch itself.
// CHECK: cim.layer @gate.a index {{[0-9]+}} channel_axis 0 :
// CHECK: cim.layer @gate.b index {{[0-9]+}} channel_axis 0 :
cim.layer @gate.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @gate.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @gate(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @gate.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @gate.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.global_average_pool %2 : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %4 = nn.mul %2, %3 : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.add %4, %x : tensor<1x4x8x8xf32>
  return %5 : tensor<1x4x8x8xf32>
}

// -----

// A layer with two uses of one role keeps it (weights shared by two blocks).
// CHECK: cim.layer @shared.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @shared.b index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @shared.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @shared.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @shared(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @shared.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @shared.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.add %2, %x : tensor<1x4x8x8xf32>
  %4 = cim.conv %3 on @shared.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.relu %4 : tensor<1x4x8x8xf32>
  %6 = cim.conv %5 on @shared.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %7 = nn.add %6, %3 : tensor<1x4x8x8xf32>
  return %7 : tensor<1x4x8x8xf32>
}

// -----

// Of two roles it is neither; of another use without a role too.
// CHECK: cim.layer @conflict.a index {{[0-9]+}} channel_axis 0 :
// CHECK: cim.layer @conflict.b index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @conflict.c index {{[0-9]+}} channel_axis 0 :
cim.layer @conflict.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @conflict.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @conflict.c index 2 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @conflict(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @conflict.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = nn.relu %0 : tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @conflict.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.add %2, %x : tensor<1x4x8x8xf32>
  %4 = cim.conv %3 on @conflict.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = nn.relu %4 : tensor<1x4x8x8xf32>
  %6 = cim.conv %5 on @conflict.c pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %7 = nn.add %6, %3 : tensor<1x4x8x8xf32>
  %8 = cim.conv %7 on @conflict.c pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %8 : tensor<1x4x8x8xf32>
}

// -----

// A convolution of two overlapping blocks, first of one and second of the other.
// CHECK: cim.layer @overlap.a index {{[0-9]+}} channel_axis 0 role C1 :
// CHECK: cim.layer @overlap.b index {{[0-9]+}} channel_axis 0 :
// CHECK: cim.layer @overlap.c index {{[0-9]+}} channel_axis 0 role C2 :
cim.layer @overlap.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @overlap.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @overlap.c index 2 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @overlap(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @overlap.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = cim.conv %0 on @overlap.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = cim.conv %1 on @overlap.c pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %3 = nn.add %1, %x : tensor<1x4x8x8xf32>
  %4 = nn.add %2, %0 : tensor<1x4x8x8xf32>
  %5 = nn.add %3, %4 : tensor<1x4x8x8xf32>
  return %5 : tensor<1x4x8x8xf32>
}

// -----

// A sum that broadcasts is no block, whatever leads to it. A role written by hand
// goes: the graph decides.
// CHECK: cim.layer @broadcast.a index 0 channel_axis 0 :
// CHECK: cim.layer @broadcast.b index 1 channel_axis 0 :
cim.layer @broadcast.a index 0 channel_axis 0 role C1 : tensor<4x4x8x8xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x8x8xf32>
  cim.write %0 : tensor<4x4x8x8xf32>
}
cim.layer @broadcast.b index 1 channel_axis 0 role C2 : tensor<4x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x1x1xf32>
  cim.write %0 : tensor<4x4x1x1xf32>
}
func.func @broadcast(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @broadcast.a : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %1 = cim.conv %0 on @broadcast.b : (tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
  %2 = nn.add %x, %1 : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}

// -----

// A bottleneck that projects, in pre-activation order: branch and shortcut begin
// at the activated value.
// CHECK: cim.layer @wide.a index {{[0-9]+}} channel_axis 0 role P1 :
// CHECK: cim.layer @wide.b index {{[0-9]+}} channel_axis 0 role P2 :
// CHECK: cim.layer @wide.c index {{[0-9]+}} channel_axis 0 role P3 :
// CHECK: cim.layer @wide.s index {{[0-9]+}} channel_axis 0 role S :
cim.layer @wide.a index 0 channel_axis 0 : tensor<4x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x1x1xf32>
  cim.write %0 : tensor<4x4x1x1xf32>
}
cim.layer @wide.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @wide.c index 2 channel_axis 0 : tensor<8x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4x1x1xf32>
  cim.write %0 : tensor<8x4x1x1xf32>
}
cim.layer @wide.s index 3 channel_axis 0 : tensor<8x4x1x1xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4x1x1xf32>
  cim.write %0 : tensor<8x4x1x1xf32>
}
func.func @wide(%x: tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %0 = nn.relu %x : tensor<1x4x8x8xf32>
  %1 = cim.conv %0 on @wide.a : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = nn.relu %1 : tensor<1x4x8x8xf32>
  %3 = cim.conv %2 on @wide.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.relu %3 : tensor<1x4x8x8xf32>
  %5 = cim.conv %4 on @wide.c : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>
  %6 = cim.conv %0 on @wide.s : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>
  %7 = nn.add %6, %5 : tensor<1x8x8x8xf32>
  return %7 : tensor<1x8x8x8xf32>
}

// -----

// Two paths of one convolution each are no block.
// CHECK: cim.layer @parallel.a index {{[0-9]+}} channel_axis 0 :
// CHECK: cim.layer @parallel.b index {{[0-9]+}} channel_axis 0 :
cim.layer @parallel.a index 0 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @parallel.b index 1 channel_axis 0 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @parallel(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %0 = cim.conv %x on @parallel.a pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %1 = cim.conv %x on @parallel.b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = nn.add %0, %1 : tensor<1x4x8x8xf32>
  return %2 : tensor<1x4x8x8xf32>
}
