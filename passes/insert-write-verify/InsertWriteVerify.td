//===- InsertWriteVerify.td - insert-write-verify ----------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_TD
#define CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_TD

include "mlir/Pass/PassBase.td"

def InsertWriteVerify : Pass<"insert-write-verify", "::mlir::ModuleOp"> {
  let summary = "Write the cells of crossbar layers until they are close enough";
  let description = [{
    Gives every crossbar layer that `layers` selects the write-verify that `write-verify` asks for,
    in the words of the command line's `--write-verify`
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

    After `write-verify=1uS,pulses=10`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.verify %0 tolerance 1.0 uS pulses 10 : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"writeVerify", "write-verify", "std::string", /*default=*/"",
           "TOLERANCE[,pulses=N], such as 1uS,pulses=10">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that are verified, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_TD
