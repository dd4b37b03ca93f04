//===- CimDialect.td - The cim dialect ----------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMDIALECT_TD
#define CIM_DIALECTS_CIM_CIMDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Cim_Dialect : Dialect {
  let name = "cim";
  let cppNamespace = "::cim::crossbar";
  let summary = "Crossbar layers and memory errors as operations";
  let description = [{
    A network on Compute-in-Memory hardware is two programs. The first writes
    the weights: every crossbar layer is a `cim.layer`, a symbol with a region
    that loads the float weights, passes them through the errors of the memory
    and writes them; it runs once for every chip. The second is the forward
    function, which refers to the layers by symbol and runs for every image.
    Everything without weights on a crossbar stays in the `nn` dialect.

    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x16x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x16x3x3xf32>
      %2 = cim.noise %1 normal 0.25 qs : tensor<16x16x3x3xf32>
      cim.write %2 : tensor<16x16x3x3xf32>
    }
    func.func @main(%x: tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32> {
      %1 = cim.conv %x on @conv1 pads [1, 1, 1, 1]
             : (tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
      return %1 : tensor<1x16x32x32xf32>
    }
    ```

    Why it is so: docs/rationale-cim.md.
  }];
  let useDefaultAttributePrinterParser = 1;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Cim_EnumAttr<EnumInfo enum, string mnemonic> : EnumAttr<Cim_Dialect, enum, mnemonic> {
  let assemblyFormat = "$value";
}

class Cim_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::cim::crossbar";
  let genSpecializedAttr = 0;
}

// passes/analysis/ResidualRoles.h defines them.
def Cim_RoleEnum : Cim_Enum<"Role", "place of a convolution in a residual block", [
  I32EnumAttrCase<"C1", 1>, // identity shortcut, two convolutions: the first
  I32EnumAttrCase<"C2", 2>, // the second
  I32EnumAttrCase<"B1", 3>, // identity shortcut, three convolutions (bottleneck)
  I32EnumAttrCase<"B2", 4>,
  I32EnumAttrCase<"B3", 5>,
  I32EnumAttrCase<"P1", 6>, // the shortcut changes the value: of two or three
  I32EnumAttrCase<"P2", 7>,
  I32EnumAttrCase<"P3", 8>,
  I32EnumAttrCase<"S", 9>,  // the convolution of the shortcut
]>;
def Cim_Role : Cim_EnumAttr<Cim_RoleEnum, "role">;

def Cim_ErrorUnitEnum : Cim_Enum<"ErrorUnit", "unit of an error's size", [
  I32EnumAttrCase<"quantizationStep", 0, "qs">, // quantization steps of the layer
  I32EnumAttrCase<"normalisedScale", 1, "ns">,  // fraction of the weights' range
  I32EnumAttrCase<"absolute", 2, "abs">,        // the weight's own unit
  I32EnumAttrCase<"microsiemens", 3, "uS">,     // conductance
]>;
def Cim_ErrorUnit : Cim_EnumAttr<Cim_ErrorUnitEnum, "unit">;

def Cim_QuantizationModeEnum : Cim_Enum<"QuantizationMode", "where the levels of a quantization lie", [
  I32EnumAttrCase<"minmax", 0>,
  I32EnumAttrCase<"symmetric", 1>,
  I32EnumAttrCase<"percentile", 2>,
  I32EnumAttrCase<"lloyd", 3>,
  I32EnumAttrCase<"levels", 4>,
]>;
def Cim_QuantizationMode : Cim_EnumAttr<Cim_QuantizationModeEnum, "mode">;

def Cim_DistributionEnum : Cim_Enum<"Distribution", "distribution of a random error", [
  I32EnumAttrCase<"normal", 0>,
  I32EnumAttrCase<"uniform", 1>,
  I32EnumAttrCase<"lognormal", 2>,
  I32EnumAttrCase<"laplace", 3>,
  I32EnumAttrCase<"studentT", 4, "student_t">,
  I32EnumAttrCase<"empirical", 5>,
]>;
def Cim_Distribution : Cim_EnumAttr<Cim_DistributionEnum, "distribution">;

def Cim_CellSchemeEnum : Cim_Enum<"CellScheme", "cells that hold one weight", [
  I32EnumAttrCase<"differential", 0>, // two, G+ - G-
  I32EnumAttrCase<"offset", 1>,       // one, against a reference column
]>;
def Cim_CellScheme : Cim_EnumAttr<Cim_CellSchemeEnum, "cells">;

def Cim_InputsEnum : Cim_Enum<"Inputs", "what enters a crossbar", [
  I32EnumAttrCase<"isUnsigned", 0, "unsigned">, // numbers of at least 0
  I32EnumAttrCase<"isSigned", 1, "signed">,
]>;
def Cim_Inputs : Cim_EnumAttr<Cim_InputsEnum, "inputs">;

def Cim_AdcRangeEnum : Cim_Enum<"AdcRange", "where the codes of a converter end", [
  I32EnumAttrCase<"max", 0>,        // the largest partial sum of the calibration
  I32EnumAttrCase<"percentile", 1>, // that percentile of their magnitudes
  I32EnumAttrCase<"fraction", 2>,   // of the worst case
  I32EnumAttrCase<"limits", 3>,     // numbers
]>;
def Cim_AdcRange : Cim_EnumAttr<Cim_AdcRangeEnum, "range">;

//===----------------------------------------------------------------------===//
// Measured facts
//===----------------------------------------------------------------------===//

class Cim_Fact<string name, string mnemonicText> : AttrDef<Cim_Dialect, name> {
  let mnemonic = mnemonicText;
  let genVerifyDecl = 1;
}

def Cim_Number : APFloatParameter<"a number in double precision"> {
  let parser = "::cim::crossbar::parseNumber($_parser)";
  let printer = "$_printer << ::cim::crossbar::decimal($_self.convertToDouble())";
}

def Cim_ToleranceAttr : Cim_Fact<"Tolerance", "tolerance"> {
  let summary = "Accuracy of the network with errors in one layer alone";
  let description = [{
    What `cim tolerance` has measured: `errors`, in the words of the command
    line, in this layer alone, and all other weights exact. `accuracy` is the mean over
    `chips` chips, `exact` the accuracy without any error, both on `images`
    images and both fractions from 0 to 1.

    ```mlir
    #cim.tolerance<"noise normal:0.06ns" accuracy 0.913 of 0.926 chips 10 images 1000>
    ```
  }];
  let parameters = (ins StringRefParameter<"the errors">:$errors, Cim_Number:$accuracy,
                        Cim_Number:$exact, "int64_t":$chips, "int64_t":$images);
  let assemblyFormat = [{
    `<` $errors `accuracy` $accuracy `of` $exact `chips` $chips `images` $images `>`
  }];
}

def Cim_LimitAttr : Cim_Fact<"Limit", "limit"> {
  let summary = "Largest error of one layer that a network stands";
  let description = [{
    What `cim tolerance --threshold` has measured: with errors like `errors` (a
    `*` in the place of the size) in this layer alone, `largest` is the largest
    size at which the accuracy, a mean over chips, is still at least
    `threshold`, a fraction from 0 to 1. It is negative where a negative shift
    grew.

    ```mlir
    #cim.limit<"noise normal:*ns" threshold 0.9 largest 0.085>
    ```
  }];
  let parameters = (ins StringRefParameter<"the form of the errors">:$errors,
                        Cim_Number:$threshold, Cim_Number:$largest);
  let assemblyFormat = [{
    `<` $errors `threshold` $threshold `largest` $largest `>`
  }];
}

#endif // CIM_DIALECTS_CIM_CIMDIALECT_TD
