// What insert-write-verify cannot insert, in one line each; nothing is inserted then.

// Not in the grammar.
// RUN: not cim-opt %s --insert-write-verify='write-verify=1ns' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: write-verify '1ns': tolerance '1ns' is not a conductance of at least 1e-30uS, such as 1uS: what is verified are cells

// Nothing is asked for.
// RUN: not cim-opt %s --insert-write-verify='layers=a' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: write-verify '':

// No such layer; the message names near ones.
// RUN: not cim-opt %s --insert-write-verify='write-verify=1uS,pulses=10 layers=conv2' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: layers 'conv2': {{.*}}conv1

// Twice, without the right to replace.
// RUN: not cim-opt %s --insert-write-verify='write-verify=1uS,pulses=10' --insert-write-verify='write-verify=1uS,pulses=10' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layer 'conv1' has write-verify already

cim.layer @conv1 index 0 channel_axis 0 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}
cim.layer @a index 1 channel_axis 0 role C1 : tensor<2x2xf32> {
  %0 = cim.load dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %1 = cim.noise %0 normal 1.0 uS : tensor<2x2xf32>
  %2 = cim.faults %1 low 0.1 : tensor<2x2xf32>
  cim.write %2 : tensor<2x2xf32>
}
