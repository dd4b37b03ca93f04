//===- InsertNoise.td - insert-noise -----------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_NOISE_INSERTNOISE_TD
#define CIM_PASSES_INSERT_NOISE_INSERTNOISE_TD

include "mlir/Pass/PassBase.td"

def InsertNoise : Pass<"insert-noise", "::mlir::ModuleOp"> {
  let summary = "Add random errors to the weights of crossbar layers";
  let description = [{
    Gives every crossbar layer that `layers` selects the noise that `noise` asks
    for, in the words of the command line's `--noise` (dialects/cim/grammar).
    Noise in quantization steps (qs) needs quantized weights, so
    `insert-quantize` runs before. A layer that has noise already is an error
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

    After `noise=normal:0.25qs`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      %1 = cim.quantize %0 bits 5 mode minmax : tensor<16x3x3x3xf32>
      %2 = cim.noise %1 normal 0.25 qs : tensor<16x3x3x3xf32>
      cim.write %2 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"noise", "noise", "std::string", /*default=*/"",
           "DISTRIBUTION:WIDTH[,PARAMETER=V], such as normal:0.25qs">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that get noise, as in LayerPattern.h">,
    Option<"replace", "replace", "bool", /*default=*/"false",
           "Let it take the place of what a layer has already">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_INSERT_NOISE_INSERTNOISE_TD
