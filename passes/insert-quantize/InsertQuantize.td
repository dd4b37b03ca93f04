//===- InsertQuantize.td - insert-quantize -----------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_QUANTIZE_INSERTQUANTIZE_TD
#define CIM_PASSES_INSERT_QUANTIZE_INSERTQUANTIZE_TD

include "mlir/Pass/PassBase.td"

def InsertQuantize : Pass<"insert-quantize", "::mlir::ModuleOp"> {
  let summary = "Round the weights of crossbar layers to few levels";
  let description = [{
    Gives every crossbar layer that `layers` selects the quantization that
    `quantize` asks for, in the words of the command line's `--quantize`
    (dialects/cim/grammar). It comes before all other errors of a layer. A layer
    that has quantization already is an error or, with `replace`, gets the new
    one in its place.

    On MLIR's command line, options are separated by spaces; a value that holds
    a space stands in braces: `layers={a b}`.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `quantize=5`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"quantize", "quantize", "std::string", /*default=*/"",
           "BITS[,mode=…][,percentile=P][,per=tensor|channel] or levels=FILE.csv">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get quantization, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_QUANTIZE_INSERTQUANTIZE_TD
