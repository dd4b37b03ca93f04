//===- NNInterfaces.td - Interfaces of nn operations --------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNINTERFACES_TD
#define CIM_DIALECTS_NN_NNINTERFACES_TD

include "mlir/IR/OpBase.td"

def ImageWiseOpInterface : OpInterface<"ImageWiseOpInterface"> {
  let cppNamespace = "::cim::nn";
  let description = [{
    An operation that can say whether it keeps images apart. The IR describes
    one image; dimension 0 of a value that depends on the input is the image,
    of extent 1. An operation is image-wise when running it on N images stacked
    along dimension 0 gives the N single results, stacked along dimension 0.
  }];
  let methods = [
    InterfaceMethod<[{
      Whether the operation is image-wise. `perImage` says for every operand
      whether it depends on the image (then its dimension 0 is the image) or is
      the same for all images. At least one operand depends on the image.
    }], "bool", "isImageWise", (ins "::llvm::ArrayRef<bool>":$perImage)>,
  ];
}

#endif // CIM_DIALECTS_NN_NNINTERFACES_TD
