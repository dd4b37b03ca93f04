//===- CimErrorOps.cpp - Writing weights, and its errors ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is wrong with a layer or an error in it, with the layer's name, the
// numbers and a way out.
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"
#include "dialects/cim/DeviceAttributes.h"
#include "runtime/devices/CheckDevice.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace cim::crossbar {

/// Begins an error about \p operation with the name of its layer.
static InFlightDiagnostic emitLayerError(Operation *operation) {
  InFlightDiagnostic diagnostic = operation->emitOpError();
  if (auto layer = operation->getParentOfType<LayerOp>())
    diagnostic << "in layer '" << layer.getSymName() << "' ";
  return diagnostic;
}

//===----------------------------------------------------------------------===//
// Layer
//===----------------------------------------------------------------------===//

void LayerOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                    int64_t index, int64_t channelAxis, ElementsAttr weights) {
  auto type = cast<RankedTensorType>(weights.getType());
  state.addAttribute(getSymNameAttrName(state.name),
                     builder.getStringAttr(name));
  state.addAttribute(getIndexAttrName(state.name),
                     builder.getI64IntegerAttr(index));
  state.addAttribute(getChannelAxisAttrName(state.name),
                     builder.getI64IntegerAttr(channelAxis));
  state.addAttribute(getTypeAttrName(state.name), TypeAttr::get(type));
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(state.addRegion());
  auto load = LoadOp::create(builder, state.location, type, weights);
  WriteOp::create(builder, state.location, load.getResult());
}

LogicalResult LayerOp::verify() {
  // Coordinates of random numbers have 24 bits for the layer
  // (runtime/random/Coordinates.h).
  constexpr uint64_t largestIndex = (1 << 24) - 1;
  if (getIndex() > largestIndex)
    return emitOpError() << "'" << getSymName()
                         << "' expects an index from 0 to " << largestIndex
                         << ", got " << static_cast<int64_t>(getIndex());
  auto type = cast<RankedTensorType>(getType());
  if (getChannelAxis() >= static_cast<uint64_t>(type.getRank()))
    return emitOpError() << "'" << getSymName()
                         << "' expects a channel_axis that is a dimension of "
                         << type << ", got "
                         << static_cast<int64_t>(getChannelAxis());
  // Two layers of one index would draw the same errors.
  for (Operation *before = (*this)->getPrevNode(); before;
       before = before->getPrevNode())
    if (auto layer = dyn_cast<LayerOp>(before)) {
      // Layers are verified in any order: that one may lack what it needs.
      if (!layer.getProperties().index || !layer.getProperties().sym_name)
        continue;
      if (layer.getIndex() < getIndex())
        break;
      return emitOpError() << "'" << getSymName()
                           << "' expects an index above that of the layer "
                              "before it, "
                           << layer.getIndex() << " of '" << layer.getSymName()
                           << "', got " << getIndex();
    }
  return success();
}

/// Checks that the code of a weight is one that the cells can slice.
static LogicalResult verifySlices(LayerOp layer, MapOp map) {
  if (!map.getCellBits())
    return success();
  bool isOffset = map.getCells() == CellScheme::offset;
  StringRef mode = isOffset ? "minmax" : "symmetric";
  auto quantize = cast_or_null<QuantizeOp>(
      layer.getError(WeightErrorKind::quantize).getOperation());
  if (quantize && stringifyQuantizationMode(quantize.getMode()) == mode &&
      !quantize.getPerChannel())
    return success();
  return emitLayerError(map)
         << "slices weights over " << stringifyCellScheme(map.getCells())
         << " cells of " << *map.getCellBits() << " bits, which needs "
         << "quantization of mode " << mode << " per tensor, but the layer "
         << (quantize ? "has another one" : "has none") << " (--quantize BITS"
         << (isOffset ? "" : ",mode=symmetric") << ")";
}

/// Checks that nothing is in uS where a device describes its cells in another
/// unit, which is then the unit of the window, too.
static LogicalResult verifyUnits(LayerOp layer) {
  auto device = cast_or_null<DeviceOp>(
      layer.getError(WeightErrorKind::device).getOperation());
  if (!device)
    return success();
  auto unit = device.getModel().getAs<StringAttr>("unit");
  if (!unit || unit.getValue() == "uS")
    return success();
  auto fail = [&](Operation *operation) {
    return emitLayerError(operation)
           << "is in uS, but the cells of device '" << device.getDevice()
           << "' are described in " << unit.getValue()
           << "; leave one of the two out";
  };
  for (WeightErrorOpInterface error : layer.getErrors())
    if (error.getErrorUnit() == ErrorUnit::microsiemens)
      return fail(error);
  if (ReadNoiseOp noise = layer.getReadNoise();
      noise && !noise.getWidth().isZero())
    return fail(noise);
  return success();
}

/// The place of what may stand behind the errors of weights: 0 for none.
static int placeBehindErrors(Operation &operation) {
  return llvm::TypeSwitch<Operation *, int>(&operation)
      .Case<MapOp>([](auto) { return 1; })
      .Case<DacOp>([](auto) { return 2; })
      .Case<AdcOp>([](auto) { return 3; })
      .Case<ReadNoiseOp>([](auto) { return 4; })
      .Case<DriftCompensationOp>([](auto) { return 5; })
      .Default([](auto) { return 0; });
}

LogicalResult LayerOp::verifyRegions() {
  Block &block = getBody().front();
  if (block.getNumArguments())
    return emitOpError() << "'" << getSymName()
                         << "' expects a region without arguments";
  auto load = dyn_cast<LoadOp>(block.front());
  if (!load)
    return emitOpError() << "'" << getSymName()
                         << "' expects to begin with cim.load";
  if (load.getType() != getType())
    return emitOpError() << "'" << getSymName() << "' is of type " << getType()
                         << ", but loads " << load.getType();

  Value weights = load.getResult();
  std::optional<WeightErrorKind> last;
  int place = 0;
  for (Operation &operation : llvm::drop_begin(block)) {
    if (isa<WriteOp>(operation)) {
      if (operation.getOperand(0) != weights)
        return operation.emitOpError()
               << "in layer '" << getSymName()
               << "' expects the weights after the last error";
      if (failed(verifyUnits(*this)) ||
          (place > 0 && failed(verifySlices(*this, getMap()))))
        return failure();
      return getAdc() ? verifyAdcOfLayer(*this, getAdc()) : success();
    }
    const int here = placeBehindErrors(operation);
    if (here > 1 && place == 0)
      return emitLayerError(&operation)
             << "needs arrays, which cim.map before it gives (--crossbar RxC)";
    if (here <= place && place > 0)
      return emitLayerError(&operation)
             << "stands after " << operation.getPrevNode()->getName()
             << "; errors come first, then map, dac, adc, read_noise and "
                "drift_compensation, each at most once";
    place = here;
    if (here > 0)
      continue;
    auto error = dyn_cast<WeightErrorOpInterface>(operation);
    if (!error)
      return operation.emitOpError()
             << "is no error of weights; layer '" << getSymName()
             << "' holds cim.load, errors, what cim.map and converters say, "
                "and cim.write only";
    WeightErrorKind kind = error.getErrorKind();
    if (last == kind)
      return emitLayerError(&operation)
             << "repeats " << describe(kind)
             << "; a layer has every error at most once";
    if (last && *last > kind)
      return emitLayerError(&operation)
             << "stands after " << describe(*last)
             << "; the order is quantize, device, noise, verify, correlated, "
                "shift, read_disturb, faults";
    if (error.getWeights() != weights)
      return emitLayerError(&operation)
             << "expects the weights of the operation before it";
    bool quantized = !block.getOps<QuantizeOp>().empty();
    if (error.needsQuantization() && !quantized)
      return emitLayerError(&operation)
             << (kind == WeightErrorKind::faults ? "flips stored bits"
                                                 : "is in qs")
             << ", but the layer's weights are not quantized; quantize them "
                "(--quantize BITS)"
             << (kind == WeightErrorKind::faults ? " or leave out flip"
                                                 : " or give it in ns or abs");
    weights = error.getResult();
    last = kind;
  }
  llvm_unreachable("the block has a terminator, which is handled above");
}

StringRef LayerOp::getRoleName() {
  return getRole() ? stringifyRole(*getRole()) : StringRef();
}

LoadOp LayerOp::getLoad() { return cast<LoadOp>(getBody().front().front()); }

WriteOp LayerOp::getWrite() { return cast<WriteOp>(getBody().front().back()); }

WeightErrorOpInterface LayerOp::getError(WeightErrorKind kind) {
  for (WeightErrorOpInterface error : getErrors())
    if (error.getErrorKind() == kind)
      return error;
  return {};
}

MapOp LayerOp::getMap() {
  auto maps = getBody().getOps<MapOp>();
  return maps.empty() ? MapOp() : *maps.begin();
}

SmallVector<WeightErrorOpInterface> LayerOp::getErrors() {
  return SmallVector<WeightErrorOpInterface>(
      getBody().getOps<WeightErrorOpInterface>());
}

void LayerOp::insertError(
    WeightErrorKind kind,
    llvm::function_ref<Value(OpBuilder &, Value)> create) {
  assert(!getError(kind) && "a layer has at most one error of a kind");
  Value weights = getLoad().getResult();
  for (WeightErrorOpInterface error : getErrors())
    if (error.getErrorKind() < kind)
      weights = error.getResult();
  OpBuilder builder(getContext());
  builder.setInsertionPointAfterValue(weights);
  Value result = create(builder, weights);
  weights.replaceAllUsesExcept(result, result.getDefiningOp());
}

LogicalResult LoadOp::verify() {
  if (getValue().getShapedType() != getType())
    return emitLayerError(*this)
           << "has a value of type " << getValue().getShapedType()
           << " and a result of type " << getType();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(getValue())) {
    // A text may come without its bytes; what is there must be whole.
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    size_t expected = getType().getNumElements() * sizeof(float);
    if (blob && blob->getData().size() != expected)
      return emitLayerError(*this)
             << "expects " << expected << " bytes in resource '"
             << resource.getRawHandle().getKey() << "', got "
             << blob->getData().size();
  } else if (!isa<DenseElementsAttr>(getValue())) {
    return emitLayerError(*this) << "expects a dense or dense_resource value";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

WeightErrorKind QuantizeOp::getErrorKind() { return WeightErrorKind::quantize; }

/// Whether all of \p numbers are finite and none is below the one before it.
static bool isAscending(ArrayRef<double> numbers) {
  return llvm::all_of(numbers, [](double x) { return std::isfinite(x); }) &&
         llvm::is_sorted(numbers);
}

LogicalResult QuantizeOp::verify() {
  constexpr int64_t maximumBits = 16;
  bool codebook = getMode() == QuantizationMode::levels;
  if (codebook != getLevels().has_value())
    return emitLayerError(*this)
           << (codebook ? "has mode levels, but no list of levels"
                        : "has a list of levels, which needs mode levels");
  if (codebook) {
    size_t count = getLevels()->size();
    if (getBits() || getPerChannel())
      return emitLayerError(*this)
             << "has a codebook, which leaves no choice of bits or per_channel";
    if (count < 2 || count > size_t(1) << maximumBits)
      return emitLayerError(*this)
             << "expects 2 to 65536 levels, got " << count;
    if (!isAscending(*getLevels()) ||
        std::adjacent_find(getLevels()->begin(), getLevels()->end()) !=
            getLevels()->end())
      return emitLayerError(*this) << "expects finite, ascending levels";
  } else {
    if (!getBits())
      return emitLayerError(*this)
             << "expects bits in mode " << stringifyQuantizationMode(getMode());
    auto bits = static_cast<int64_t>(*getBits());
    bool symmetric = getMode() == QuantizationMode::symmetric ||
                     getMode() == QuantizationMode::percentile;
    int64_t least = symmetric ? 2 : 1;
    if (bits < least || bits > maximumBits)
      return emitLayerError(*this)
             << "expects " << least << " to " << maximumBits << " bits in mode "
             << stringifyQuantizationMode(getMode()) << ", got " << bits;
  }
  bool percentile = getMode() == QuantizationMode::percentile;
  if (percentile != getPercentile().has_value())
    return emitLayerError(*this)
           << (percentile ? "has mode percentile, but no percentile"
                          : "has a percentile, which needs mode percentile");
  if (percentile) {
    double value = getPercentile()->convertToDouble();
    if (!(value > 0 && value <= 100))
      return emitLayerError(*this)
             << "expects a percentile above 0 and up to 100, got "
             << decimal(value);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Device
//===----------------------------------------------------------------------===//

WeightErrorKind DeviceOp::getErrorKind() { return WeightErrorKind::device; }

LogicalResult DeviceOp::verify() {
  FailureOr<plan::Device> device = decodeDevice(*this);
  if (failed(device))
    return failure();
  for (const std::string &problem :
       {problemOfDevice(*device), problemOfTime(*device)})
    if (!problem.empty())
      return emitLayerError(*this)
             << "has device '" << getDevice() << "': " << problem;
  return success();
}

//===----------------------------------------------------------------------===//
// Noise
//===----------------------------------------------------------------------===//

WeightErrorKind NoiseOp::getErrorKind() { return WeightErrorKind::noise; }

std::optional<ErrorUnit> NoiseOp::getErrorUnit() { return getUnit(); }

/// Checks factors of an error's size at equally spaced levels.
static LogicalResult verifyLevelFactors(Operation *operation,
                                        std::optional<ArrayRef<double>> factors,
                                        bool maybeNegative) {
  if (!factors)
    return success();
  if (factors->empty())
    return emitLayerError(operation) << "has an empty list of level_factors";
  for (double factor : *factors)
    if (!std::isfinite(factor) || (factor < 0 && !maybeNegative))
      return emitLayerError(operation)
             << "expects finite level_factors"
             << (maybeNegative ? "" : " of at least 0") << ", got "
             << decimal(factor);
  return success();
}

LogicalResult NoiseOp::verify() {
  double width = getWidth().convertToDouble();
  if (!std::isfinite(width) || width < 0)
    return emitLayerError(*this)
           << "expects a finite width of at least 0, got " << decimal(width);

  StringRef distribution = stringifyDistribution(getDistribution());
  bool parametric = getDistribution() == Distribution::lognormal ||
                    getDistribution() == Distribution::studentT;
  if (parametric != getParameter().has_value())
    return emitLayerError(*this)
           << "of distribution " << distribution
           << (parametric ? " expects a parameter" : " takes no parameter");
  if (parametric) {
    double parameter = getParameter()->convertToDouble();
    // The grammar's limits, here and below. At more, Student's distribution is
    // the normal one.
    if (getDistribution() == Distribution::studentT &&
        !(parameter > 2 && parameter <= 1e6))
      return emitLayerError(*this)
             << "expects degrees of freedom above 2 (up to 2, the variance is "
                "infinite) and up to 1e6, got "
             << decimal(parameter);
    // Outside of them rounding or rare draws hold all of the variance.
    if (getDistribution() == Distribution::lognormal &&
        !(parameter >= 1e-3 && parameter <= 5))
      return emitLayerError(*this)
             << "expects a shape from 0.001 to 5, got " << decimal(parameter);
  }

  bool empirical = getDistribution() == Distribution::empirical;
  if (empirical != getQuantileProbabilities().has_value() ||
      empirical != getQuantileValues().has_value())
    return emitLayerError(*this)
           << "of distribution " << distribution
           << (empirical ? " expects a cdf" : " takes no cdf");
  if (empirical) {
    ArrayRef<double> probabilities = *getQuantileProbabilities();
    ArrayRef<double> values = *getQuantileValues();
    if (probabilities.size() != values.size() || values.size() < 2)
      return emitLayerError(*this)
             << "expects at least 2 points of the cdf, got "
             << probabilities.size() << " probabilities and " << values.size()
             << " values";
    if (!isAscending(probabilities) || probabilities.front() != 0 ||
        probabilities.back() != 1)
      return emitLayerError(*this)
             << "expects a cdf whose probabilities ascend from 0 to 1";
    if (!isAscending(values))
      return emitLayerError(*this)
             << "expects a cdf of finite values that do not descend";
  }
  return verifyLevelFactors(*this, getLevelFactors(), /*maybeNegative=*/false);
}

//===----------------------------------------------------------------------===//
// Shift and faults
//===----------------------------------------------------------------------===//

WeightErrorKind ShiftOp::getErrorKind() { return WeightErrorKind::shift; }

std::optional<ErrorUnit> ShiftOp::getErrorUnit() { return getUnit(); }

LogicalResult ShiftOp::verify() {
  if (!getAmount().isFinite())
    return emitLayerError(*this) << "expects a finite amount, got "
                                 << decimal(getAmount().convertToDouble());
  return verifyLevelFactors(*this, getLevelFactors(), /*maybeNegative=*/true);
}

WeightErrorKind FaultsOp::getErrorKind() { return WeightErrorKind::faults; }

bool FaultsOp::needsQuantization() { return !getFlip().isZero(); }

LogicalResult FaultsOp::verify() {
  double low = getLow().convertToDouble(), high = getHigh().convertToDouble();
  std::pair<StringRef, double> fractions[] = {
      {"low", low}, {"high", high}, {"flip", getFlip().convertToDouble()}};
  for (auto [name, value] : fractions)
    if (!(value >= 0 && value <= 1))
      return emitLayerError(*this) << "expects a fraction from 0 to 1 for "
                                   << name << ", got " << decimal(value);
  if (low + high > 1)
    return emitLayerError(*this)
           << "expects low and high of at most 1 together, got "
           << decimal(low + high);
  return success();
}

} // namespace cim::crossbar
