// RUN: cim-opt %s | cim-opt | FileCheck %s

// The text of cim.map and back.

// CHECK-LABEL: cim.layer @analogue
// CHECK-NEXT: cim.load
// CHECK-NEXT: %[[N:.*]] = cim.noise %{{.*}} normal 3.0 uS
// CHECK-NEXT: {{^ *}}cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0{{$}}
// CHECK-NEXT: cim.write %[[N]]
cim.layer @analogue index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  %1 = cim.noise %0 normal 3.0 uS : tensor<4x2x3x3xf32>
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %1 : tensor<4x2x3x3xf32>
}

// Groups that share arrays, slices, and a reference without errors.
// CHECK-LABEL: cim.layer @sliced
// CHECK: {{^ *}}cim.map 9 x 1 groups 8 onto 64 x 32 groups_per_array 7 cells offset ideal_reference window 1.0 to 40.0 clip cell_bits 2{{$}}
cim.layer @sliced index 1 channel_axis 0 : tensor<8x1x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x1x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<8x1x3x3xf32>
  cim.map 9 x 1 groups 8 onto 64 x 32 groups_per_array 7 cells offset ideal_reference window 1.0 to 40.0 clip cell_bits 2
  cim.write %1 : tensor<8x1x3x3xf32>
}

// A fully connected layer of weights in x out.
// CHECK-LABEL: cim.layer @fc
// CHECK: cim.map 8 x 3 onto 128 x 128
cim.layer @fc index 2 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<8x3xf32>
}

// Wires, along rows and along columns.
// CHECK-LABEL: cim.layer @wired
// CHECK: {{^ *}}cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0 wires 1.5 by 2.0{{$}}
cim.layer @wired index 3 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0 wires 1.5 by 2.0
  cim.write %0 : tensor<8x3xf32>
}
// CHECK-LABEL: cim.layer @driven
// CHECK: {{^ *}}cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0 wires 0.0 by 2.0 drive_both_ends first_order{{$}}
cim.layer @driven index 4 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0 wires 0.0 by 2.0 drive_both_ends first_order
  cim.write %0 : tensor<8x3xf32>
}
