//===- SelectLayers.td - select-layers ---------------------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_TD
#define CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_TD

include "mlir/Pass/PassBase.td"

def SelectLayers : Pass<"select-layers", "::mlir::ModuleOp"> {
  let summary = "Choose the layers to retrain and rewrite";
  let description = [{
    Marks the layers that `plan` takes as `selected`, and no others. A plan is a
    comma-separated union, in the words of the command line's `--select`
    (dialects/cim/grammar/LayerSelection.h):

    - by depth: `last:K`, the K layers nearest to the output;
    - by role: `c2:K`, `c1:K`, those of that role among the last K;
    - by measured tolerance (`annotate-tolerance`): `tolerant:K`, the more
      tolerant half of the last K; `tolerant:K:MAXWEIGHTS`, the most tolerant
      of them that fit into a budget of weights to rewrite; all measured with
      the same errors on as many images;
    - by name: patterns as of `--layers`;

    each with a leading `!` to leave those layers. Weights count with the
    biases and the scale and offset of the normalisation that follows
    (passes/analysis/TrainableParameters.h).

    A remark at every layer says why it was taken or left, and one at the module
    how many weights are selected and how deep a backward pass must reach.

    Before:
    ```mlir
    cim.layer @a index 0 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {…}
    cim.layer @b index 1 channel_axis 0 role C2 : tensor<16x16x3x3xf32> {…}
    ```

    After `plan=c2:2`:
    ```mlir
    cim.layer @a index 0 channel_axis 0 role C1 : tensor<16x16x3x3xf32> {…}
    cim.layer @b index 1 channel_axis 0 role C2 selected : tensor<16x16x3x3xf32> {…}
    ```
  }];
  let options = [
    Option<"plan", "plan", "std::string", /*default=*/"",
           "Which layers, as in LayerSelection.h">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_TD
