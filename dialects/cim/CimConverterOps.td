//===- CimConverterOps.td - Around a layer's arrays --------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What drives the rows of a layer's arrays and what reads their columns. Facts
// about the layer, like cim.map: operations without operands, behind it.
// docs/converters.md defines the words.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMCONVERTEROPS_TD
#define CIM_DIALECTS_CIM_CIMCONVERTEROPS_TD

include "dialects/cim/CimDialect.td"

class Cim_ConverterOp<string mnemonic> : Op<Cim_Dialect, mnemonic, [HasParent<"LayerOp">]> {
  let hasVerifier = 1;
}

def Cim_DacOp : Cim_ConverterOp<"dac"> {
  let summary = "Digital-to-analogue converters at the rows of a layer";
  let description = [{
    What enters the layer is rounded to one of the converter's levels, halves to
    even: unsigned inputs to `range`·k/(2^b − 1), k from 0 on; signed ones to
    `range`·k/(2^(b−1) − 1) with k of either sign. Larger inputs are clipped.
    Without `range`, or without `inputs`, these are calibrated before the network
    is run: the largest ∣input∣, and whether any is negative.

    With `serial`, every bit of k is applied by itself, all of them at full
    drive, and the digital sum after the ADC weights it.

    `curve` is a cell's current over its input, both as shares of those at the
    largest input of a linear cell: points from input 0 (or −1) to 1, linear
    between, odd when they begin at 0.

    `gain`, `offset` and `inl` are standard deviations over converters, one at
    every row, which every chip draws: with LSB the distance of levels, x becomes
    x·(1 + g) + o·LSB + a·LSB·n(x/`range`), n as in `cim.adc`. Serial inputs have
    two levels, and so a gain only.

    ```mlir
    cim.dac bits 8
    cim.dac bits 8 gain 0.01 offset 0.5 inl 0.5
    cim.dac bits 8 range 2.5 inputs unsigned serial
    cim.dac bits 6 range 4.0 inputs signed curve [0.0, 0.4, 1.0] at [0.0, 0.5, 1.0]
    ```
  }];
  let arguments = (ins
    I64Attr:$bits,
    OptionalAttr<F64Attr>:$range,
    OptionalAttr<Cim_Inputs>:$inputs,
    UnitAttr:$serial,
    OptionalAttr<DenseF64ArrayAttr>:$curve_current,
    OptionalAttr<DenseF64ArrayAttr>:$curve_input,
    DefaultValuedAttr<F64Attr, "0.0">:$gain,
    DefaultValuedAttr<F64Attr, "0.0">:$offset,
    DefaultValuedAttr<F64Attr, "0.0">:$inl);
  let assemblyFormat = [{
    `bits` $bits (`range` custom<Number>($range)^)? (`inputs` `` $inputs^)?
    (`serial` $serial^)?
    (`curve` custom<Numbers>($curve_current)^ `at` custom<Numbers>($curve_input))?
    `` custom<Mismatch>($gain, $offset, $inl) attr-dict
  }];
}

def Cim_AdcOp : Cim_ConverterOp<"adc"> {
  let summary = "Analogue-to-digital converters at the columns of a layer";
  let description = [{
    Every column (or pair of columns), tile and slice has a converter of its own.
    A partial sum p becomes LSB·rint(p/LSB), clipped at ±L, halves to even, with
    LSB = L/(2^(b−1) − 1); the results of tiles and slices are added digitally.

    | range | L |
    |---|---|
    | `max` | the largest ∣p∣ over the calibration set |
    | `percentile P` | that percentile of ∣p∣ over the calibration set |
    | `fraction F` | F times what a column can sum up: rows · largest input · window |
    | `limits […]` | these, in units of the layer's result (weight · input) |

    A layer has one L for every slice, low slice first; with `per_tile` every
    slice, row tile and column tile has its own, column tile fastest.

    `gain`, `offset` and `inl` are standard deviations over converters, which
    every chip draws: p·(1 + g) + o·LSB + a·LSB·n(p/L), where
    n(u) = (3√3/2)·u·(1 − u²), whose largest value is 1, is the integral
    non-linearity of a converter whose ends and middle are exact (terms: IEEE Std
    1241).

    ```mlir
    cim.adc bits 8 range max
    cim.adc bits 6 range percentile 99.9 per_tile gain 0.01 offset 0.5
    cim.adc bits 8 range limits [1.5, 6.0]
    ```
  }];
  let arguments = (ins
    I64Attr:$bits,
    Cim_AdcRange:$range,
    OptionalAttr<F64Attr>:$value,
    OptionalAttr<DenseF64ArrayAttr>:$limits,
    UnitAttr:$per_tile,
    DefaultValuedAttr<F64Attr, "0.0">:$gain,
    DefaultValuedAttr<F64Attr, "0.0">:$offset,
    DefaultValuedAttr<F64Attr, "0.0">:$inl);
  let assemblyFormat = [{
    `bits` $bits `range` custom<AdcRange>($range, $value, $limits) (`per_tile` $per_tile^)?
    `` custom<Mismatch>($gain, $offset, $inl) attr-dict
  }];
}

def Cim_ReadNoiseOp : Cim_ConverterOp<"read_noise"> {
  let summary = "Noise of every cell at every read";
  let description = [{
    The conductance of every cell is off by a normal number of this standard
    deviation, which every read of the array draws anew. The partial sum of a
    column is off by the sum of its cells', a normal number of variance Σσ²x².
    Cells of a `cim.device` have to be described in uS, too.

    ```mlir
    cim.read_noise 0.5 uS
    ```
  }];
  let arguments = (ins F64Attr:$width);
  let assemblyFormat = "custom<Number>($width) `uS` attr-dict";
}

def Cim_DriftCompensationOp : Cim_ConverterOp<"drift_compensation"> {
  let summary = "A digital factor against what all cells of a layer lose";
  let description = [{
    What a layer's cells compute is multiplied by the sum of their conductances
    as they were programmed over the sum at the device's time: global drift
    compensation (Joshi et al., Nat. Commun. 11 (2020) 2473). Needs a
    `cim.device`.

    ```mlir
    cim.drift_compensation
    ```
  }];
  let assemblyFormat = "attr-dict";
}

#endif // CIM_DIALECTS_CIM_CIMCONVERTEROPS_TD
