//===- CimFacts.cpp - Measured facts about layers -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"

using namespace mlir;
using llvm::APFloat;

namespace cim::crossbar {

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

static LogicalResult verifyFraction(EmitError emitError, StringRef fact,
                                    StringRef what, const APFloat &value) {
  const double number = value.convertToDouble();
  if (number >= 0 && number <= 1)
    return success();
  return emitError() << fact << " expects " << what
                     << " to be a fraction from 0 to 1, got "
                     << decimal(number);
}

LogicalResult ToleranceAttr::verify(EmitError emitError, StringRef errors,
                                    APFloat accuracy, APFloat exact,
                                    int64_t chips, int64_t images) {
  if (failed(verifyFraction(emitError, "tolerance", "accuracy", accuracy)) ||
      failed(
          verifyFraction(emitError, "tolerance", "the exact accuracy", exact)))
    return failure();
  if (chips < 1 || images < 1)
    return emitError() << "tolerance expects at least 1 chip and 1 image, got "
                       << chips << " chips and " << images << " images";
  return success();
}

std::string measurementOf(ToleranceAttr tolerance) {
  return tolerance.getErrors().str() + " on " +
         std::to_string(tolerance.getImages()) + " images, " +
         decimal(tolerance.getExact().convertToDouble()) + " without errors";
}

LogicalResult LimitAttr::verify(EmitError emitError, StringRef errors,
                                APFloat threshold, APFloat largest) {
  if (failed(verifyFraction(emitError, "limit", "threshold", threshold)))
    return failure();
  if (!largest.isFinite())
    return emitError() << "limit expects a finite size, got "
                       << decimal(largest.convertToDouble());
  return success();
}

} // namespace cim::crossbar
