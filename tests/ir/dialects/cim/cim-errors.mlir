// RUN: cim-opt %s --split-input-file --verify-diagnostics

// Every message that a verifier of the cim dialect has.

// A layer's index is a 24-bit coordinate.
// expected-error@+1 {{'l' expects an index from 0 to 16777215, got 16777216}}
cim.layer @l index 16777216 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Nor is it negative.
// expected-error@+1 {{'l' expects an index from 0 to 16777215, got -1}}
cim.layer @l index -1 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Two rows of weights have no third dimension.
// expected-error@+1 {{'l' expects a channel_axis that is a dimension of 'tensor<4x4xf32>', got 2}}
cim.layer @l index 0 channel_axis 2 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Two layers of one index would draw the same errors.
cim.layer @a index 3 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
// expected-error@+1 {{'b' expects an index above that of the layer before it, 3 of 'a', got 3}}
cim.layer @b index 3 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// What a layer lacks is its own mistake, not that of the layer behind it.
// expected-error@+1 {{requires attribute 'index'}}
"cim.layer"() <{sym_name = "a", channel_axis = 0 : i64, type = tensor<4x4xf32>}> ({
  %0 = "cim.load"() <{value = dense<0.5> : tensor<4x4xf32>}> : () -> tensor<4x4xf32>
  "cim.write"(%0) : (tensor<4x4xf32>) -> ()
}) : () -> ()
cim.layer @b index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Programs of one name would be one program.
// expected-note@+1 {{see existing symbol definition here}}
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
// expected-error@+1 {{redefinition of symbol named 'l'}}
cim.layer @l index 1 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Weights are f32.
// expected-error@+1 {{failed to satisfy constraint}}
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf64> {
  %0 = cim.load dense<0.5> : tensor<4x4xf64>
  cim.write %0 : tensor<4x4xf64>
}

// -----

// A layer loads what it says.
// expected-error@+1 {{'l' is of type 'tensor<4x2xf32>', but loads 'tensor<4x4xf32>'}}
cim.layer @l index 0 channel_axis 0 : tensor<4x2xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A program takes its weights from cim.load.
// expected-error@+1 {{'l' expects a region without arguments}}
"cim.layer"() <{sym_name = "l", index = 0 : i64, channel_axis = 0 : i64, type = tensor<4x4xf32>}> ({
^bb0(%w: tensor<4x4xf32>):
  "cim.write"(%w) : (tensor<4x4xf32>) -> ()
}) : () -> ()

// -----

// A value and a result of different types.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  // expected-error@+1 {{in layer 'l' has a value of type 'tensor<4x2xf32>' and a result of type 'tensor<4x4xf32>'}}
  %0 = "cim.load"() <{value = dense<0.5> : tensor<4x2xf32>}> : () -> tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Nothing to begin with.
// expected-error@+1 {{'l' expects to begin with cim.load}}
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = nn.constant dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A layer has one source.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{is no error of weights; layer 'l' holds cim.load, errors, what cim.map and converters say, and cim.write only}}
  %1 = cim.load dense<1.0> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// Computing belongs into the forward function.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{is no error of weights; layer 'l' holds cim.load, errors, what cim.map and converters say, and cim.write only}}
  %1 = nn.relu %0 : tensor<4x4xf32>
  cim.write %1 : tensor<4x4xf32>
}

// -----

// An error that nobody writes.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects the weights after the last error}}
  cim.write %0 : tensor<4x4xf32>
}

// -----

// A chain, not a tree.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects the weights of the operation before it}}
  %2 = cim.noise %0 normal 0.5 qs : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// No write.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  // expected-error@+1 {{block with no terminator}}
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
}

// -----

// One quantization.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' repeats quantization; a layer has every error at most once}}
  %2 = cim.quantize %1 bits 4 mode minmax : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// Noise happens to what is quantized.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.noise %0 normal 0.5 ns : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' stands after noise; the order is quantize, device, noise, verify, correlated, shift, read_disturb, faults}}
  %2 = cim.quantize %1 bits 4 mode minmax : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// A stuck cell does not drift.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  %1 = cim.faults %0 low 0.5 : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' stands after faults; the order is quantize, device, noise, verify, correlated, shift, read_disturb, faults}}
  %2 = cim.shift %1 0.5 ns : tensor<4x4xf32>
  cim.write %2 : tensor<4x4xf32>
}

// -----

// Steps of what?
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' is in qs, but the layer's weights are not quantized; quantize them (--quantize BITS) or give it in ns or abs}}
  %r = cim.noise %0 normal 0.25 qs : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Steps of what?
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' is in qs, but the layer's weights are not quantized; quantize them (--quantize BITS) or give it in ns or abs}}
  %r = cim.shift %0 0.25 qs : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Bits of what?
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' flips stored bits, but the layer's weights are not quantized; quantize them (--quantize BITS) or leave out flip}}
  %r = cim.faults %0 flip 0.25 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Bits.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 1 to 16 bits in mode minmax, got 17}}
  %r = cim.quantize %0 bits 17 mode minmax : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Bits.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 1 to 16 bits in mode lloyd, got 0}}
  %r = cim.quantize %0 bits 0 mode lloyd : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Bits.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 1 to 16 bits in mode minmax, got -3}}
  %r = cim.quantize %0 bits -3 mode minmax : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// With one bit, the only symmetric level is zero.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 2 to 16 bits in mode symmetric, got 1}}
  %r = cim.quantize %0 bits 1 mode symmetric : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Bits are missing.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects bits in mode symmetric}}
  %r = cim.quantize %0 mode symmetric : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A percentile of 0 keeps no weight.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a percentile above 0 and up to 100, got 0.0}}
  %r = cim.quantize %0 bits 4 mode percentile 0.0 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No percentile above 100.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a percentile above 0 and up to 100, got 100.5}}
  %r = cim.quantize %0 bits 4 mode percentile 100.5 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A codebook has its own number of levels.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has a codebook, which leaves no choice of bits or per_channel}}
  %r = cim.quantize %0 bits 4 mode levels [0.0, 1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A codebook is the same for all channels.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has a codebook, which leaves no choice of bits or per_channel}}
  %r = cim.quantize %0 mode levels [0.0, 1.0] per_channel : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// One level stores nothing.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects 2 to 65536 levels, got 1}}
  %r = cim.quantize %0 mode levels [0.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Levels ascend.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects finite, ascending levels}}
  %r = cim.quantize %0 mode levels [0.0, 1.0, 0.5] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Levels are different.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects finite, ascending levels}}
  %r = cim.quantize %0 mode levels [0.0, 0.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Levels are finite (here infinity).
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects finite, ascending levels}}
  %r = cim.quantize %0 mode levels [0.0, 0x7FF0000000000000] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// The text cannot say these; other producers can.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has mode levels, but no list of levels}}
  %r = "cim.quantize"(%0) <{mode = #cim<mode levels>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A codebook in another mode.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has a list of levels, which needs mode levels}}
  %r = "cim.quantize"(%0) <{bits = 4 : i64, mode = #cim<mode minmax>, levels = array<f64: 0.0, 1.0>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A percentile in another mode.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has a percentile, which needs mode percentile}}
  %r = "cim.quantize"(%0) <{bits = 4 : i64, mode = #cim<mode minmax>, percentile = 99.0 : f64}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No percentile.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has mode percentile, but no percentile}}
  %r = "cim.quantize"(%0) <{bits = 4 : i64, mode = #cim<mode percentile>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// An unknown mode.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{expects mode minmax, symmetric, percentile, lloyd or levels, got maxmin}}
  %r = cim.quantize %0 bits 4 mode maxmin : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Widths.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite width of at least 0, got -0.5}}
  %r = cim.noise %0 normal -0.5 ns : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Widths (here a NaN).
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite width of at least 0, got 0x7FF8000000000000}}
  %r = cim.noise %0 normal 0x7FF8000000000000 ns : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No degrees of freedom.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' of distribution student_t expects a parameter}}
  %r = cim.noise %0 student_t 0.5 ns : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Infinite variance.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects degrees of freedom above 2 (up to 2, the variance is infinite) and up to 1e6, got 2.0}}
  %r = cim.noise %0 student_t 0.5 ns parameter 2.0 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A normal distribution at great expense.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects degrees of freedom above 2 (up to 2, the variance is infinite) and up to 1e6, got 2.0e+06}}
  %r = cim.noise %0 student_t 0.5 ns parameter 2.0e6 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A shape that only rounding can show.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a shape from 0.001 to 5, got 1.0e-04}}
  %r = cim.noise %0 lognormal 0.5 ns parameter 1.0e-4 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A shape that only rare draws can show.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a shape from 0.001 to 5, got 5.5}}
  %r = cim.noise %0 lognormal 0.5 ns parameter 5.5 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A shape of zero is a constant.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a shape from 0.001 to 5, got 0.0}}
  %r = cim.noise %0 lognormal 0.5 ns parameter 0.0 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A normal distribution has no shape.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' of distribution normal takes no parameter}}
  %r = cim.noise %0 normal 0.5 ns parameter 1.0 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No measurement.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' of distribution empirical expects a cdf}}
  %r = cim.noise %0 empirical 1.0 ns : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A measurement of nothing.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' of distribution normal takes no cdf}}
  %r = cim.noise %0 normal 1.0 ns cdf [0.0, 1.0] at [0.0, 1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Points come in pairs.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects at least 2 points of the cdf, got 3 probabilities and 2 values}}
  %r = cim.noise %0 empirical 1.0 ns cdf [0.0, 0.5, 1.0] at [0.0, 1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A cdf begins at 0.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a cdf whose probabilities ascend from 0 to 1}}
  %r = cim.noise %0 empirical 1.0 ns cdf [0.5, 1.0] at [0.0, 1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A cdf ends at 1.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a cdf whose probabilities ascend from 0 to 1}}
  %r = cim.noise %0 empirical 1.0 ns cdf [0.0, 0.9] at [0.0, 1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A cdf ascends.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a cdf whose probabilities ascend from 0 to 1}}
  %r = cim.noise %0 empirical 1.0 ns cdf [0.0, 0.9, 0.5, 1.0] at [0.0, 1.0, 2.0, 3.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// So do its values.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a cdf of finite values that do not descend}}
  %r = cim.noise %0 empirical 1.0 ns cdf [0.0, 1.0] at [1.0, 0.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// A width is never negative, at no level.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects finite level_factors of at least 0, got -1.0}}
  %r = cim.noise %0 normal 1.0 ns level_factors [1.0, -1.0] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No factors.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' has an empty list of level_factors}}
  %r = cim.noise %0 normal 1.0 ns level_factors [] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Amounts (here infinity).
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a finite amount, got 0x7FF0000000000000}}
  %r = cim.shift %0 0x7FF0000000000000 ns : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Factors of a shift.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects finite level_factors, got 0x7FF0000000000000}}
  %r = cim.shift %0 1.0 ns level_factors [0x7FF0000000000000] : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Fractions.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a fraction from 0 to 1 for low, got 1.5}}
  %r = cim.faults %0 low 1.5 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Fractions.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a fraction from 0 to 1 for high, got -0.5}}
  %r = cim.faults %0 high -0.5 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Fractions (here a NaN).
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects a fraction from 0 to 1 for flip, got 0x7FF8000000000000}}
  %r = cim.faults %0 flip 0x7FF8000000000000 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// No cell is stuck at both ends.
cim.layer @l index 0 channel_axis 0 : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  // expected-error@+1 {{in layer 'l' expects low and high of at most 1 together, got 1.25}}
  %r = cim.faults %0 low 0.75 high 0.5 : tensor<4x4xf32>
  cim.write %r : tensor<4x4xf32>
}

// -----

// Errors of weights stand in layers.
func.func @main(%w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error@+1 {{expects parent op 'cim.layer'}}
  %0 = cim.noise %w normal 0.5 ns : tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// No such layer.
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{refers to a layer 'conv9' that does not exist}}
  %0 = cim.conv %x on @conv9 : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// A function is no layer.
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{refers to a layer 'main' that does not exist}}
  %0 = cim.conv %x on @main : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Weights for another number of channels.
cim.layer @l index 0 channel_axis 0 : tensor<4x1x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x1x3x3xf32>
  cim.write %0 : tensor<4x1x3x3xf32>
}
func.func @main(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'nn.conv' op expects weights of 3 channels per group, got 1}}
  %0 = cim.conv %x on @l : (tensor<1x3x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Another result.
cim.layer @l index 0 channel_axis 0 : tensor<4x1x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x1x3x3xf32>
  cim.write %0 : tensor<4x1x3x3xf32>
}
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x8x8xf32> {
  // expected-error@+1 {{has a result of type 'tensor<1x4x8x8xf32>', but its operands and layer 'l' give 'tensor<1x4x6x6xf32>'}}
  %0 = cim.conv %x on @l : (tensor<1x1x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %0 : tensor<1x4x8x8xf32>
}

// -----

// A convolution on a matrix.
cim.layer @l index 0 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'nn.conv' op expects weights of 4 dimensions, got 2}}
  %0 = cim.conv %x on @l : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// A window larger than the image.
cim.layer @l index 0 channel_axis 0 : tensor<4x1x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x1x3x3xf32>
  cim.write %0 : tensor<4x1x3x3xf32>
}
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'nn.conv' op has a window of 19 positions in spatial dimension 0, but the padded input has 8}}
  %0 = cim.conv %x on @l dilations [9, 9] : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Rows that do not fit.
cim.layer @l index 0 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error@+1 {{'nn.gemm' op multiplies matrices whose inner dimensions differ: 4 and 8}}
  %0 = cim.gemm %x on @l : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// Another result.
cim.layer @l index 0 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
func.func @main(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // expected-error@+1 {{'cim.gemm' op has a result of type 'tensor<1x8xf32>', but its operands and layer 'l' give 'tensor<1x4xf32>'}}
  %0 = cim.gemm %x on @l : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

// Rows that do not fit.
cim.layer @l index 0 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
func.func @main(%x: tensor<1x5x4xf32>) -> tensor<1x5x4xf32> {
  // expected-error@+1 {{'nn.matmul' op multiplies matrices whose inner dimensions differ: 4 and 8}}
  %0 = cim.matmul %x on @l : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  return %0 : tensor<1x5x4xf32>
}

// -----

// Another result.
cim.layer @l index 0 channel_axis 1 : tensor<8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<8x4xf32>
  cim.write %0 : tensor<8x4xf32>
}
func.func @main(%x: tensor<1x5x8xf32>) -> tensor<1x5x5xf32> {
  // expected-error@+1 {{'cim.matmul' op has a result of type 'tensor<1x5x5xf32>', but its operands and layer 'l' give 'tensor<1x5x4xf32>'}}
  %0 = cim.matmul %x on @l : (tensor<1x5x8xf32>) -> tensor<1x5x5xf32>
  return %0 : tensor<1x5x5xf32>
}

// -----

// A batch of matrices.
cim.layer @l index 0 channel_axis 2 : tensor<2x8x4xf32> {
  %0 = cim.load dense<1.0> : tensor<2x8x4xf32>
  cim.write %0 : tensor<2x8x4xf32>
}
func.func @main(%x: tensor<2x5x8xf32>) -> tensor<2x5x4xf32> {
  // expected-error@+1 {{'cim.matmul' op multiplies with a matrix, but layer 'l' is of type 'tensor<2x8x4xf32>'; keep what is none in nn.matmul, which is digital}}
  %0 = cim.matmul %x on @l : (tensor<2x5x8xf32>) -> tensor<2x5x4xf32>
  return %0 : tensor<2x5x4xf32>
}

// -----

// A vector.
cim.layer @l index 0 channel_axis 0 : tensor<8xf32> {
  %0 = cim.load dense<1.0> : tensor<8xf32>
  cim.write %0 : tensor<8xf32>
}
func.func @main(%x: tensor<1x8xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{'cim.matmul' op multiplies with a matrix, but layer 'l' is of type 'tensor<8xf32>'; keep what is none in nn.matmul, which is digital}}
  %0 = cim.matmul %x on @l : (tensor<1x8xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// Channels where convolutions have none, on cells or not.
cim.layer @l index 0 channel_axis 1 : tensor<4x1x3x3xf32> {
  %0 = cim.load dense<1.0> : tensor<4x1x3x3xf32>
  %1 = cim.quantize %0 bits 4 mode symmetric per_channel : tensor<4x1x3x3xf32>
  cim.write %1 : tensor<4x1x3x3xf32>
}
func.func @main(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'cim.conv' op has its output channels in dimension 0 of the weights, but layer 'l' has channel_axis 1; correct it, or give the operation a layer of its own}}
  %0 = cim.conv %x on @l : (tensor<1x1x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Fewer bytes than weights (the first four bytes of a resource are its alignment).
cim.layer @l index 0 channel_axis 0 : tensor<16x16xf32> {
  // expected-error@+1 {{in layer 'l' expects 1024 bytes in resource 'l.weight', got 4}}
  %0 = cim.load dense_resource<l.weight> : tensor<16x16xf32>
  cim.write %0 : tensor<16x16xf32>
}
{-# dialect_resources: { builtin: { l.weight: "0x040000000000803F" } } #-}

// -----

// Weights are stored whole.
cim.layer @l index 0 channel_axis 0 : tensor<2x2xf32> {
  // expected-error@+1 {{in layer 'l' expects a dense or dense_resource value}}
  %0 = cim.load sparse<[[0, 0]], [1.0]> : tensor<2x2xf32>
  cim.write %0 : tensor<2x2xf32>
}

// -----

// expected-error@+1 {{tolerance expects accuracy to be a fraction from 0 to 1, got 91.3}}
cim.layer @l index 0 channel_axis 0 tolerance<"noise" accuracy 91.3 of 0.926 chips 10 images 1000> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// expected-error@+1 {{tolerance expects the exact accuracy to be a fraction from 0 to 1, got -0.1}}
cim.layer @l index 0 channel_axis 0 tolerance<"noise" accuracy 0.9 of -0.1 chips 10 images 1000> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// expected-error@+1 {{tolerance expects at least 1 chip and 1 image, got 0 chips and 1000 images}}
cim.layer @l index 0 channel_axis 0 tolerance<"noise" accuracy 0.9 of 0.9 chips 0 images 1000> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// expected-error@+1 {{tolerance expects at least 1 chip and 1 image, got 10 chips and 0 images}}
cim.layer @l index 0 channel_axis 0 tolerance<"noise" accuracy 0.9 of 0.9 chips 10 images 0> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// expected-error@+1 {{limit expects threshold to be a fraction from 0 to 1, got 2.0}}
cim.layer @l index 0 channel_axis 0 limit<"noise" threshold 2.0 largest 0.1> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}

// -----

// expected-error@+1 {{limit expects a finite size, got 0x7FF0000000000000}}
cim.layer @l index 0 channel_axis 0 limit<"noise" threshold 0.9 largest 0x7FF0000000000000> : tensor<4x4xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4xf32>
  cim.write %0 : tensor<4x4xf32>
}
