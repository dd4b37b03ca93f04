//===- CimCellErrorOps.cpp - What cells do beside writing -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"
#include "dialects/cim/grammar/CellOptions.h"
#include "dialects/cim/grammar/Ranges.h"

using namespace mlir;

namespace cim::crossbar {

/// Begins an error about \p operation with the name of its layer.
static InFlightDiagnostic emitLayerError(Operation *operation) {
  return operation->emitOpError()
         << "in layer '" << operation->getParentOfType<LayerOp>().getSymName()
         << "' ";
}

//===----------------------------------------------------------------------===//
// Write and verify
//===----------------------------------------------------------------------===//

WeightErrorKind VerifyOp::getErrorKind() { return WeightErrorKind::verify; }

std::optional<ErrorUnit> VerifyOp::getErrorUnit() { return getUnit(); }

LogicalResult VerifyOp::verify() {
  const double tolerance = getTolerance().convertToDouble();
  if (!isRange(tolerance))
    return emitLayerError(*this)
           << "expects a tolerance from 1e-30 to 1e30, got "
           << decimal(tolerance);
  if (getUnit() != ErrorUnit::microsiemens)
    return emitLayerError(*this)
           << "verifies cells, so its tolerance is a conductance in uS, not in "
           << stringifyErrorUnit(getUnit());
  const auto pulses = static_cast<int64_t>(getPulses());
  if (pulses < 1 || pulses > WriteVerifyOption::mostPulses)
    return emitLayerError(*this)
           << "expects 1 to " << WriteVerifyOption::mostPulses
           << " pulses, got " << pulses;
  return success();
}

//===----------------------------------------------------------------------===//
// Correlated errors
//===----------------------------------------------------------------------===//

WeightErrorKind CorrelatedOp::getErrorKind() {
  return WeightErrorKind::correlated;
}

std::optional<ErrorUnit> CorrelatedOp::getErrorUnit() { return getUnit(); }

LogicalResult CorrelatedOp::verify() {
  std::pair<StringRef, double> widths[] = {
      {"column", getColumn().convertToDouble()},
      {"array", getArray().convertToDouble()},
      {"die", getDie().convertToDouble()}};
  for (auto [name, width] : widths)
    if (!(width >= 0 && std::isfinite(width)))
      return emitLayerError(*this)
             << "expects a finite width of at least 0 for " << name << ", got "
             << decimal(width);
  if (!getArray().isZero() && getUnit() != ErrorUnit::microsiemens)
    return emitLayerError(*this)
           << "has an error of arrays, which are made of cells; give it in uS";
  return success();
}

//===----------------------------------------------------------------------===//
// Read disturb
//===----------------------------------------------------------------------===//

WeightErrorKind ReadDisturbOp::getErrorKind() {
  return WeightErrorKind::readDisturb;
}

std::optional<ErrorUnit> ReadDisturbOp::getErrorUnit() { return getUnit(); }

LogicalResult ReadDisturbOp::verify() {
  if (!getAmount().isFinite())
    return emitLayerError(*this) << "expects a finite amount, got "
                                 << decimal(getAmount().convertToDouble());
  const double per = getPer().convertToDouble();
  if (!(per > 0 && std::isfinite(per)))
    return emitLayerError(*this)
           << "expects a finite number of reads above 0 for per, got "
           << decimal(per);
  const double exponent = getExponent().convertToDouble();
  if (!(exponent >= 0 && exponent <= 4))
    return emitLayerError(*this)
           << "expects an exponent from 0 to 4, got " << decimal(exponent);
  if (!getReads())
    return success();
  const double reads = getReads()->convertToDouble();
  if (!(reads >= 0 && std::isfinite(reads)))
    return emitLayerError(*this)
           << "expects a finite number of reads of at least 0, got "
           << decimal(reads);
  return success();
}

} // namespace cim::crossbar
