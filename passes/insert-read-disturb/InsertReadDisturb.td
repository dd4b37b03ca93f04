//===- InsertReadDisturb.td - insert-read-disturb ----------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_TD
#define CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_TD

include "mlir/Pass/PassBase.td"

def InsertReadDisturb : Pass<"insert-read-disturb", "::mlir::ModuleOp"> {
  let summary = "Let reads move the cells of crossbar layers";
  let description = [{
    Gives every crossbar layer that `layers` selects the read disturb that `read-disturb` asks for,
    in the words of the command line's `--read-disturb`
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

    After `read-disturb=-1uS,per=1e6,exponent=0.5`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.read_disturb %0 -1.0 uS per 1000000.0 exponent 0.5 : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"readDisturb", "read-disturb", "std::string", /*default=*/"",
           "AMOUNT[,per=READS][,exponent=P][,reads=N], such as -0.5uS,per=1e6">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that are disturbed, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_TD
