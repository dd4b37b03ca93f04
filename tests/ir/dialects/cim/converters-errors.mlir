// RUN: cim-opt %s --split-input-file --verify-diagnostics

// Every message that the verifiers have about converters.

// No arrays.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' needs arrays, which cim.map before it gives (--crossbar RxC)}}
  cim.dac bits 8
  cim.write %0 : tensor<4x4xf32>
}

// -----

// The wrong way round.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  cim.adc bits 8 range max
  // expected-error@+1 {{in layer 'l' stands after cim.adc; errors come first, then map, dac, adc, read_noise and drift_compensation, each at most once}}
  cim.dac bits 8
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Twice.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  cim.read_noise 0.5 uS
  // expected-error@+1 {{in layer 'l' stands after cim.read_noise; errors come first, then map, dac, adc, read_noise and drift_compensation, each at most once}}
  cim.read_noise 0.5 uS
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Bits.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects 1 to 16 bits, got 0}}
  cim.dac bits 0
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects 2 to 16 bits, got 1}}
  cim.adc bits 1 range max
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A sign without a bit.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has one bit, which has no place for the sign of its inputs}}
  cim.dac bits 1 range 2.0 inputs signed
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A range of nothing.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a range from 1e-30 to 1e30, got 0.0}}
  cim.dac bits 8 range 0.0
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Curves: of other lengths, not from end to end, not through 0, unseen.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a curve of two points or more, got 2 inputs and 3 currents}}
  cim.dac bits 8 curve [0.0, 0.5, 1.0] at [0.0, 1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a curve with ascending inputs}}
  cim.dac bits 8 curve [0.0, 0.5, 1.0] at [0.0, 1.0, 1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A current beyond single precision.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a curve of currents up to 1e30, of either sign, got -1.0e+300}}
  cim.dac bits 8 curve [-1.0e300, 0.0, 1.0] at [-1.0, 0.0, 1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a curve from input 0 or -1 to 1, through 0 at 0}}
  cim.dac bits 8 curve [0.1, 1.0] at [0.0, 1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has a curve, which serial inputs, all at full drive, never see}}
  cim.dac bits 8 serial curve [0.0, 1.0] at [0.0, 1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Half of a curve, which only the generic form can say.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has half of a curve}}
  "cim.dac"() {bits = 8 : i64, curve_input = array<f64: 0.0, 1.0>} : () -> ()
  cim.write %0 : tensor<4x4xf32>
}

// -----

// DACs that differ, in steps that they do not have, or behind a curve.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a mismatch from 0 to 65536, got -1.0}}
  cim.dac bits 8 gain -1.0
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has a mismatch in steps, but serial inputs have two levels: their converters differ in gain only (--dac-mismatch gain=S)}}
  cim.dac bits 8 serial gain 0.1 offset 1.0
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has a mismatch and a curve, which would bend what each converter gives in its own way; leave out --dac-mismatch or --iv}}
  cim.dac bits 8 curve [0.0, 1.0] at [0.0, 1.0] gain 0.1
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Nothing drifts.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has nothing to compensate: no device that its cells follow (--device NAME)}}
  cim.drift_compensation
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Ranges.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{expects range max, percentile, fraction or limits, got maximum}}
  cim.adc bits 8 range maximum
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a percentile above 0 and up to 100, got 101.0}}
  cim.adc bits 8 range percentile 101.0
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a fraction above 0 and up to 1, got 0.0}}
  cim.adc bits 8 range fraction 0.0
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects limits from 1e-30 to 1e30}}
  cim.adc bits 8 range limits [-1.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has numbers that do not belong to its range max}}
  "cim.adc"() {bits = 8 : i64, range = #cim<range max>, value = 0.5 : f64} : () -> ()
  cim.write %0 : tensor<4x4xf32>
}

// -----

// As many limits as slices and tiles.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<4x4xf32>
  cim.map 4 x 4 onto 3 x 8 cells differential window 0.0 to 100.0 cell_bits 2
  // expected-error@+1 {{in layer 'l' has 2 limits, but its converters need 4, one for every slice, row tile and column tile}}
  cim.adc bits 8 range limits [1.0, 2.0] per_tile
  cim.write %1 : tensor<4x4xf32>
}

// -----

// One for all slices, and one too many.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<4x4xf32>
  cim.map 4 x 4 onto 3 x 8 cells differential window 0.0 to 100.0 cell_bits 2
  // expected-error@+1 {{in layer 'l' has 1 limit, but its converters need 2, one for every slice}}
  cim.adc bits 8 range limits [1.0]
  cim.write %1 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 3 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' has 2 limits, but its converters need 1, one for every slice}}
  cim.adc bits 8 range limits [1.0, 2.0]
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Widths.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a mismatch from 0 to 65536, got -0.1}}
  cim.adc bits 8 range max gain -0.1
  cim.write %0 : tensor<4x4xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.map 4 x 4 onto 8 x 8 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' expects a standard deviation from 0 to 1e6 uS, got -1.0}}
  cim.read_noise -1.0 uS
  cim.write %0 : tensor<4x4xf32>
}
