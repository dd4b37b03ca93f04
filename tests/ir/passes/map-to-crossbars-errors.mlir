// What map-to-crossbars cannot map, in one line each.

// No size.
// RUN: not cim-opt %s --map-to-crossbars='cells=offset' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: layer 'shared' stands on no arrays; say how large they are (--crossbar ROWSxCOLUMNS)

// An array of nothing.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=0x128' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: crossbar '0x128': '0x128' is not ROWSxCOLUMNS of an array

// A window turned over.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=128x128 conductance=40:1' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: conductance '40:1': the window '40:1' is empty; GMIN must be below GMAX

// No such layer; the message names near ones.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=128x128 layers=share' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layers 'share': {{.*}}shared

// Weights that one operation takes as 4 x 4 in x out, and the other as out x in.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=128x128' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: uses the weights of layer 'shared' as another matrix than their first use does

// Slices of weights that are not quantized; the message is the verifier's.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=128x128 cell-bits=2 layers=alone' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: 'cim.map' op in layer 'alone' slices weights over differential cells of 2 bits

// Wires without a resistance.
// RUN: not cim-opt %s --map-to-crossbars='crossbar=128x128 wire-resistance=drive=both' 2>&1 >/dev/null | FileCheck %s --check-prefix=E6
// E6: error: wire-resistance 'drive=both': the resistance is missing

// Wires of no arrays.
// RUN: not cim-opt %s --map-to-crossbars='wire-resistance=1' 2>&1 >/dev/null | FileCheck %s --check-prefix=E7
// E7: error: layer 'shared' stands on no arrays

// Nothing to pack: a warning.
// RUN: cim-opt %s --map-to-crossbars='crossbar=128x128 packing=dense layers=alone' 2>&1 >/dev/null | FileCheck %s --check-prefix=W0
// W0: warning: packing 'dense' has no effect: no layer has groups that fit into one array together

cim.layer @shared index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
cim.layer @alone index 1 channel_axis 1 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = cim.gemm %x on @shared transpose_b true : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = cim.gemm %0 on @shared : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = cim.gemm %1 on @alone : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}
