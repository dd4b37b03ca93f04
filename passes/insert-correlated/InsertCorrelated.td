//===- InsertCorrelated.td - insert-correlated -------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_TD
#define CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_TD

include "mlir/Pass/PassBase.td"

def InsertCorrelated : Pass<"insert-correlated", "::mlir::ModuleOp"> {
  let summary = "Add errors that cells of crossbar layers have in common";
  let description = [{
    Gives every crossbar layer that `layers` selects the correlated errors that `correlated` asks
    for, in the words of the command line's `--correlated`
    (dialects/cim/grammar/CellOptions.h). A
    layer that has such already is an error or, with `replace`, gets the new one
    in its place. What is in uS needs the conductances that `map-to-crossbars`
    gives; whether a layer has them is asked when the plan is made.

    On MLIR's command line, options are separated by spaces; a value that holds
    a space stands in braces: `layers={a b}`.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `correlated=column=0.5uS,die=1uS`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.correlated %0 column 0.5 die 1.0 uS : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"correlated", "correlated", "std::string", /*default=*/"",
           "column=WIDTH,array=WIDTH,die=WIDTH, any of them, such as column=0.5uS">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get correlated errors, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_TD
