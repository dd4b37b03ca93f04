//===- CimCellErrorOps.td - What cells do beside writing ----*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors that cells share, correct while they are written, or gather while they
// are read. docs/semantics.md defines them.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMCELLERROROPS_TD
#define CIM_DIALECTS_CIM_CIMCELLERROROPS_TD

include "dialects/cim/CimErrorOps.td"

def Cim_VerifyOp : Cim_WeightErrorOp<"verify", ["getErrorUnit"]> {
  let summary = "Write cells again until they are close enough";
  let description = [{
    Write and verify: a cell is read after every pulse, and pulsed again while
    its conductance is further than `tolerance` from the one it is meant to have,
    at most `pulses` times in all; the last pulse stays. A pulse draws the
    programming error of `cim.device` and the `cim.noise` in uS anew; what comes
    later in the chain, drift, variation between devices and stuck cells are not
    its doing. Errors of weights that are no cells are not verified.

    ```mlir
    %3 = cim.verify %2 tolerance 1.0 uS pulses 20 : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    F64Attr:$tolerance,
    Cim_ErrorUnit:$unit,
    I64Attr:$pulses);
  let assemblyFormat = [{
    $weights `tolerance` custom<Number>($tolerance) `` $unit `pulses` $pulses
    attr-dict `:` type($weights)
  }];
}

def Cim_CorrelatedOp : Cim_WeightErrorOp<"correlated", ["getErrorUnit"]> {
  let summary = "Add random errors that many cells have in common";
  let description = [{
    w + ξ, normal with mean 0 and one ξ for all cells of a column of an array
    (`column`), of an array (`array`), and of the whole chip (`die`), drawn
    whenever they are written. The widths are standard deviations. In uS, the two
    arrays of differential cells and those of slices have columns of their own;
    in another unit a column is an output channel, and `array` has no meaning.

    ```mlir
    %4 = cim.correlated %3 column 0.5 array 0.25 die 1.0 uS : tensor<16x3x3x3xf32>
    %4 = cim.correlated %3 column 0.01 ns : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    DefaultValuedAttr<F64Attr, "0.0">:$column,
    DefaultValuedAttr<F64Attr, "0.0">:$array,
    DefaultValuedAttr<F64Attr, "0.0">:$die,
    Cim_ErrorUnit:$unit);
  let assemblyFormat = [{
    $weights (`column` custom<Number>($column)^)? (`array` custom<Number>($array)^)?
    (`die` custom<Number>($die)^)? `` $unit attr-dict `:` type($weights)
  }];
}

def Cim_ReadDisturbOp : Cim_WeightErrorOp<"read_disturb", ["getErrorUnit"]> {
  let summary = "Move cells a little with every read";
  let description = [{
    w + amount·(reads/per)^exponent, of either sign, the same for every cell and
    chip. Without `reads`, they are those of the images that the network is run
    on: one for every product of the layer's matrix with a vector, times the bits
    of a serial DAC.

    ```mlir
    %6 = cim.read_disturb %5 -0.5 uS per 1000000.0 exponent 0.5 reads 1.0e9
           : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins
    Cim_Weights:$weights,
    F64Attr:$amount,
    Cim_ErrorUnit:$unit,
    DefaultValuedAttr<F64Attr, "1.0">:$per,
    DefaultValuedAttr<F64Attr, "1.0">:$exponent,
    OptionalAttr<F64Attr>:$reads);
  let assemblyFormat = [{
    $weights custom<Number>($amount) `` $unit (`per` custom<Number>($per)^)?
    (`exponent` custom<Number>($exponent)^)? (`reads` custom<Number>($reads)^)?
    attr-dict `:` type($weights)
  }];
}

#endif // CIM_DIALECTS_CIM_CIMCELLERROROPS_TD
