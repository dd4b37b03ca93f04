//===- VerifyPlan.cpp - What the executor may rely on ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/VerifyPlan.h"

#include "dialects/cim/grammar/Ranges.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/plan/StepRules.h"
#include "runtime/plan/VerifyConverters.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

using namespace cim;

namespace {

constexpr int largestRank = 16;
constexpr int64_t mostElements = int64_t(1) << 31;

template <typename Fields>
std::vector<int64_t> dimensions(const Fields &shape) {
  return {shape.begin(), shape.end()};
}

/// Runs \p check, and lets its complaint begin with \p where.
template <typename Check> void at(const std::string &where, Check check) {
  try {
    check();
  } catch (const InputError &error) {
    throw InputError(where + " " + error.what());
  }
}

void require(bool condition, const std::string &what) {
  if (!condition)
    throw InputError(what);
}

//===----------------------------------------------------------------------===//
// Errors of a layer
//===----------------------------------------------------------------------===//

template <typename Numbers> bool areFinite(const Numbers &numbers) {
  for (double number : numbers)
    if (!std::isfinite(number))
      return false;
  return true;
}

template <typename Numbers> bool ascend(const Numbers &numbers) {
  for (int i = 1; i < numbers.size(); ++i)
    if (!(numbers[i - 1] <= numbers[i]))
      return false;
  return areFinite(numbers);
}

bool isFraction(double number) { return 0 <= number && number <= 1; }

void checkQuantize(const plan::Quantize &quantize) {
  // One bit has no level beside zero.
  const bool isSymmetric = quantize.mode() == plan::Quantize::SYMMETRIC ||
                           quantize.mode() == plan::Quantize::PERCENTILE;
  const uint32_t least = isSymmetric ? 2 : 1;
  require(plan::Quantize::Mode_IsValid(quantize.mode()),
          "has an unknown quantization mode");
  if (quantize.mode() == plan::Quantize::LEVELS)
    require(quantize.levels_size() >= 2 && quantize.levels_size() <= 65536 &&
                ascend(quantize.levels()),
            "needs 2 to 65536 ascending levels");
  else
    require(least <= quantize.bits() && quantize.bits() <= 16,
            "is quantized to " + std::to_string(quantize.bits()) +
                " bits; expected " + std::to_string(least) + " to 16");
  if (quantize.mode() == plan::Quantize::PERCENTILE)
    require(0 < quantize.percentile() && quantize.percentile() <= 100,
            "has a percentile outside of 0 to 100");
}

void checkUnit(plan::Unit unit, const plan::Layer &layer) {
  require(plan::Unit_IsValid(unit), "has an error of an unknown unit");
  require(unit != plan::QUANTIZATION_STEP || layer.has_quantize(),
          "has an error in qs without quantization");
  require(unit != plan::MICROSIEMENS || layer.has_crossbar(),
          "has an error in uS without a crossbar");
}

void checkNoise(const plan::Noise &noise, const plan::Layer &layer) {
  require(plan::Noise::Distribution_IsValid(noise.distribution()),
          "has noise of an unknown distribution");
  require(std::isfinite(noise.width()) && noise.width() >= 0,
          "has noise of a width that is not a number of 0 or more");
  checkUnit(noise.unit(), layer);
  if (noise.distribution() == plan::Noise::LOGNORMAL)
    require(noise.parameter() >= 1e-3 && noise.parameter() <= 5,
            "needs a lognormal shape from 0.001 to 5");
  if (noise.distribution() == plan::Noise::STUDENT_T)
    require(noise.parameter() > 2 && noise.parameter() <= 1e6,
            "needs more than 2 degrees of freedom, and at most 1000000");
  if (noise.distribution() == plan::Noise::EMPIRICAL)
    require(noise.quantile_probability_size() >= 2 &&
                noise.quantile_probability_size() ==
                    noise.quantile_value_size() &&
                ascend(noise.quantile_probability()) &&
                ascend(noise.quantile_value()) &&
                isFraction(noise.quantile_probability(0)) &&
                isFraction(*noise.quantile_probability().rbegin()),
            "needs an empirical distribution of ascending points");
  require(areFinite(noise.level_factor()),
          "has a level factor that is not finite");
}

void checkFaults(const plan::Faults &faults, const plan::Layer &layer) {
  require(isFraction(faults.low()) && isFraction(faults.high()) &&
              isFraction(faults.flip()) && faults.low() + faults.high() <= 1,
          "has faults that are not fractions of its cells");
  require(faults.flip() == 0 || layer.has_quantize(),
          "flips bits without quantization");
}

void checkCrossbar(const plan::Crossbar &crossbar, const plan::Layer &layer) {
  constexpr uint32_t largestArray = 65536, mostCellBits = 16;
  require(1 <= crossbar.array_rows() && crossbar.array_rows() <= largestArray &&
              1 <= crossbar.array_columns() &&
              crossbar.array_columns() <= largestArray,
          "stands on arrays that are not of 1 to 65536 rows and columns");
  const auto channels = uint64_t(layer.shape(layer.channel_axis()));
  const auto weights = uint64_t(elementCount(dimensions(layer.shape())));
  require(weights > 0 &&
              uint64_t(crossbar.matrix_columns()) * crossbar.groups() ==
                  channels &&
              crossbar.matrix_rows() * channels == weights,
          "has a matrix that is not made of its weights");
  const uint64_t sharing = crossbar.groups_per_array();
  require(
      1 <= sharing && sharing <= crossbar.groups() &&
          (sharing == 1 ||
           (sharing * crossbar.matrix_rows() <= crossbar.array_rows() &&
            sharing * crossbar.matrix_columns() <= crossbar.array_columns())),
      "puts " + std::to_string(sharing) +
          " groups into an array that has no place for them");
  require(plan::Crossbar::Cells_IsValid(crossbar.cells()),
          "has an unknown cell scheme");
  require(
      isWindow(crossbar.lowest_conductance(), crossbar.highest_conductance()),
      "has a conductance window that does not ascend, by a millionth and 1e-30 "
      "at least, from at least 0 to at most 1e15");
  const bool isOffset = crossbar.cells() == plan::Crossbar::OFFSET;
  require(isOffset || !crossbar.ideal_reference(),
          "has differential cells, which have no reference");
  require(crossbar.cell_bits() <= mostCellBits,
          "has cells of " + std::to_string(crossbar.cell_bits()) +
              " bits; expected at most 16");
  require(
      crossbar.cell_bits() == 0 ||
          (layer.has_quantize() && !layer.quantize().per_channel() &&
           layer.quantize().mode() ==
               (isOffset ? plan::Quantize::MINMAX : plan::Quantize::SYMMETRIC)),
      std::string("slices weights that are not quantized in mode ") +
          (isOffset ? "minmax" : "symmetric") + " per tensor");
}

void checkLayer(const plan::Layer &layer, const TensorMap &tensors) {
  require(layer.operation() == "conv" || layer.operation() == "gemm" ||
              layer.operation() == "matmul",
          "is of the unknown operation '" + layer.operation() + "'");
  require(layer.index() < 1u << 24,
          "has index " + std::to_string(layer.index()) +
              ", but random numbers tell 16777216 layers apart");
  auto weights = tensors.find(layer.weights());
  require(weights != tensors.end(),
          "has no tensor '" + layer.weights() + "' with its weights");
  require(weights->second.type == plan::F32 &&
              weights->second.shape == dimensions(layer.shape()) &&
              layer.shape_size() >= 1,
          "has weights of another type or shape than it says");
  require(layer.channel_axis() < uint32_t(layer.shape_size()),
          "has output channels in a dimension that does not exist");
  if (layer.has_quantize())
    checkQuantize(layer.quantize());
  if (layer.has_noise())
    checkNoise(layer.noise(), layer);
  if (layer.has_shift()) {
    require(std::isfinite(layer.shift().amount()) &&
                areFinite(layer.shift().level_factor()),
            "has a shift that is not finite");
    checkUnit(layer.shift().unit(), layer);
  }
  if (layer.has_faults())
    checkFaults(layer.faults(), layer);
  if (layer.has_crossbar())
    checkCrossbar(layer.crossbar(), layer);
  verifyConverters(layer);
}

//===----------------------------------------------------------------------===//
// Values and steps
//===----------------------------------------------------------------------===//

void checkValue(const plan::Value &value, const TensorMap &tensors) {
  require(plan::ElementType_IsValid(value.element_type()) &&
              plan::Layout_IsValid(value.layout()),
          "has an unknown element type or layout");
  require(value.shape_size() <= largestRank, "has more than 16 dimensions");
  int64_t elements = 1; // were no dimension 0: also of any part of the shape
  for (int64_t dimension : value.shape()) {
    require(0 <= dimension && dimension <= mostElements,
            "has a dimension of " + std::to_string(dimension));
    // Both factors are at most 2^31, so the product cannot overflow.
    elements *= std::max<int64_t>(dimension, 1);
    require(elements <= mostElements, "spans more than 2^31 elements");
  }
  if (value.layout() == plan::CHANNELS_LAST)
    require(value.shape_size() == 4 && value.element_type() == plan::F32 &&
                value.constant().empty(),
            "cannot be channels-last: that is for results and inputs of four "
            "dimensions and type F32");
  if (!value.constant().empty()) {
    auto tensor = tensors.find(value.constant());
    require(tensor != tensors.end(),
            "has no tensor '" + value.constant() + "'");
    require(tensor->second.type == value.element_type() &&
                tensor->second.shape == dimensions(value.shape()),
            "has another type or shape than its tensor '" + value.constant() +
                "'");
  }
}

class StepChecker {
public:
  StepChecker(const plan::Plan &plan, const TensorMap &tensors)
      : plan(plan), tensors(tensors), isDefined(plan.values_size()) {}

  void define(uint32_t value) {
    expectIndex(value);
    require(!isDefined[value],
            "defines value " + std::to_string(value) + " once more");
    isDefined[value] = true;
  }
  void use(uint32_t value) const {
    expectIndex(value);
    require(isDefined[value],
            "uses value " + std::to_string(value) + " before it is defined");
  }
  void check(const plan::Step &step) {
    for (uint32_t input : step.inputs())
      use(input);
    for (uint32_t output : step.outputs())
      define(output);
    checkStep(plan, tensors, step);
    require(step.drives().empty() && step.squares().empty() &&
                step.bends().empty() && step.digital_inputs().empty(),
            "has values that only the executor makes");
    if (step.has_layer())
      checkLayerOf(step);
    if (step.has_epilogue())
      checkEpilogue(step);
  }

private:
  void expectIndex(uint32_t value) const {
    require(value < isDefined.size(), "names value " + std::to_string(value) +
                                          " of " +
                                          std::to_string(isDefined.size()));
  }
  void checkLayerOf(const plan::Step &step) const {
    require(step.layer() < uint32_t(plan.layers_size()),
            "names layer " + std::to_string(step.layer()) + " of " +
                std::to_string(plan.layers_size()));
    const plan::Layer &layer = plan.layers(step.layer());
    // One matrix may be used by a gemm and by a matmul.
    const bool isProduct =
        step.operation() == "gemm" || step.operation() == "matmul";
    require((layer.operation() == "conv" ? step.operation() == "conv"
                                         : isProduct) &&
                plan.values(step.inputs(1)).constant() == layer.weights(),
            "does not compute with the weights of its layer '" + layer.name() +
                "'");
    require(step.operation() != "matmul" || layer.shape_size() == 2,
            "multiplies with a matrix, but its layer '" + layer.name() +
                "' is of rank " + std::to_string(layer.shape_size()));
    if (layer.has_crossbar())
      checkMatrixOf(step, layer);
  }
  /// Arrays and converters count the columns of the matrix that \p layer says,
  /// kernels the channels of what \p step computes.
  static void checkMatrixOf(const plan::Step &step, const plan::Layer &layer) {
    const auto &attributes = step.attributes();
    const bool isConv = step.operation() == "conv";
    const bool isOutputMajor =
        isConv || (step.operation() == "gemm" &&
                   attributes.at("transpose_b").integer() == 1);
    const int64_t groups = isConv ? attributes.at("groups").integer() : 1;
    require(layer.channel_axis() == (isOutputMajor ? 0u : 1u) &&
                layer.crossbar().groups() == groups,
            "does not compute with the matrix that its layer '" + layer.name() +
                "' makes of its weights");
  }
  void checkEpilogue(const plan::Step &step) const {
    const plan::Epilogue &epilogue = step.epilogue();
    const plan::Value &result = plan.values(step.outputs(0));
    require(result.element_type() == plan::F32,
            "has an epilogue on a result that is not F32");
    auto checkPerChannel = [&](uint32_t index, const char *what) {
      use(index);
      const plan::Value &value = plan.values(index);
      require(!value.constant().empty() && value.element_type() == plan::F32 &&
                  value.shape_size() == 1 && result.shape_size() >= 2 &&
                  value.shape(0) == result.shape(1),
              std::string("needs one constant ") + what + " per channel");
    };
    if (epilogue.has_scale())
      checkPerChannel(epilogue.scale(), "scale");
    if (epilogue.has_offset())
      checkPerChannel(epilogue.offset(), "offset");
    if (epilogue.has_residual()) {
      use(epilogue.residual());
      const plan::Value &residual = plan.values(epilogue.residual());
      require(epilogue.residual() != step.outputs(0) &&
                  residual.element_type() == plan::F32 &&
                  dimensions(residual.shape()) == dimensions(result.shape()),
              "needs a residual of its result's shape");
    }
    require(plan::Activation_IsValid(epilogue.activation()) &&
                !std::isnan(epilogue.lowest()) &&
                !std::isnan(epilogue.highest()),
            "has an unknown activation");
  }

  const plan::Plan &plan;
  const TensorMap &tensors;
  std::vector<bool> isDefined;
};

std::string describe(const char *what, int index, const std::string &name) {
  return std::string(what) + " " + std::to_string(index) +
         (name.empty() ? "" : " '" + name + "'");
}

} // namespace

void cim::verifyPlan(const plan::Plan &plan, const TensorMap &tensors) {
  require(plan.version() == planVersion,
          "the plan is of version " + std::to_string(plan.version()) +
              ", expected " + std::to_string(planVersion));
  StepChecker checker(plan, tensors);
  for (int i = 0; i < plan.values_size(); ++i)
    at(describe("value", i, plan.values(i).name()), [&] {
      checkValue(plan.values(i), tensors);
      if (!plan.values(i).constant().empty())
        checker.define(i);
    });
  std::set<uint32_t> layerIndices;
  for (int i = 0; i < plan.layers_size(); ++i)
    at(describe("layer", i, plan.layers(i).name()), [&] {
      checkLayer(plan.layers(i), tensors);
      require(layerIndices.insert(plan.layers(i).index()).second,
              "shares its index, and so its random numbers, with another");
    });
  at("the plan", [&] {
    for (uint32_t input : plan.inputs())
      checker.define(input);
  });
  for (int i = 0; i < plan.steps_size(); ++i)
    at(describe("step", i, plan.steps(i).name()) + " (" +
           plan.steps(i).operation() + ")",
       [&] { checker.check(plan.steps(i)); });
  at("the plan", [&] {
    require(plan.outputs_size() > 0, "has no outputs");
    for (uint32_t output : plan.outputs())
      checker.use(output);
  });
}
