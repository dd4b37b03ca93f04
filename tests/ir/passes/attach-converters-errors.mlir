// What attach-converters cannot attach, in one line each.

// Words that are no converter.
// RUN: not cim-opt %s --attach-converters='adc=17' 2>&1 >/dev/null | FileCheck %s --check-prefix=E0
// E0: error: adc '17': resolution '17' is not a whole number of bits from 2 to 16

// RUN: not cim-opt %s --attach-converters='dac=1,inputs=signed' 2>&1 >/dev/null | FileCheck %s --check-prefix=E1
// E1: error: dac '1,inputs=signed': one bit has no place for a sign

// No arrays to stand around.
// RUN: not cim-opt %s --attach-converters='dac=8' 2>&1 >/dev/null | FileCheck %s --check-prefix=E2
// E2: error: layer 'digital' stands on no arrays, around which converters could stand; put it on crossbars (--crossbar ROWSxCOLUMNS)

// No such layer.
// RUN: not cim-opt %s --attach-converters='dac=8 layers=mappd' 2>&1 >/dev/null | FileCheck %s --check-prefix=E3
// E3: error: layers 'mappd': {{.*}}mapped

// What means nothing alone.
// RUN: not cim-opt %s --attach-converters='adc-mismatch=gain=0.1 layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E4
// E4: error: layer 'mapped' has ideal converters, which do not differ: adc-mismatch has no effect; give it an ADC (--adc BITS)

// RUN: not cim-opt %s --attach-converters='dac-mismatch=gain=0.1 layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E8
// E8: error: layer 'mapped' has ideal converters at its rows, which do not differ: dac-mismatch has no effect; give it DACs (--dac BITS)

// RUN: not cim-opt %s --attach-converters='drift-compensation=global layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E9
// E9: error: 'cim.drift_compensation' op in layer 'mapped' has nothing to compensate

// RUN: not cim-opt %s --attach-converters='drift-compensation=globally' 2>&1 >/dev/null | FileCheck %s --check-prefix=E10
// E10: error: drift-compensation 'globally': unknown compensation 'globally'

// RUN: not cim-opt %s --attach-converters='iv=%S/Inputs/curve.csv layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E5
// E5: error: layer 'mapped' has no DAC, whose range the curve of its cells (--iv) is about

// RUN: not cim-opt %s --attach-converters='dac=8,mode=serial adc=8 iv=%S/Inputs/curve.csv layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E6
// E6: error: layer 'mapped' has serial inputs, all at full drive, which never see the curve of its cells

// Limits of slices that the layer does not have; the message is the verifier's.
// RUN: not cim-opt %s --attach-converters='adc=8,limit=1/2 layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=E7
// E7: error: 'cim.adc' op in layer 'mapped' has 2 limits, but its converters need 1, one for every slice

// Bits by bits of nothing that is read: a warning.
// RUN: cim-opt %s --attach-converters='dac=8,mode=serial layers=mapped' 2>&1 >/dev/null | FileCheck %s --check-prefix=W0
// W0: warning: layer 'mapped' has serial inputs without an ADC or read noise: the sum over their bits is what parallel ones give

cim.layer @digital index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
cim.layer @mapped index 1 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x4xf32>
}
