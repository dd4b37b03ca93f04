// What insert-noise cannot insert, in one line each; nothing is inserted then.

// A width without a unit.
// RUN: not cim-opt %s --insert-noise='noise=normal:0.25' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: noise 'normal:0.25': width '0.25' has no unit

// A negative width.
// RUN: not cim-opt %s --insert-noise='noise=normal:-1ns' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: noise 'normal:-1ns': width '-1ns' is negative

// No such distribution.
// RUN: not cim-opt %s --insert-noise='noise=gauss:1ns' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: noise 'gauss:1ns': 

// Steps of what?
// RUN: not cim-opt %s --insert-noise='noise=normal:0.25qs' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: 'cim.noise' op in layer 'conv1' is in qs, but the layer's weights are not quantized; quantize them (--quantize BITS)

// No such layer; the message names near ones.
// RUN: not cim-opt %s --insert-noise='noise=normal:1ns layers=conv2' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: layers 'conv2': {{.*}}conv1

// No such term.
// RUN: not cim-opt %s --insert-noise='noise=normal:1ns layers=first:x' 2>&1 >/dev/null | FileCheck %s --check-prefix=E6
// E6: error: layers 'first:x': 

// Nothing is asked for.
// RUN: not cim-opt %s --insert-noise='layers=a' 2>&1 >/dev/null | FileCheck %s --check-prefix=E7
// E7: error: noise '': 

// Noisy already.
// RUN: not cim-opt %s --insert-noise='noise=normal:1ns layers=b' --insert-noise='noise=normal:2ns' 2>&1 >/dev/null | FileCheck %s --check-prefix=TWICE
// TWICE: error: layer 'b' has noise already

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @b index 2 channel_axis 0 role C2 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
