//===- CimDialect.cpp - The cim dialect -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/cim/CimDialect.cpp.inc"
#include "dialects/cim/CimEnums.cpp.inc"
#include "dialects/cim/CimInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/cim/CimAttributes.cpp.inc"

namespace cim::crossbar {

void CimDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/cim/CimAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/cim/CimOps.cpp.inc"
      >();
}

llvm::StringRef describe(WeightErrorKind kind) {
  switch (kind) {
  case WeightErrorKind::quantize:
    return "quantization";
  case WeightErrorKind::device:
    return "device";
  case WeightErrorKind::noise:
    return "noise";
  case WeightErrorKind::verify:
    return "write-verify";
  case WeightErrorKind::correlated:
    return "correlated errors";
  case WeightErrorKind::shift:
    return "shift";
  case WeightErrorKind::readDisturb:
    return "read disturb";
  case WeightErrorKind::faults:
    return "faults";
  }
  llvm_unreachable("a kind of weight error without a name");
}

llvm::SmallVector<LayerOp> crossbarLayers(ModuleOp module) {
  // Their order in the module is that of their index (LayerOp::verify).
  return llvm::SmallVector<LayerOp>(module.getOps<LayerOp>());
}

} // namespace cim::crossbar
