//===- MapToCrossbars.td - map-to-crossbars ----------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_MAP_TO_CROSSBARS_MAPTOCROSSBARS_TD
#define CIM_PASSES_MAP_TO_CROSSBARS_MAPTOCROSSBARS_TD

include "mlir/Pass/PassBase.td"

def MapToCrossbars : Pass<"map-to-crossbars", "::mlir::ModuleOp"> {
  let summary = "Put the weights of crossbar layers onto arrays of cells";
  let description = [{
    Gives every crossbar layer that `layers` selects a `cim.map`, in the words of
    the command line (dialects/cim/grammar/CrossbarOptions.h). The layer's matrix
    and groups follow from its weights and from the operations that use it, which
    must agree. A layer that stands on arrays already keeps what no option names.

    With `packing=dense`, as many whole groups of a grouped or depthwise
    convolution as fit share an array along its diagonal. The mapping keeps how
    many do, and a layer in which some do stays packed on other arrays. One in
    which none fit says nothing of packing: where larger arrays follow, it has
    to be asked for again.

    On MLIR's command line, options are separated by spaces; a value that holds
    a space stands in braces: `layers={a b}`.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```

    After `crossbar=128x128`:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {
      %0 = cim.load dense_resource<conv1.weight> : tensor<16x3x3x3xf32>
      cim.map 27 x 16 onto 128 x 128 cells differential window 0.0 to 100.0
      cim.write %0 : tensor<16x3x3x3xf32>
    }
    ```
  }];
  let options = [
    Option<"crossbar", "crossbar", "std::string", /*default=*/"",
           "ROWSxCOLUMNS of an array">,
    Option<"cells", "cells", "std::string", /*default=*/"",
           "differential (the default), or offset[,reference=ideal]">,
    Option<"conductance", "conductance", "std::string", /*default=*/"",
           "GMIN:GMAX[,clip], the window in uS; 0:100 by default">,
    Option<"cellBits", "cell-bits", "std::string", /*default=*/"",
           "Bits that a cell stores; by default, a cell is analogue">,
    Option<"wireResistance", "wire-resistance", "std::string", /*default=*/"",
           "OHM per segment of wire, and any of ,row=OHM ,column=OHM "
           ",drive=one|both ,mode=exact|first-order; 0 takes wires away">,
    Option<"packing", "packing", "std::string", /*default=*/"",
           "naive (the default) or dense">,
    Option<"layers", "layers", "std::string", /*default=*/"\"*\"",
           "The layers that are mapped, as in LayerPattern.h">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_MAP_TO_CROSSBARS_MAPTOCROSSBARS_TD
