// RUN: cim-opt %s --split-input-file --verify-diagnostics

// Every message that the verifiers have about what cells do beside writing.

// A tolerance that nothing meets.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a tolerance from 1e-30 to 1e30, got 0.0}}
  %1 = cim.verify %0 tolerance 0.0 uS pulses 20 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// One that single precision takes for 0, which is no verification.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a tolerance from 1e-30 to 1e30, got 1.0e-50}}
  %1 = cim.verify %0 tolerance 1.0e-50 uS pulses 20 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Weights are not verified, cells are.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' verifies cells, so its tolerance is a conductance in uS, not in ns}}
  %1 = cim.verify %0 tolerance 1.0 ns pulses 20 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// No pulse at all.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 1 to 64 pulses, got 0}}
  %1 = cim.verify %0 tolerance 1.0 uS pulses 0 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// More pulses than random numbers tell apart.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 1 to 64 pulses, got 65}}
  %1 = cim.verify %0 tolerance 1.0 uS pulses 65 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// A standard deviation below zero.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite width of at least 0 for column, got -1.0}}
  %1 = cim.correlated %0 column -1.0 uS : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Arrays are made of cells.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has an error of arrays, which are made of cells; give it in uS}}
  %1 = cim.correlated %0 array 1.0 ns : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Steps of what?
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' is in qs, but the layer's weights are not quantized; quantize them (--quantize BITS) or give it in ns or abs}}
  %1 = cim.correlated %0 die 1.0 qs : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// No amount.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite amount, got 0x7FF0000000000000}}
  %1 = cim.read_disturb %0 0x7FF0000000000000 uS : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Per no reads.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite number of reads above 0 for per, got 0.0}}
  %1 = cim.read_disturb %0 1.0 uS per 0.0 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Growth beyond all measure.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects an exponent from 0 to 4, got 5.0}}
  %1 = cim.read_disturb %0 1.0 uS exponent 5.0 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// Fewer reads than none.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite number of reads of at least 0, got -1.0}}
  %1 = cim.read_disturb %0 1.0 uS reads -1.0 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// A pulse after the errors of reading.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.read_disturb %0 1.0 uS : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' stands after read disturb; the order is quantize, device, noise, verify, correlated, shift, read_disturb, faults}}
  %2 = cim.verify %1 tolerance 1.0 uS pulses 20 : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// Twice.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.correlated %0 die 1.0 uS : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' repeats correlated errors; a layer has every error at most once}}
  %2 = cim.correlated %1 die 1.0 uS : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}
