//===- InsertShift.td - insert-shift -----------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_SHIFT_INSERTSHIFT_TD
#define CIM_PASSES_INSERT_SHIFT_INSERTSHIFT_TD

include "mlir/Pass/PassBase.td"

def InsertShift : Pass<"insert-shift", "::mlir::ModuleOp"> {
  let summary = "Move the weights of crossbar layers by the same amount";
  let description = [{
    Gives every crossbar layer that `layers` selects the shift that `shift` asks
    for, in the words of the command line's `--shift` (dialects/cim/grammar). A
    shift in quantization steps (qs) needs quantized weights, so
    `insert-quantize` runs before. A layer that has shift already is an error
    or, with `replace`, gets the new one in its place.

    On MLIR's command line, options are separated by spaces; a value that holds
    a space stands in braces: `layers={a b}`.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x3x3x3xf32>
      cim.write %1 : tensor<16x3x3x3xf32>
    }
    ```

    After `shift=-1/64qs`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x3x3x3xf32>
      %2 = cim.shift %1 -0.015625 qs : tensor<16x3x3x3xf32>
      cim.write %2 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"shift", "shift", "std::string", /*default=*/"",
           "A signed amount with its unit, such as +1/64qs; level=FILE.csv">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get shift, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_SHIFT_INSERTSHIFT_TD
