// RUN: cim-opt %s --attach-converters='dac=8 adc=8' | FileCheck %s --check-prefix=BOTH
// RUN: cim-opt %s --attach-converters='adc=6,percentile=99.9,per=tile adc-mismatch=gain=0.01,inl=0.5 layers=conv' | FileCheck %s --check-prefix=ONE
// RUN: cim-opt %s --attach-converters='dac=4,range=2.5,inputs=unsigned,mode=serial read-noise=0.5uS layers=fc' | FileCheck %s --check-prefix=SERIAL
// RUN: cim-opt %s --attach-converters='adc=8,limit=1.5/6 dac=5 iv=%S/Inputs/curve.csv layers=fc' | FileCheck %s --check-prefix=CURVE
// RUN: cim-opt %s --attach-converters='dac=8 adc=8,range=0.25' --attach-converters='adc=none layers=fc' --attach-converters='dac=6 layers=fc' | FileCheck %s --check-prefix=AGAIN
// RUN: cim-opt %s --attach-converters='dac=8 dac-mismatch=gain=0.01,offset=0.5 layers=conv' | FileCheck %s --check-prefix=DACS
// RUN: cim-opt %s --attach-converters='dac=8 dac-mismatch=gain=0.01 layers=conv' --attach-converters='dac=6 layers=conv' | FileCheck %s --check-prefix=KEPT
// RUN: cim-opt %s --insert-device='device=pcm-joshi2020@1d' --map-to-crossbars='conductance=0:25' --attach-converters='drift-compensation=global' --attach-converters='drift-compensation=none layers=fc' | FileCheck %s --check-prefix=DRIFT
// RUN: cim-opt %s --attach-converters='dac=8 adc=8' --map-to-crossbars='crossbar=64x64' | FileCheck %s --check-prefix=MOVED
// RUN: cim-opt %s --cim-mapped='dac=8 adc=8 layers=fc' | FileCheck %s --check-prefix=STAGE

// Behind cim.map, in the order of the signal.
// BOTH-LABEL: cim.layer @conv
// BOTH: cim.map 144 x 16
// BOTH-NEXT: cim.dac bits 8{{$}}
// BOTH-NEXT: cim.adc bits 8 range max{{$}}
// BOTH-NEXT: cim.write
// BOTH-LABEL: cim.layer @fc
// BOTH: cim.dac bits 8
// BOTH-NEXT: cim.adc bits 8 range max

// ONE-LABEL: cim.layer @conv
// ONE: cim.adc bits 6 range percentile 99.9 per_tile gain 0.01 inl 0.5
// ONE-LABEL: cim.layer @fc
// ONE-NOT: cim.adc

// SERIAL-LABEL: cim.layer @fc
// SERIAL: cim.dac bits 4 range 2.5 inputs unsigned serial
// SERIAL-NEXT: cim.read_noise 0.5 uS
// SERIAL-NEXT: cim.write

// The curve belongs to the drive.
// CURVE-LABEL: cim.layer @fc
// CURVE: cim.dac bits 5 curve [0.0, 0.4, 1.0] at [0.0, 0.5, 1.0]
// CURVE-NEXT: cim.adc bits 8 range limits [1.5, 6.0]

// DACS-LABEL: cim.layer @conv
// DACS: cim.dac bits 8 gain 0.01 offset 0.5{{$}}
// KEPT: cim.dac bits 6 gain 0.01{{$}}

// DRIFT-LABEL: cim.layer @conv
// DRIFT: cim.map
// DRIFT-NEXT: cim.drift_compensation{{$}}
// DRIFT-NEXT: cim.write
// DRIFT-LABEL: cim.layer @fc
// DRIFT-NOT: cim.drift_compensation

// Later requests override, option by option; none takes a converter away.
// AGAIN-LABEL: cim.layer @conv
// AGAIN: cim.dac bits 8
// AGAIN-NEXT: cim.adc bits 8 range fraction 0.25
// AGAIN-LABEL: cim.layer @fc
// AGAIN: cim.dac bits 6
// AGAIN-NEXT: cim.write

// Other arrays keep their converters.
// MOVED-LABEL: cim.layer @conv
// MOVED: cim.map 144 x 16 onto 64 x 64
// MOVED-NEXT: cim.dac bits 8{{$}}
// MOVED-NEXT: cim.adc bits 8 range max{{$}}
// MOVED-NEXT: cim.write

// STAGE-NOT: cim.dac
// STAGE-LABEL: cim.layer @fc
// STAGE: cim.dac bits 8
// STAGE-NEXT: cim.adc bits 8 range max

cim.layer @conv index 0 channel_axis 0 : tensor<16x16x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<16x16x3x3xf32>
  cim.map 144 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<16x16x3x3xf32>
}
cim.layer @fc index 1 channel_axis 0 : tensor<10x64xf32> {
  %0 = cim.load dense<0.5> : tensor<10x64xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<10x64xf32>
  cim.map 64 x 10 onto 128 x 128 cells differential window 0.0 to 100.0 cell_bits 2
  cim.write %1 : tensor<10x64xf32>
}
