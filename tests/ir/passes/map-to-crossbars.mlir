// RUN: cim-opt %s --map-to-crossbars='crossbar=128x128' | FileCheck %s --check-prefix=NAIVE
// RUN: cim-opt %s --map-to-crossbars='crossbar=64x32 packing=dense' | FileCheck %s --check-prefix=DENSE
// RUN: cim-opt %s --map-to-crossbars='crossbar=128x64 cells=offset,reference=ideal conductance=1:40,clip layers=conv' | FileCheck %s --check-prefix=OFFSET
// RUN: cim-opt %s --map-to-crossbars='crossbar=64x32 packing=dense layers=role:C2' --map-to-crossbars='cell-bits=2 layers=depthwise' | FileCheck %s --check-prefix=ADDED
// RUN: cim-opt %s --map-to-crossbars='crossbar=128x128 wire-resistance=1.5,column=2,drive=both layers=conv' --map-to-crossbars='wire-resistance=0 layers=!conv crossbar=64x64' | FileCheck %s --check-prefix=WIRES
// RUN: cim-opt %s --map-to-crossbars='crossbar=128x128 wire-resistance=1.5 layers=conv' --map-to-crossbars='wire-resistance=0 layers=conv' | FileCheck %s --check-prefix=NOWIRES
// RUN: cim-opt %s --cim-mapped='crossbar=128x128 layers=fc' | FileCheck %s --check-prefix=STAGE
// RUN: cim-opt %s --cim-mapped | FileCheck %s --check-prefix=NOTHING

// Every layer, after its errors; the matrix is in x out, whatever the layout of
// the weights.
// NAIVE-LABEL: cim.layer @conv
// NAIVE: cim.map 144 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
// NAIVE-NEXT: cim.write
// NAIVE-LABEL: cim.layer @depthwise
// NAIVE: cim.noise
// NAIVE-NEXT: cim.map 9 x 1 groups 16 onto 128 x 128 cells differential window 0.0 to 100.0
// NAIVE-NEXT: cim.write
// NAIVE-LABEL: cim.layer @fc
// NAIVE: cim.map 576 x 10 onto 128 x 128
// NAIVE-LABEL: cim.layer @unused
// NAIVE: cim.map 20 x 10 onto 128 x 128

// 64 rows hold 7 groups of 9; a layer of one group is as before.
// DENSE-LABEL: cim.layer @conv
// DENSE: cim.map 144 x 16 onto 64 x 32 cells
// DENSE-LABEL: cim.layer @depthwise
// DENSE: cim.map 9 x 1 groups 16 onto 64 x 32 groups_per_array 7 cells

// OFFSET-LABEL: cim.layer @conv
// OFFSET: cim.map 144 x 16 onto 128 x 64 cells offset ideal_reference window 1.0 to 40.0 clip
// OFFSET-NOT: cim.map

// What no option names stays.
// ADDED-NOT: cim.map
// ADDED-LABEL: cim.layer @depthwise
// ADDED: cim.map 9 x 1 groups 16 onto 64 x 32 groups_per_array 7 cells differential window 0.0 to 100.0 cell_bits 2
// ADDED-NOT: cim.map

// WIRES-LABEL: cim.layer @conv
// WIRES: cim.map {{.*}} window 0.0 to 100.0 wires 1.5 by 2.0 drive_both_ends{{$}}
// WIRES-NOT: wires

// Wires of 0 ohm take them away.
// NOWIRES: cim.map {{.*}} window 0.0 to 100.0{{$}}

// STAGE-NOT: cim.map
// STAGE-LABEL: cim.layer @fc
// STAGE: cim.map 576 x 10 onto 128 x 128
// STAGE-NOT: cim.map

// NOTHING-NOT: cim.map

cim.layer @conv index 0 channel_axis 0 : tensor<16x16x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<16x16x3x3xf32>
  cim.write %0 : tensor<16x16x3x3xf32>
}
cim.layer @depthwise index 1 channel_axis 0 role C2 : tensor<16x1x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<16x1x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<16x1x3x3xf32>
  %2 = cim.noise %1 normal 0.5 qs : tensor<16x1x3x3xf32>
  cim.write %2 : tensor<16x1x3x3xf32>
}
cim.layer @fc index 2 channel_axis 1 : tensor<576x10xf32> {
  %0 = cim.load dense<0.5> : tensor<576x10xf32>
  cim.write %0 : tensor<576x10xf32>
}
cim.layer @unused index 3 channel_axis 0 : tensor<10x20xf32> {
  %0 = cim.load dense<0.5> : tensor<10x20xf32>
  cim.write %0 : tensor<10x20xf32>
}
func.func @main(%x: tensor<1x16x10x10xf32>) -> tensor<1x10xf32> {
  %0 = cim.conv %x on @conv : (tensor<1x16x10x10xf32>) -> tensor<1x16x8x8xf32>
  %1 = cim.conv %0 on @depthwise groups 16 : (tensor<1x16x8x8xf32>) -> tensor<1x16x6x6xf32>
  %2 = nn.reshape %1 : tensor<1x16x6x6xf32> -> tensor<1x576xf32>
  %3 = cim.matmul %2 on @fc : (tensor<1x576xf32>) -> tensor<1x10xf32>
  return %3 : tensor<1x10xf32>
}
