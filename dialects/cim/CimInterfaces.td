//===- CimInterfaces.td - Interfaces of cim operations ------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMINTERFACES_TD
#define CIM_DIALECTS_CIM_CIMINTERFACES_TD

include "mlir/IR/OpBase.td"

def WeightErrorOpInterface : OpInterface<"WeightErrorOpInterface"> {
  let cppNamespace = "::cim::crossbar";
  let description = [{
    A link in the chain from a layer's float weights to the weights that a chip
    holds: one operand, one result of the same type. The order of the chain is
    that of `WeightErrorKind`, with at most one link of a kind, which the
    enclosing layer verifies. A new kind of error takes its place there; what it
    does is written in the plan (compiler/LowerToPlan.cpp) and in
    runtime/programming.
  }];
  let methods = [
    InterfaceMethod<"Which error it is, and so its place in the chain.",
      "::cim::crossbar::WeightErrorKind", "getErrorKind">,
    InterfaceMethod<"The weights that come in.",
      "::mlir::TypedValue<::mlir::RankedTensorType>", "getWeights">,
    InterfaceMethod<"The weights that leave.",
      "::mlir::TypedValue<::mlir::RankedTensorType>", "getResult">,
    InterfaceMethod<"The unit in which its size is given, if it has one.",
      "::std::optional<::cim::crossbar::ErrorUnit>", "getErrorUnit", (ins),
      /*methodBody=*/"", /*defaultImplementation=*/"return ::std::nullopt;">,
    InterfaceMethod<"Whether it means something for quantized weights only.",
      "bool", "needsQuantization", (ins), /*methodBody=*/"",
      /*defaultImplementation=*/[{
        return $_op.getErrorUnit() == ::cim::crossbar::ErrorUnit::quantizationStep;
      }]>,
  ];
}

def CrossbarOpInterface : OpInterface<"CrossbarOpInterface"> {
  let cppNamespace = "::cim::crossbar";
  let description = [{
    A computation whose weights stand on crossbars: `cim.conv`, `cim.gemm`,
    `cim.matmul`. Each is an `nn` operation with its weight operand replaced by
    a layer's symbol.
  }];
  let methods = [
    InterfaceMethod<"The layer's symbol.",
      "::mlir::FlatSymbolRefAttr", "getLayerAttr">,
    InterfaceMethod<"What leaves it.",
      "::mlir::TypedValue<::mlir::RankedTensorType>", "getResult">,
    InterfaceMethod<[{
      Multiply-accumulates of one call, with weights of type `weights`.
    }], "uint64_t", "countMultiplyAccumulates",
      (ins "::mlir::RankedTensorType":$weights)>,
  ];
}

#endif // CIM_DIALECTS_CIM_CIMINTERFACES_TD
