// What insert-quantize cannot insert, in one line each; nothing is inserted then.

// More bits than cells have.
// RUN: not cim-opt %s --insert-quantize='quantize=17' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: quantize '17': bits '17' is not a whole number from 1 to 16

// No such parameter.
// RUN: not cim-opt %s --insert-quantize='quantize=4,mod=symmetric' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: quantize '4,mod=symmetric': {{.*}}mode

// No such file.
// RUN: not cim-opt %s --insert-quantize='quantize=levels=/no/such/file.csv' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: quantize 'levels=/no/such/file.csv': file '/no/such/file.csv'

// No such layer; the message names near ones.
// RUN: not cim-opt %s --insert-quantize='quantize=4 layers=conv2' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layers 'conv2': {{.*}}conv1

// No such term.
// RUN: not cim-opt %s --insert-quantize='quantize=4 layers=first:x' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: layers 'first:x': 

// Nothing is asked for.
// RUN: not cim-opt %s --insert-quantize='layers=a' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: quantize '': 

// Quantized already.
// RUN: not cim-opt %s --insert-quantize='quantize=4' --insert-quantize='quantize=5 layers=b' 2>&1 >/dev/null | FileCheck %s --check-prefix=TWICE
// TWICE: error: layer 'b' has quantization already

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
