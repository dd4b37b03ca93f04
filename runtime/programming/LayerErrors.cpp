//===- LayerErrors.cpp - Whether a layer's errors can be applied ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/LayerErrors.h"
#include "dialects/cim/grammar/Ranges.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/programming/Draws.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cmath>

using namespace cim;

namespace {

/// Larger magnitudes would overflow single precision.
constexpr double LargestNumber = 1e30;

/// In ohm, per segment.
constexpr double LargestResistance = 1e9;

bool isFinite(double value) { return std::abs(value) <= LargestNumber; }

template <typename Values> bool areFinite(const Values &values) {
  return std::all_of(values.begin(), values.end(), isFinite);
}

template <typename Values> bool isAscending(const Values &values) {
  return std::is_sorted(values.begin(), values.end());
}

struct LayerCheck {
  const plan::Layer &layer;

  void require(bool condition, const std::string &problem) const {
    if (!condition)
      throw InputError("layer '" + layer.name() + "': " + problem);
  }

  /// \p isOfCells: no other unit than uS has a meaning for it.
  void unit(plan::Unit unit, const char *what, bool isOfCells = false) const {
    require(plan::Unit_IsValid(unit), std::string(what) + " has no known unit");
    require(unit != plan::QUANTIZATION_STEP || layer.has_quantize(),
            std::string(what) +
                " in qs needs quantization; add --quantize, or use ns or abs");
    require(unit != plan::MICROSIEMENS || layer.has_crossbar(),
            std::string(what) + " in uS needs a crossbar; " +
                (isOfCells ? "put the layer on one (--crossbar RxC)"
                           : "use qs, ns or abs without one"));
    require(unit != plan::MICROSIEMENS || !layer.has_device() ||
                layer.device().unit() == "uS",
            std::string(what) + " is in uS, but the cells of device '" +
                layer.device().name() + "' are described in " +
                layer.device().unit() + "; " +
                (isOfCells ? "leave one of the two out" : "use qs, ns or abs"));
  }

  void quantize() const {
    const plan::Quantize &quantize = layer.quantize();
    require(plan::Quantize::Mode_IsValid(quantize.mode()),
            "quantize has no known mode");
    if (quantize.mode() == plan::Quantize::LEVELS) {
      const auto &levels = quantize.levels();
      require(levels.size() >= 2 && levels.size() <= 65536 &&
                  areFinite(levels) && isAscending(levels),
              "quantize needs 2 to 65536 finite levels in ascending order");
      return;
    }
    bool hasZero = quantize.mode() == plan::Quantize::SYMMETRIC ||
                   quantize.mode() == plan::Quantize::PERCENTILE;
    require(quantize.bits() >= (hasZero ? 2 : 1) && quantize.bits() <= 16,
            hasZero ? "symmetric quantization needs 2 to 16 bits"
                    : "quantize needs 1 to 16 bits");
    require(quantize.mode() != plan::Quantize::PERCENTILE ||
                (quantize.percentile() > 0 && quantize.percentile() <= 100),
            "quantize needs a percentile above 0 and at most 100");
    require(!quantize.per_channel() ||
                int(layer.channel_axis()) < layer.shape_size(),
            "the channel axis is not a dimension of the weights");
  }

  void noise() const {
    const plan::Noise &noise = layer.noise();
    require(isFinite(noise.width()) && noise.width() >= 0,
            "noise needs a finite width, at least 0");
    unit(noise.unit(), "noise");
    require(areFinite(noise.level_factor()) &&
                std::all_of(noise.level_factor().begin(),
                            noise.level_factor().end(),
                            [](double factor) { return factor >= 0; }),
            "noise needs finite factors, at least 0, of its width per level");
    switch (noise.distribution()) {
    case plan::Noise::NORMAL:
    case plan::Noise::UNIFORM:
    case plan::Noise::LAPLACE:
      return;
    case plan::Noise::LOGNORMAL:
      return require(noise.parameter() >= 1e-3 && noise.parameter() <= 5,
                     "lognormal noise needs a shape from 0.001 to 5");
    case plan::Noise::STUDENT_T:
      return require(noise.parameter() > 2 && noise.parameter() <= 1e6,
                     "student-t noise needs degrees of freedom above 2 and at "
                     "most 1000000");
    case plan::Noise::EMPIRICAL: {
      const auto &probability = noise.quantile_probability();
      const auto &value = noise.quantile_value();
      return require(
          probability.size() >= 2 && probability.size() == value.size() &&
              areFinite(probability) && areFinite(value) &&
              probability[0] == 0 && probability[probability.size() - 1] == 1 &&
              isAscending(probability) && isAscending(value),
          "empirical noise needs a cumulative distribution from 0 "
          "to 1, not descending");
    }
    default:
      require(false, "noise has no known distribution");
    }
  }

  void shift() const {
    require(isFinite(layer.shift().amount()) &&
                areFinite(layer.shift().level_factor()),
            "shift needs a finite amount and finite factors per level");
    unit(layer.shift().unit(), "shift");
  }

  void crossbar() const {
    const plan::Crossbar &crossbar = layer.crossbar();
    require(plan::Crossbar::Cells_IsValid(crossbar.cells()),
            "its crossbar has no known kind of cells");
    require(
        isWindow(crossbar.lowest_conductance(), crossbar.highest_conductance()),
        "its conductance window must ascend, by a millionth and 1e-30 at "
        "least, from at least 0 to at most 1e15");
    int64_t channels = int(layer.channel_axis()) < layer.shape_size()
                           ? layer.shape(layer.channel_axis())
                           : 0;
    require(channels > 0 && crossbar.groups() > 0 &&
                channels % crossbar.groups() == 0,
            "its crossbar needs output channels, the same number in each "
            "group");
    if (crossbar.has_wires())
      wires();
    if (crossbar.cell_bits() == 0)
      return;
    auto mode = crossbar.cells() == plan::Crossbar::DIFFERENTIAL
                    ? plan::Quantize::SYMMETRIC
                    : plan::Quantize::MINMAX;
    require(crossbar.cell_bits() <= 16 && layer.has_quantize() &&
                layer.quantize().mode() == mode &&
                !layer.quantize().per_channel(),
            std::string("cells of some bits each (at most 16) slice codes of "
                        "quantized weights; quantize with mode=") +
                (mode == plan::Quantize::MINMAX ? "minmax" : "symmetric") +
                ", per tensor");
  }

  void wires() const {
    const plan::Crossbar &crossbar = layer.crossbar();
    for (double ohm : {crossbar.wires().row(), crossbar.wires().column()})
      require(ohm >= 0 && ohm <= LargestResistance,
              "wires need resistances of 0 to 1e9 ohm");
    require(!layer.has_device() || layer.device().unit() == "uS",
            "wires have a resistance in ohm, but the cells of device '" +
                layer.device().name() + "' are described in " +
                layer.device().unit());
    int64_t weights = 1;
    for (int64_t extent : layer.shape())
      weights *= extent;
    require(crossbar.array_rows() > 0 && crossbar.array_columns() > 0 &&
                int64_t(crossbar.matrix_columns()) * crossbar.groups() ==
                    layer.shape(layer.channel_axis()) &&
                int64_t(crossbar.matrix_rows()) *
                        layer.shape(layer.channel_axis()) ==
                    weights,
            "its crossbar's matrices are not its weights");
  }

  void device() const {
    const plan::Device &device = layer.device();
    auto none = [&](const std::string &problem) {
      require(problem.empty(), "device '" + device.name() + "': " + problem);
    };
    require(layer.has_crossbar(),
            "device '" + device.name() +
                "' needs conductances; map the layer to crossbars "
                "(--crossbar RxC)");
    none(problemOfDevice(device));
    none(problemOfTime(device));
    none(problemOfWindow(device, layer.crossbar()));
  }

  void writeVerify() const {
    const plan::WriteVerify &verify = layer.write_verify();
    unit(plan::MICROSIEMENS, "write-verify", /*isOfCells=*/true);
    require(isRange(verify.tolerance()),
            "write-verify needs a tolerance from 1e-30 to 1e30");
    require(verify.pulses() >= 1 && verify.pulses() <= 64,
            "write-verify needs 1 to 64 pulses");
    require(layer.has_device() || (layer.has_noise() &&
                                   layer.noise().unit() == plan::MICROSIEMENS),
            "write-verify has nothing to verify: its cells have no programming "
            "errors; add --device, or --noise in uS");
  }

  void correlated() const {
    const plan::Correlated &correlated = layer.correlated();
    for (double width :
         {correlated.column(), correlated.array(), correlated.die()})
      require(width >= 0 && isFinite(width),
              "correlated errors need finite widths, at least 0");
    require(correlated.array() == 0 || correlated.unit() == plan::MICROSIEMENS,
            "correlated errors of arrays are of cells; give them in uS");
    unit(correlated.unit(), "correlated", /*isOfCells=*/correlated.array() > 0);
  }

  void readDisturb() const {
    const plan::ReadDisturb &disturb = layer.read_disturb();
    unit(disturb.unit(), "read disturb");
    require(disturb.has_reads(),
            "read disturb needs a number of reads where no images are run; add "
            "reads=N");
    require(isFinite(disturb.amount()) && disturb.per() > 0 &&
                isFinite(disturb.per()) && disturb.exponent() >= 0 &&
                disturb.exponent() <= 4 && disturb.reads() >= 0 &&
                isFinite(disturb.reads()) && isFinite(disturbOf(disturb)),
            "read disturb needs a finite amount, per above 0, an exponent from "
            "0 to 4, and a number of reads");
  }

  void faults() const {
    const plan::Faults &faults = layer.faults();
    for (double fraction : {faults.low(), faults.high(), faults.flip(),
                            faults.low() + faults.high()})
      require(fraction >= 0 && fraction <= 1,
              "faults needs fractions of cells from 0 to 1, low and high "
              "together at most 1");
    require(faults.flip() == 0 || layer.has_quantize(),
            "flip needs quantization, whose codes it flips; add --quantize");
  }
};

} // namespace

void cim::checkLayerErrors(const plan::Layer &layer, const Tensor &weights) {
  LayerCheck check{layer};
  check.require(weights.type == plan::F32, "its weights are not float32");
  check.require(std::equal(weights.shape.begin(), weights.shape.end(),
                           layer.shape().begin(), layer.shape().end()),
                "its weights have another shape than the plan says");
  check.require(layer.index() < 1u << 24,
                "its index is above the 16777216 layers that random numbers "
                "tell apart");
  check.require(weights.elements() <= int64_t(1) << 34,
                "it has more than 2^34 weights");
  std::span<const float> values = weights.as<float>();
  auto notFinite = std::find_if_not(values.begin(), values.end(),
                                    [](float v) { return std::isfinite(v); });
  check.require(notFinite == values.end(),
                "weight " + std::to_string(notFinite - values.begin()) +
                    " is not finite; a network with such weights cannot be "
                    "written");
  if (layer.has_crossbar())
    check.crossbar();
  if (layer.has_device())
    check.device();
  if (layer.has_quantize())
    check.quantize();
  if (layer.has_noise())
    check.noise();
  if (layer.has_shift())
    check.shift();
  if (layer.has_write_verify())
    check.writeVerify();
  if (layer.has_correlated())
    check.correlated();
  if (layer.has_read_disturb())
    check.readDisturb();
  if (layer.has_faults())
    check.faults();
  if (layer.read_noise().width() > 0)
    check.unit(plan::MICROSIEMENS, "read noise", /*isOfCells=*/true);
}
