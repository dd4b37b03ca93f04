//===- InsertFaults.td - insert-faults ---------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_FAULTS_INSERTFAULTS_TD
#define CIM_PASSES_INSERT_FAULTS_INSERTFAULTS_TD

include "mlir/Pass/PassBase.td"

def InsertFaults : Pass<"insert-faults", "::mlir::ModuleOp"> {
  let summary = "Give crossbar layers stuck cells and flipped bits";
  let description = [{
    Gives every crossbar layer that `layers` selects the faults that `faults`
    asks for, in the words of the command line's `--faults`
    (dialects/cim/grammar). Flipped bits need quantized weights, so
    `insert-quantize` runs before. A layer that has faults already is an error
    or, with `replace`, gets the new one in its place.

    On MLIR's command line, options are separated by spaces; a value that holds
    a space stands in braces: `layers={a b}`.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `faults=low=0.001,high=0.002`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.faults %0 low 0.001 high 0.002 : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"faults", "faults", "std::string", /*default=*/"",
           "low=P,high=P,flip=P: fractions of cells">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get faults, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_FAULTS_INSERTFAULTS_TD
