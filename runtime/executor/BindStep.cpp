//===- BindStep.cpp - Chooses the kernel of a step ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "runtime/calibration/Measurements.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/GeneralStep.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/RowStep.h"
#include "runtime/kernels/Algorithms.h"

#include <algorithm>
#include <set>

using namespace cim;
using namespace cim::kernels;

/// Kernels compute in f32.
static bool isF32(const Program &program, const plan::Step &step) {
  auto f32 = [&](uint32_t value) {
    return program.value(value).element_type() == plan::F32;
  };
  return step.outputs_size() == 1 && std::ranges::all_of(step.inputs(), f32) &&
         std::ranges::all_of(step.outputs(), f32);
}

/// A tensor without elements needs no kernel, and could confuse one.
static bool hasElements(const Program &program, const plan::Step &step) {
  auto some = [&](uint32_t value) {
    return std::ranges::count(program.value(value).shape(), 0) == 0;
  };
  return std::ranges::all_of(step.inputs(), some) &&
         std::ranges::all_of(step.outputs(), some);
}

/// A layer whose arrays are computed one by one.
static bool isMapped(const Program &program, const plan::Step &step) {
  return step.has_layer() && readsArrays(program.plan.layers(step.layer()));
}

static std::unique_ptr<BoundStep> bindLayer(const Program &program,
                                            const plan::Step &step, bool strict,
                                            ConvolutionAlgorithm algorithm) {
  return isMapped(program, step) ? bindMappedConvolution(program, step, strict)
                                 : bindConvolution(program, step, algorithm);
}

/// \p algorithm: of a layer that is no mapped one.
static std::unique_ptr<BoundStep> bindWith(const Program &program,
                                           const plan::Step &step, bool strict,
                                           ConvolutionAlgorithm algorithm) {
  if (!hasElements(program, step))
    return bindGeneral(program, step);
  if (isF32(program, step)) {
    if (auto bound = bindLayer(program, step, strict, algorithm))
      return bound;
    for (auto *bind :
         {bindDrive, bindPooling, bindNormalization, bindElementwise, bindCopy,
          bindRelayout, bindImageElementwise})
      if (auto bound = bind(program, step))
        return bound;
  }
  if (RowStep::fits(program, step))
    for (auto *bind : {bindRowElementwise, bindRowMovement, bindRowReduction,
                       bindRowProduct})
      if (auto bound = bind(program, step))
        return bound;
  return bindGeneral(program, step);
}

std::unique_ptr<BoundStep> cim::bindStep(const Program &program,
                                         const plan::Step &step, bool strict) {
  return bindWith(program, step, strict,
                  strict ? ConvolutionAlgorithm::direct
                         : ConvolutionAlgorithm::automatic);
}

namespace {

/// One way to compute a layer.
struct Candidate {
  ConvolutionAlgorithm algorithm;
  double time;
  int64_t weightBytes;
};

/// What a layer can choose from, and its choice so far.
struct Choice {
  size_t step;
  std::vector<Candidate> candidates; ///< direct first
  Candidate chosen;

  /// \p bfloat16: inputs and weights are such numbers.
  Choice(size_t step, const ConvolutionShape &shape, int images, bool bfloat16,
         const MeasuredTimes *measured)
      : step(step) {
    for (ConvolutionAlgorithm algorithm : algorithms) {
      if (!applies(algorithm, shape) ||
          (algorithm == ConvolutionAlgorithm::bfloat16 && !bfloat16))
        continue;
      double time = estimatedTime(algorithm, shape, images);
      if (measured)
        if (auto found = measured->find({shape, algorithm});
            found != measured->end())
          time = found->second;
      candidates.push_back(
          {algorithm, time,
           int64_t(Convolution(shape, algorithm).packedWeights() *
                   sizeof(float))});
    }
    chosen = candidates.front();
  }
};

} // namespace

/// Images that passes through the network will have, more or less: large ones
/// fill the caches one by one.
static int expectedImages(const Program &program) {
  int64_t numbers = 1; // per image
  if (program.plan.inputs_size() != 0) {
    const plan::Value &input = program.value(program.plan.inputs(0));
    for (int d = 1; d < input.shape_size(); ++d)
      numbers *= input.shape(d);
  }
  constexpr int64_t smallImage = 3 * 32 * 32;
  return std::clamp<int64_t>(8 * smallImage / std::max<int64_t>(numbers, 1), 1,
                             8);
}

/// Steps whose layers are measured also do that.
static void addMeasuring(const Program &program, BoundSteps &steps) {
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    const plan::Step &step = program.plan.steps(s);
    if (program.measurements && step.has_layer() &&
        program.measurements->of(step.layer()).isActive())
      steps[s] = bindMeasuring(program, step, std::move(steps[s]));
  }
}

/// Bytes that fast algorithms may add to the weights of all layers.
static constexpr int64_t weightBudget = 32 << 20;

/// Bytes of weights that a kernel keeps beyond those of \p step itself.
static int64_t addedBytes(const Program &program, const plan::Step &step,
                          const BoundStep &bound) {
  return int64_t(bound.weightBytes()) -
         int64_t(program.constant(step.inputs(1)).bytes());
}

/// Takes the upgrade that saves most time per byte, again and again, while
/// \p budget bytes last.
static void chooseAlgorithms(std::vector<Choice> &choices, int64_t budget) {
  int64_t spent = 0;
  for (;;) {
    Choice *best = nullptr;
    Candidate upgrade = {};
    double bestRatio = 0;
    for (Choice &choice : choices)
      for (const Candidate &other : choice.candidates) {
        const int64_t bytes = other.weightBytes - choice.chosen.weightBytes;
        const double ratio =
            (choice.chosen.time - other.time) / std::max<double>(bytes, 1);
        if (ratio > bestRatio && spent + bytes <= budget) {
          best = &choice;
          upgrade = other;
          bestRatio = ratio;
        }
      }
    if (!best)
      return;
    spent += upgrade.weightBytes - best->chosen.weightBytes;
    best->chosen = upgrade;
  }
}

BoundSteps cim::bindSteps(const Program &program, bool strict,
                          const MeasuredTimes *measured) {
  BoundSteps steps;
  std::vector<Choice> choices;
  const int images = expectedImages(program);
  int64_t budget = weightBudget;
  for (const plan::Step &step : program.plan.steps()) {
    steps.push_back(
        bindWith(program, step, strict, ConvolutionAlgorithm::direct));
    if (strict)
      continue;
    if (const ConvolutionShape *shape = steps.back()->convolution()) {
      const bool bfloat16 = program.isBfloat16() && step.has_layer() &&
                            program.bfloat16[step.inputs(0)];
      choices.emplace_back(steps.size() - 1, *shape, images, bfloat16,
                           measured);
    } else if (isMapped(program, step) && steps.back()->weightBytes() > 0) {
      const int64_t added = addedBytes(program, step, *steps.back());
      if (added > budget)
        steps.back() = bindWith(program, step, /*strict=*/true,
                                ConvolutionAlgorithm::direct);
      else
        budget -= std::max<int64_t>(added, 0);
    }
  }
  chooseAlgorithms(choices, budget);
  for (const Choice &choice : choices)
    if (choice.chosen.algorithm != ConvolutionAlgorithm::direct)
      steps[choice.step] = bindWith(program, program.plan.steps(choice.step),
                                    strict, choice.chosen.algorithm);
  addMeasuring(program, steps);
  return steps;
}

std::vector<ConvolutionShape>
cim::convolutionsWithChoice(const Program &program) {
  std::set<ConvolutionShape> shapes;
  for (const plan::Step &step : program.plan.steps()) {
    const auto bound =
        bindWith(program, step, /*strict=*/true, ConvolutionAlgorithm::direct);
    const ConvolutionShape *shape = bound->convolution();
    if (shape &&
        std::ranges::any_of(algorithms, [&](ConvolutionAlgorithm algorithm) {
          return algorithm != ConvolutionAlgorithm::direct &&
                 applies(algorithm, *shape);
        }))
      shapes.insert(*shape);
  }
  return {shapes.begin(), shapes.end()};
}
