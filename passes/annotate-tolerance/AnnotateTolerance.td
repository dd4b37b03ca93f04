//===- AnnotateTolerance.td - annotate-tolerance -----------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_TD
#define CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_TD

include "mlir/Pass/PassBase.td"

def AnnotateTolerance : Pass<"annotate-tolerance", "::mlir::ModuleOp"> {
  let summary = "Write the measured tolerance of layers into the module";
  let description = [{
    Reads the JSON document of `cim tolerance --json` and gives every layer that
    it names what was measured there: the attribute `tolerance`, and `limit`
    where a threshold was asked for. They take the place of former ones; layers
    that the document does not name keep theirs. A layer that the module has
    not, or has with another number of weights, is an error: the document is of
    another network.

    Before:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0 : tensor<16x3x3x3xf32> {…}
    ```

    After:
    ```mlir
    cim.layer @conv1 index 0 channel_axis 0
        tolerance<"noise normal:0.06ns" accuracy 0.913 of 0.926 chips 10 images 1000>
        limit<"noise normal:*ns" threshold 0.9 largest 0.085> : tensor<16x3x3x3xf32> {…}
    ```
  }];
  let options = [
    Option<"document", "document", "std::string", /*default=*/"",
           "The JSON document of cim tolerance">,
  ];
  let dependentDialects = ["::cim::crossbar::CimDialect"];
}

#endif // CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_TD
