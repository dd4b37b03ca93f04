// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-LABEL: cim.layer @calibrated
// CHECK: cim.dac bits 8{{$}}
// CHECK-NEXT: cim.adc bits 8 range max{{$}}
cim.layer @calibrated index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  cim.dac bits 8
  cim.adc bits 8 range max
  cim.write %0 : tensor<4x4xf32>
}

// CHECK-LABEL: cim.layer @fixed
// CHECK: cim.dac bits 6 range 4.0 inputs signed curve [0.0, 0.4, 1.0] at [0.0, 0.5, 1.0]
// CHECK-NEXT: cim.adc bits 8 range limits [1.5, 6.0, 0.5, 2.0] per_tile gain 0.01 offset 0.5 inl 0.25
// CHECK-NEXT: cim.read_noise 0.5 uS
cim.layer @fixed index 1 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<4x4xf32>
  cim.map 4 x 4 onto 3 x 8 cells differential window 0.0 to 100.0 cell_bits 2
  cim.dac bits 6 range 4.0 inputs signed curve [0.0, 0.4, 1.0] at [0.0, 0.5, 1.0]
  cim.adc bits 8 range limits [1.5, 6.0, 0.5, 2.0] per_tile gain 0.01 offset 0.5 inl 0.25
  cim.read_noise 0.5 uS
  cim.write %1 : tensor<4x4xf32>
}

// CHECK-LABEL: cim.layer @serial
// CHECK: cim.dac bits 4 range 1.0 inputs unsigned serial
// CHECK-NEXT: cim.adc bits 6 range percentile 99.9 offset 1.0
cim.layer @serial index 2 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells offset window 0.0 to 100.0
  cim.dac bits 4 range 1.0 inputs unsigned serial
  cim.adc bits 6 range percentile 99.9 offset 1.0
  cim.write %0 : tensor<4x4xf32>
}
