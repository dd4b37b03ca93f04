// What insert-shift cannot insert, in one line each; nothing is inserted then.

// An amount without a unit.
// RUN: not cim-opt %s --insert-shift='shift=+1/64' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: shift '+1/64': 

// Steps of what?
// RUN: not cim-opt %s --insert-shift='shift=+1/64qs' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: 'cim.shift' op in layer 'conv1' is in qs, but the layer's weights are not quantized; quantize them (--quantize BITS)

// Shifted already.
// RUN: not cim-opt %s --insert-shift='shift=1ns' --insert-shift='shift=2ns layers=b' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: layer 'b' has shift already

// No such layer; the message names near ones.
// RUN: not cim-opt %s --insert-shift='shift=1ns layers=conv2' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layers 'conv2': {{.*}}conv1

// No such term.
// RUN: not cim-opt %s --insert-shift='shift=1ns layers=first:x' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: layers 'first:x': 

// Nothing is asked for.
// RUN: not cim-opt %s --insert-shift='layers=a' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: shift '': 

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
