// What select-layers refuses, in one line each.

// No plan, and a malformed one.
// RUN: not cim-opt %s --select-layers 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: plan '': plan '' has an empty term; write last:K, c2:K
// RUN: not cim-opt %s --select-layers=plan=c2:none 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: plan 'c2:none': 'c2:none' needs a whole number of layers, at least 1; got 'none'

// Nothing is selected.
// RUN: not cim-opt %s --select-layers=plan=c2:1 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: plan 'c2:1': 'c2:1' selects nothing: no layer that deep has this role
// RUN: not cim-opt %s --select-layers=plan=last:1,!fc 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: plan 'last:1,!fc': the plan excludes every layer that it takes

// No such layer; the message names near ones.
// RUN: not cim-opt %s --select-layers=plan=fd 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: plan 'fd': no layer is named 'fd'; did you mean 'fc'

// Tolerance that nobody has measured, and a budget that is too small.
// RUN: not cim-opt %s --select-layers=plan=tolerant:1 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: plan 'tolerant:1': 'tolerant:1' needs the measured tolerance of layers among the last 1 layers; measure it with cim tolerance
// RUN: not cim-opt %s --select-layers=plan=tolerant:3:10 2>&1 >/dev/null | FileCheck %s --check-prefix=E6
// E6: error: plan 'tolerant:3:10': 'tolerant:3:10' selects nothing: every measured layer has more weights than that

// Tolerance of different errors.
// RUN: not cim-opt %s --select-layers=plan=tolerant:4 2>&1 >/dev/null | FileCheck %s --check-prefix=E7
// E7: error: plan 'tolerant:4': 'tolerant:4' compares what was measured differently: 'stem' with noise normal:0.03ns on 100 images, 0.9 without errors, 'c1' with noise normal:0.06ns on 100 images, 0.9 without errors; measure all layers with one cim tolerance MODEL ... -o annotated.mlir

cim.layer @stem index 0 channel_axis 0 tolerance<"noise normal:0.03ns" accuracy 0.85 of 0.9 chips 2 images 100> : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @c1 index 1 channel_axis 0 role C1 selected tolerance<"noise normal:0.06ns" accuracy 0.8 of 0.9 chips 2 images 100> : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @c2 index 2 channel_axis 0 role C2 tolerance<"noise normal:0.06ns" accuracy 0.85 of 0.9 chips 2 images 100> : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x4x3x3xf32>
  cim.write %0 : tensor<4x4x3x3xf32>
}
cim.layer @fc index 3 channel_axis 1 : tensor<4x2xf32> {
  %0 = cim.load dense<1.0> : tensor<4x2xf32>
  cim.write %0 : tensor<4x2xf32>
}
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x2xf32> {
  %s = nn.constant dense<1.0> : tensor<4xf32>
  %b = nn.constant dense<1.0> : tensor<4xf32>
  %m = nn.constant dense<0.0> : tensor<4xf32>
  %d = nn.constant dense<1.0> : tensor<2xf32>
  %0 = cim.conv %x on @stem bias %b pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %1 = cim.conv %0 on @c1 pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = nn.batch_norm %1, %s, %b, %m, %s epsilon 1.0e-5 : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %3 = cim.conv %2 on @c2 pads [1, 1, 1, 1] : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = nn.add %3, %0 : tensor<1x4x8x8xf32>
  %5 = nn.global_average_pool %4 : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %6 = nn.reshape %5 : tensor<1x4x1x1xf32> -> tensor<1x4xf32>
  %7 = cim.matmul %6 on @fc : (tensor<1x4xf32>) -> tensor<1x2xf32>
  %8 = nn.add %7, %d : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %8 : tensor<1x2xf32>
}
