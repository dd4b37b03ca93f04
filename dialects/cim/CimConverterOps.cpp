//===- CimConverterOps.cpp - Around a layer's arrays ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"
#include "dialects/cim/grammar/Ranges.h"

using namespace mlir;

namespace cim::crossbar {

/// Begins an error about \p operation with the name of its layer.
static InFlightDiagnostic emitLayerError(Operation *operation) {
  return operation->emitOpError()
         << "in layer '" << operation->getParentOfType<LayerOp>().getSymName()
         << "' ";
}

static LogicalResult verifyBits(Operation *converter, uint64_t value,
                                int64_t least) {
  constexpr int64_t most = 16;
  const auto bits = static_cast<int64_t>(value);
  if (bits >= least && bits <= most)
    return success();
  return emitLayerError(converter)
         << "expects " << least << " to " << most << " bits, got " << bits;
}

static bool isFraction(double number) { return number > 0 && number <= 1; }

//===----------------------------------------------------------------------===//
// DAC
//===----------------------------------------------------------------------===//

static LogicalResult verifyCurve(DacOp dac) {
  if (dac.getCurveCurrent().has_value() != dac.getCurveInput().has_value())
    return emitLayerError(dac) << "has half of a curve";
  if (!dac.getCurveInput())
    return success();
  ArrayRef<double> input = *dac.getCurveInput();
  ArrayRef<double> current = *dac.getCurveCurrent();
  if (dac.getSerial())
    return emitLayerError(dac)
           << "has a curve, which serial inputs, all at full drive, never see";
  if (input.size() != current.size() || input.size() < 2)
    return emitLayerError(dac)
           << "expects a curve of two points or more, got " << input.size()
           << " inputs and " << current.size() << " currents";
  bool hasOrigin = false;
  for (size_t i = 0; i < input.size(); ++i) {
    if (!std::isfinite(input[i]) || (i > 0 && !(input[i - 1] < input[i])))
      return emitLayerError(dac) << "expects a curve with ascending inputs";
    if (!(std::abs(current[i]) <= largestSingle))
      return emitLayerError(dac) << "expects a curve of currents up to 1e30, "
                                    "of either sign, got "
                                 << decimal(current[i]);
    hasOrigin |= input[i] == 0 && current[i] == 0;
  }
  if (!hasOrigin || input.back() != 1 ||
      (input.front() != 0 && input.front() != -1))
    return emitLayerError(dac)
           << "expects a curve from input 0 or -1 to 1, through 0 at 0";
  return success();
}

/// Checks the standard deviations of converters over a chip.
static LogicalResult verifyMismatch(Operation *converter,
                                    ArrayRef<APFloat> widths) {
  for (const APFloat &width : widths) {
    const double number = width.convertToDouble();
    if (!(number >= 0 && number <= 65536))
      return emitLayerError(converter)
             << "expects a mismatch from 0 to 65536, got " << decimal(number);
  }
  return success();
}

/// Checks that what differs from DAC to DAC has a meaning for its inputs.
static LogicalResult verifyMismatch(DacOp dac) {
  if (failed(
          verifyMismatch(dac, {dac.getGain(), dac.getOffset(), dac.getInl()})))
    return failure();
  const bool hasSteps = !dac.getOffset().isZero() || !dac.getInl().isZero();
  if (hasSteps && dac.getSerial())
    return emitLayerError(dac)
           << "has a mismatch in steps, but serial inputs have two levels: "
              "their converters differ in gain only (--dac-mismatch gain=S)";
  if ((hasSteps || !dac.getGain().isZero()) && dac.getCurveInput())
    return emitLayerError(dac)
           << "has a mismatch and a curve, which would bend what each "
              "converter gives in its own way; leave out --dac-mismatch or "
              "--iv";
  return success();
}

LogicalResult DacOp::verify() {
  if (failed(verifyBits(*this, getBits(), 1)))
    return failure();
  if (getBits() == 1 && getInputs() == Inputs::isSigned)
    return emitLayerError(*this)
           << "has one bit, which has no place for the sign of its inputs";
  if (getRange() && !isRange(getRange()->convertToDouble()))
    return emitLayerError(*this) << "expects a range from 1e-30 to 1e30, got "
                                 << decimal(getRange()->convertToDouble());
  return failed(verifyCurve(*this)) ? failure() : verifyMismatch(*this);
}

//===----------------------------------------------------------------------===//
// ADC
//===----------------------------------------------------------------------===//

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// How many limits the converters of \p layer have.
static int64_t countLimits(LayerOp layer, bool perTile) {
  MapOp map = layer.getMap();
  int64_t slices = layer.countSlices();
  if (!perTile)
    return slices;
  return slices * divideUp(map.getRows(), map.getArrayRows()) *
         divideUp(map.getColumns(), map.getArrayColumns());
}

static LogicalResult verifyRange(AdcOp adc) {
  const double value = adc.getValue() ? adc.getValue()->convertToDouble() : 0;
  switch (adc.getRange()) {
  case AdcRange::max:
    break;
  case AdcRange::percentile:
    if (!(value > 0 && value <= 100))
      return emitLayerError(adc)
             << "expects a percentile above 0 and up to 100, got "
             << decimal(value);
    break;
  case AdcRange::fraction:
    if (!isFraction(value))
      return emitLayerError(adc)
             << "expects a fraction above 0 and up to 1, got "
             << decimal(value);
    break;
  case AdcRange::limits:
    if (!adc.getLimits() || !llvm::all_of(*adc.getLimits(), isRange))
      return emitLayerError(adc) << "expects limits from 1e-30 to 1e30";
    break;
  }
  if (adc.getLimits().has_value() != (adc.getRange() == AdcRange::limits) ||
      adc.getValue().has_value() != (adc.getRange() == AdcRange::percentile ||
                                     adc.getRange() == AdcRange::fraction))
    return emitLayerError(adc) << "has numbers that do not belong to its range "
                               << stringifyAdcRange(adc.getRange());
  return success();
}

LogicalResult AdcOp::verify() {
  if (failed(verifyBits(*this, getBits(), 2)) || failed(verifyRange(*this)))
    return failure();
  return verifyMismatch(*this, {getGain(), getOffset(), getInl()});
}

/// Checks what depends on the whole layer; \p layer is mapped.
LogicalResult verifyAdcOfLayer(LayerOp layer, AdcOp adc) {
  if (!adc.getLimits())
    return success();
  const auto count = int64_t(adc.getLimits()->size());
  const int64_t expected = countLimits(layer, adc.getPerTile());
  if (count == expected)
    return success();
  return emitLayerError(adc)
         << "has " << count << (count == 1 ? " limit" : " limits")
         << ", but its converters need " << expected << ", one for every slice"
         << (adc.getPerTile() ? ", row tile and column tile" : "");
}

//===----------------------------------------------------------------------===//
// Read noise, and the layer
//===----------------------------------------------------------------------===//

LogicalResult ReadNoiseOp::verify() {
  const double width = getWidth().convertToDouble();
  if (width >= 0 && width <= 1e6)
    return success();
  return emitLayerError(*this)
         << "expects a standard deviation from 0 to 1e6 uS, got "
         << decimal(width);
}

LogicalResult DriftCompensationOp::verify() {
  auto layer = (*this)->getParentOfType<LayerOp>();
  if (layer.getError(WeightErrorKind::device))
    return success();
  return emitLayerError(*this)
         << "has nothing to compensate: no device that its cells follow "
            "(--device NAME)";
}

/// The operation of \p layer's body of a kind of which there is at most one.
template <typename Op> static Op only(LayerOp layer) {
  auto operations = layer.getBody().getOps<Op>();
  return operations.empty() ? Op() : *operations.begin();
}

DacOp LayerOp::getDac() { return only<DacOp>(*this); }
AdcOp LayerOp::getAdc() { return only<AdcOp>(*this); }
ReadNoiseOp LayerOp::getReadNoise() { return only<ReadNoiseOp>(*this); }
DriftCompensationOp LayerOp::getDriftCompensation() {
  return only<DriftCompensationOp>(*this);
}

int64_t LayerOp::countSlices() {
  MapOp map = getMap();
  auto quantize = dyn_cast_or_null<QuantizeOp>(
      getError(WeightErrorKind::quantize).getOperation());
  if (!map.getCellBits() || !quantize || !quantize.getBits())
    return 1;
  // The sign of a differential weight is the pair's.
  int64_t bits = *quantize.getBits() -
                 (map.getCells() == CellScheme::differential ? 1 : 0);
  return divideUp(bits, *map.getCellBits());
}

} // namespace cim::crossbar
