// RUN: cim-opt %s --split-input-file --verify-diagnostics

// Every message that the verifiers have about cim.map.

// An array of nothing.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects array_rows from 1 to 65536, got 0}}
  cim.map 18 x 4 onto 0 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// An array beyond all measure.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects array_columns from 1 to 65536, got 65537}}
  cim.map 18 x 4 onto 128 x 65537 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// A matrix without rows.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects rows from 1 to 2147483648, got -18}}
  cim.map -18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// Another matrix than the weights are.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' maps 2 x 18 x 4 weights (groups, rows, columns), but holds 'tensor<4x2x3x3xf32>' with output channels in dimension 0}}
  cim.map 18 x 4 groups 2 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// The right number of weights, but not their rows.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' maps 1 x 36 x 2 weights (groups, rows, columns), but holds 'tensor<4x2x3x3xf32>' with output channels in dimension 0}}
  cim.map 36 x 2 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// More groups on the diagonal than fit.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' puts 2 groups of 18 x 2 on the diagonal of an array of 32 x 128, which has no place for them}}
  cim.map 18 x 2 groups 2 onto 32 x 128 groups_per_array 2 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// More groups in an array than there are.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects groups_per_array from 1 to 2, got 3}}
  cim.map 18 x 2 groups 2 onto 128 x 128 groups_per_array 3 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// A window turned over.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got 40.0 to 1.0}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 40.0 to 1.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// A window of one conductance.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got 40.0 to 40.0}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 40.0 to 40.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// Conductances are not negative.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got -1.0 to 1.0}}
  cim.map 18 x 4 onto 128 x 128 cells differential window -1.0 to 1.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// A window without an end.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got 0.0 to 0x7FF0000000000000}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 0x7FF0000000000000
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// Windows that single precision takes for empty.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got 0.0 to 1.0e-40}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 1.0e-40
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects a conductance window that ascends, by a millionth and 1e-30 at least, from at least 0 to at most 1e15, got 100.0 to 100.000001}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 100.0 to 100.000001
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// Differential cells refer to each other.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' has differential cells, which have no reference}}
  cim.map 18 x 4 onto 128 x 128 cells differential ideal_reference window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// Cells of too many bits.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' expects cell_bits from 1 to 16, got 17}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0 cell_bits 17
  cim.write %1 : tensor<4x2x3x3xf32>
}

// -----

// Slices of what?
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' slices weights over differential cells of 2 bits, which needs quantization of mode symmetric per tensor, but the layer has none (--quantize BITS,mode=symmetric)}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0 cell_bits 2
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// A pair stores magnitudes.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode minmax : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' slices weights over differential cells of 2 bits, which needs quantization of mode symmetric per tensor, but the layer has another one (--quantize BITS,mode=symmetric)}}
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0 cell_bits 2
  cim.write %1 : tensor<4x2x3x3xf32>
}

// -----

// An offset cell stores codes from the lowest weight on.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode symmetric : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' slices weights over offset cells of 2 bits, which needs quantization of mode minmax per tensor, but the layer has another one (--quantize BITS)}}
  cim.map 18 x 4 onto 128 x 128 cells offset window 0.0 to 100.0 cell_bits 2
  cim.write %1 : tensor<4x2x3x3xf32>
}

// -----

// One offset is added for the whole layer.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  %1 = cim.quantize %0 bits 5 mode minmax per_channel : tensor<4x2x3x3xf32>
  // expected-error@+1 {{in layer 'l' slices weights over offset cells of 2 bits, which needs quantization of mode minmax per tensor, but the layer has another one (--quantize BITS)}}
  cim.map 18 x 4 onto 128 x 128 cells offset window 0.0 to 100.0 cell_bits 2
  cim.write %1 : tensor<4x2x3x3xf32>
}

// -----

// Two places for one set of weights.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' stands after cim.map; errors come first, then map, dac, adc, read_noise and drift_compensation, each at most once}}
  cim.map 18 x 4 onto 64 x 64 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}

// -----

// An error after the weights have found their place.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  // expected-error@+1 {{in layer 'l' stands after cim.map; errors come first, then map, dac, adc, read_noise and drift_compensation, each at most once}}
  %1 = cim.noise %0 normal 3.0 uS : tensor<4x2x3x3xf32>
  cim.write %1 : tensor<4x2x3x3xf32>
}

// -----

// A layer is cut as its convolution is.
cim.layer @l index 0 channel_axis 0 : tensor<4x2x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x2x3x3xf32>
  cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x2x3x3xf32>
}
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'cim.conv' op has groups 2, but layer 'l' is mapped with groups 1}}
  %1 = cim.conv %x on @l groups 2 : (tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %1 : tensor<1x4x6x6xf32>
}

// -----

// So is a convolution along its output channels,
cim.layer @l index 0 channel_axis 1 : tensor<4x4x3x3xf32> {
  %0 = cim.load dense<0.5> : tensor<4x4x3x3xf32>
  cim.map 36 x 4 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<4x4x3x3xf32>
}
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error@+1 {{'cim.conv' op has its output channels in dimension 0 of the weights, but layer 'l' is mapped with channel_axis 1; correct it, or give the operation a layer of its own}}
  %1 = cim.conv %x on @l : (tensor<1x4x8x8xf32>) -> tensor<1x4x6x6xf32>
  return %1 : tensor<1x4x6x6xf32>
}

// -----

// and a matrix: DACs at its rows would be as many as its columns.
cim.layer @fc index 0 channel_axis 0 : tensor<64x10xf32> {
  %0 = cim.load dense<0.5> : tensor<64x10xf32>
  cim.map 10 x 64 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.dac bits 8 range 1.0 inputs signed offset 0.5
  cim.write %0 : tensor<64x10xf32>
}
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x10xf32> {
  // expected-error@+1 {{'cim.gemm' op has its output channels in dimension 1 of the weights, but layer 'fc' is mapped with channel_axis 0; correct it, or give the operation a layer of its own}}
  %1 = cim.gemm %x on @fc : (tensor<1x64xf32>) -> tensor<1x10xf32>
  return %1 : tensor<1x10xf32>
}

// -----

cim.layer @fc index 0 channel_axis 1 : tensor<10x64xf32> {
  %0 = cim.load dense<0.5> : tensor<10x64xf32>
  cim.map 10 x 64 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<10x64xf32>
}
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x10xf32> {
  // expected-error@+1 {{'cim.gemm' op has its output channels in dimension 0 of the weights, but layer 'fc' is mapped with channel_axis 1; correct it, or give the operation a layer of its own}}
  %1 = cim.gemm %x on @fc transpose_b true : (tensor<1x64xf32>) -> tensor<1x10xf32>
  return %1 : tensor<1x10xf32>
}

// -----

cim.layer @fc index 0 channel_axis 0 : tensor<64x10xf32> {
  %0 = cim.load dense<0.5> : tensor<64x10xf32>
  cim.map 10 x 64 onto 128 x 128 cells differential window 0.0 to 100.0
  cim.write %0 : tensor<64x10xf32>
}
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x10xf32> {
  // expected-error@+1 {{'cim.matmul' op has its output channels in dimension 1 of the weights, but layer 'fc' is mapped with channel_axis 0; correct it, or give the operation a layer of its own}}
  %1 = cim.matmul %x on @fc : (tensor<1x64xf32>) -> tensor<1x10xf32>
  return %1 : tensor<1x10xf32>
}

// -----

// No cells outside of a layer.
// expected-error@+1 {{expects parent op 'cim.layer'}}
cim.map 18 x 4 onto 128 x 128 cells differential window 0.0 to 100.0

// -----

// A wire that gives energy.
cim.layer @l index 0 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  // expected-error@+1 {{in layer 'l' expects wires of 0 to 1e9 ohm, got -1.0}}
  cim.map 8 x 3 onto 128 x 128 cells differential window 0.0 to 100.0 wires 1.0 by -1.0
  cim.write %0 : tensor<8x3xf32>
}

// -----

// Wires along rows only, in the generic form.
cim.layer @l index 0 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  // expected-error@+1 {{in layer 'l' has wires along rows or columns only; give both resistances, one of them 0}}
  "cim.map"() {rows = 8 : i64, columns = 3 : i64, array_rows = 128 : i64, array_columns = 128 : i64, cells = #cim<cells differential>, lowest = 0.0 : f64, highest = 100.0 : f64, row_wire = 1.0 : f64} : () -> ()
  cim.write %0 : tensor<8x3xf32>
}

// -----

// How to solve no wires.
cim.layer @l index 0 channel_axis 1 : tensor<8x3xf32> {
  %0 = cim.load dense<0.5> : tensor<8x3xf32>
  // expected-error@+1 {{in layer 'l' says how wires are solved, but has none}}
  "cim.map"() {rows = 8 : i64, columns = 3 : i64, array_rows = 128 : i64, array_columns = 128 : i64, cells = #cim<cells differential>, lowest = 0.0 : f64, highest = 100.0 : f64, first_order} : () -> ()
  cim.write %0 : tensor<8x3xf32>
}
