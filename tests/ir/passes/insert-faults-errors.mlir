// What insert-faults cannot insert, in one line each; nothing is inserted then.

// More than all cells.
// RUN: not cim-opt %s --insert-faults='faults=low=0.75,high=0.5' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: faults 'low=0.75,high=0.5': low and high together are more than all cells

// Bits of what?
// RUN: not cim-opt %s --insert-faults='faults=flip=0.5' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: 'cim.faults' op in layer 'conv1' flips stored bits, but the layer's weights are not quantized

// Faulty already.
// RUN: not cim-opt %s --insert-faults='faults=low=1' --insert-faults='faults=high=1 layers=b' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: layer 'b' has faults already

// No such layer; the message names near ones.
// RUN: not cim-opt %s --insert-faults='faults=low=0.5 layers=conv2' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layers 'conv2': {{.*}}conv1

// No such term.
// RUN: not cim-opt %s --insert-faults='faults=low=0.5 layers=first:x' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: layers 'first:x': 

// Nothing is asked for.
// RUN: not cim-opt %s --insert-faults='layers=a' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: faults '': 

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
