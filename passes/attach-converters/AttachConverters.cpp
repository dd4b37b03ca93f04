//===- AttachConverters.cpp - attach-converters ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/attach-converters/AttachConverters.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ConverterOptions.h"
#include "passes/requests/LayerRequests.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_ATTACHCONVERTERS
#include "passes/attach-converters/AttachConverters.h.inc"

namespace {

/// What stands around a layer's arrays so far.
struct Converters {
  DacOption dac;
  AdcOption adc;
  std::optional<MismatchOption> dacMismatch, adcMismatch;
  std::optional<CurrentVoltageCurve> curve;
  std::optional<double> readNoise;
  bool compensatesDrift = false;
  bool isAskedFor = false;
};

/// How the converters of \p operation, a cim.dac or cim.adc, differ.
template <typename Converter>
std::optional<MismatchOption> mismatchOf(Converter operation) {
  const MismatchOption mismatch = {operation.getGain().convertToDouble(),
                                   operation.getOffset().convertToDouble(),
                                   operation.getInl().convertToDouble()};
  if (mismatch.gain == 0 && mismatch.offset == 0 && mismatch.nonlinearity == 0)
    return std::nullopt;
  return mismatch;
}

Converters convertersOf(crossbar::LayerOp layer) {
  using Range = AdcOption::Range;
  static_assert(int(Range::max) == int(crossbar::AdcRange::max) &&
                int(Range::percentile) == int(crossbar::AdcRange::percentile) &&
                int(Range::fraction) == int(crossbar::AdcRange::fraction) &&
                int(Range::limits) == int(crossbar::AdcRange::limits));
  Converters converters;
  if (crossbar::DacOp dac = layer.getDac()) {
    DacOption &option = converters.dac;
    option.bits = dac.getBits();
    if (dac.getRange())
      option.range = dac.getRange()->convertToDouble();
    if (dac.getInputs())
      option.isSigned = *dac.getInputs() == crossbar::Inputs::isSigned;
    option.isSerial = dac.getSerial();
    converters.dacMismatch = mismatchOf(dac);
    if (dac.getCurveInput())
      converters.curve = {dac.getCurveInput()->vec(),
                          dac.getCurveCurrent()->vec()};
  }
  if (crossbar::AdcOp adc = layer.getAdc()) {
    AdcOption &option = converters.adc;
    option.bits = adc.getBits();
    option.range = Range(adc.getRange());
    if (adc.getValue())
      option.value = adc.getValue()->convertToDouble();
    if (adc.getLimits())
      option.limits = adc.getLimits()->vec();
    option.perTile = adc.getPerTile();
    converters.adcMismatch = mismatchOf(adc);
  }
  if (crossbar::ReadNoiseOp noise = layer.getReadNoise())
    converters.readNoise = noise.getWidth().convertToDouble();
  converters.compensatesDrift = bool(layer.getDriftCompensation());
  return converters;
}

struct AttachConverters : impl::AttachConvertersBase<AttachConverters> {
  using AttachConvertersBase::AttachConvertersBase;
  explicit AttachConverters(std::vector<AttachConvertersOptions> requests)
      : requests(std::move(requests)) {}

  void runOnOperation() override {
    layerOps = crossbar::crossbarLayers(getOperation());
    all.clear();
    for (crossbar::LayerOp layer : layerOps)
      all.push_back(convertersOf(layer));
    std::vector<AttachConvertersOptions> asked = requests;
    if (asked.empty())
      asked.push_back({dac, adc, dacMismatch, adcMismatch, currentVoltage,
                       readNoise, driftCompensation, layers});
    for (const AttachConvertersOptions &request : asked)
      if (failed(apply(request)))
        return signalPassFailure();
    for (auto [layer, converters] : llvm::zip_equal(layerOps, all))
      if (converters.isAskedFor && failed(attach(layer, converters)))
        return signalPassFailure();
    warnOfSerialInputs();
  }

  /// Lets \p asked change the converters of the layers that it selects.
  LogicalResult apply(const AttachConvertersOptions &asked) {
    LayerRequest<Converters> request(getOperation().getLoc());
    if (failed(request.set("dac", asked.dac, parseDac, &Converters::dac)) ||
        failed(request.set("adc", asked.adc, parseAdc, &Converters::adc)) ||
        failed(request.set("dac-mismatch", asked.dacMismatch, parseMismatch,
                           &Converters::dacMismatch)) ||
        failed(request.set("adc-mismatch", asked.adcMismatch, parseMismatch,
                           &Converters::adcMismatch)) ||
        failed(request.set("iv", asked.currentVoltage, parseCurrentVoltage,
                           &Converters::curve)) ||
        failed(request.set("read-noise", asked.readNoise, parseReadNoise,
                           &Converters::readNoise)) ||
        failed(request.set("drift-compensation", asked.driftCompensation,
                           parseDriftCompensation,
                           &Converters::compensatesDrift)))
      return failure();
    return request.apply(layerOps, asked.layers, all);
  }

  /// Says which option means nothing without which other one.
  static LogicalResult checkCompany(crossbar::LayerOp layer,
                                    const Converters &converters) {
    auto fail = [&] {
      return emitError(layer.getLoc())
             << "layer '" << layer.getSymName() << "' ";
    };
    if (!layer.getMap())
      return fail() << "stands on no arrays, around which converters could "
                       "stand; put it on crossbars (--crossbar ROWSxCOLUMNS)";
    if (converters.dacMismatch && !converters.dac.bits)
      return fail() << "has ideal converters at its rows, which do not differ: "
                       "dac-mismatch has no effect; give it DACs (--dac BITS)";
    if (converters.adcMismatch && !converters.adc.bits)
      return fail() << "has ideal converters, which do not differ: "
                       "adc-mismatch has no effect; give it an ADC (--adc "
                       "BITS)";
    if (converters.curve && !converters.dac.bits)
      return fail() << "has no DAC, whose range the curve of its cells (--iv) "
                       "is about; give it one (--dac BITS)";
    if (converters.curve && converters.dac.isSerial)
      return fail() << "has serial inputs, all at full drive, which never see "
                       "the curve of its cells: leave out --iv or mode=serial";
    return success();
  }

  /// Says so, once, when the bits of inputs come one by one in vain.
  void warnOfSerialInputs() {
    for (auto [layer, converters] : llvm::zip_equal(layerOps, all))
      if (converters.isAskedFor && converters.dac.isSerial &&
          !converters.adc.bits && converters.readNoise.value_or(0) == 0) {
        emitWarning(layer.getLoc())
            << "layer '" << layer.getSymName()
            << "' has serial inputs without an ADC or read noise: the sum over "
               "their bits is what parallel ones give";
        return;
      }
  }

  LogicalResult attach(crossbar::LayerOp layer, const Converters &converters) {
    if (failed(checkCompany(layer, converters)))
      return failure();
    for (Operation *former :
         {layer.getDac().getOperation(), layer.getAdc().getOperation(),
          layer.getReadNoise().getOperation(),
          layer.getDriftCompensation().getOperation()})
      if (former)
        former->erase();
    OpBuilder builder(layer.getWrite());
    auto flag = [&](bool set) { return set ? builder.getUnitAttr() : nullptr; };
    auto numbers = [&](const std::vector<double> &values) {
      return values.empty() ? nullptr : builder.getDenseF64ArrayAttr(values);
    };
    if (const DacOption &option = converters.dac; option.bits) {
      const CurrentVoltageCurve curve =
          converters.curve.value_or(CurrentVoltageCurve());
      const MismatchOption mismatch =
          converters.dacMismatch.value_or(MismatchOption());
      crossbar::DacOp::create(
          builder, layer.getLoc(), builder.getI64IntegerAttr(option.bits),
          option.range ? builder.getF64FloatAttr(*option.range) : nullptr,
          option.isSigned
              ? crossbar::InputsAttr::get(&getContext(),
                                          crossbar::Inputs(*option.isSigned))
              : nullptr,
          flag(option.isSerial), numbers(curve.current), numbers(curve.input),
          builder.getF64FloatAttr(mismatch.gain),
          builder.getF64FloatAttr(mismatch.offset),
          builder.getF64FloatAttr(mismatch.nonlinearity));
    }
    if (const AdcOption &option = converters.adc; option.bits) {
      const bool hasValue = option.range == AdcOption::Range::percentile ||
                            option.range == AdcOption::Range::fraction;
      const MismatchOption mismatch =
          converters.adcMismatch.value_or(MismatchOption());
      crossbar::AdcOp::create(
          builder, layer.getLoc(), builder.getI64IntegerAttr(option.bits),
          crossbar::AdcRangeAttr::get(&getContext(),
                                      crossbar::AdcRange(option.range)),
          hasValue ? builder.getF64FloatAttr(option.value) : nullptr,
          numbers(option.limits), flag(option.perTile),
          builder.getF64FloatAttr(mismatch.gain),
          builder.getF64FloatAttr(mismatch.offset),
          builder.getF64FloatAttr(mismatch.nonlinearity));
    }
    if (converters.readNoise)
      crossbar::ReadNoiseOp::create(
          builder, layer.getLoc(),
          builder.getF64FloatAttr(*converters.readNoise));
    if (converters.compensatesDrift)
      crossbar::DriftCompensationOp::create(builder, layer.getLoc());
    return success();
  }

  std::vector<AttachConvertersOptions> requests;
  SmallVector<crossbar::LayerOp> layerOps;
  std::vector<Converters> all;
};
} // namespace

std::unique_ptr<Pass>
createAttachConverters(std::vector<AttachConvertersOptions> requests) {
  return std::make_unique<AttachConverters>(std::move(requests));
}
} // namespace cim
