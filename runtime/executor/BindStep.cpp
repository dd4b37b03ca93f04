//===- BindStep.cpp - Chooses the kernel of a step ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "runtime/calibration/Measurements.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/ConvolutionBinding.h"
#include "runtime/executor/GeneralStep.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/RowStep.h"
#include "runtime/kernels/Algorithms.h"

#include <algorithm>
#include <map>

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

/// The convolution that \p step computes with a kernel, whether or not arrays
/// are read one by one.
static std::optional<ConvolutionShape> convolutionOf(const Program &program,
                                                     const plan::Step &step) {
  if (!hasElements(program, step) || !isF32(program, step))
    return std::nullopt;
  const auto binding = bindAsConvolution(program, step);
  return binding ? std::optional(binding->shape) : std::nullopt;
}

/// A layer whose inputs and weights are rounded.
static bool readsBfloat16(const Program &program, const plan::Step &step) {
  return program.isBfloat16() && step.has_layer() &&
         program.bfloat16[step.inputs(0)];
}

std::unique_ptr<BoundStep> cim::bindStep(const Program &program,
                                         const plan::Step &step, bool strict,
                                         const AlgorithmChoice *chosen) {
  ConvolutionAlgorithm algorithm =
      strict ? ConvolutionAlgorithm::direct : ConvolutionAlgorithm::automatic;
  if (!strict && chosen)
    if (const auto shape = convolutionOf(program, step))
      algorithm = chosenAlgorithm(chosen, *shape, readsBfloat16(program, step));
  return bindWith(program, step, strict, algorithm);
}

namespace {

/// One way to compute a layer.
struct Candidate {
  ConvolutionAlgorithm algorithm;
  double time;
  int64_t weightBytes;
};

/// What layers of one shape can choose from, and their choice so far.
struct Choice {
  std::vector<Candidate> candidates; ///< direct first
  Candidate chosen;

  /// \p bfloat16: inputs and weights are such numbers. \p layers count alike.
  Choice(const ConvolutionShape &shape, int images, bool bfloat16,
         const MeasuredTimes *measured = nullptr, int layers = 1) {
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
          {algorithm, layers * time,
           layers * int64_t(Convolution(shape, algorithm).packedWeights() *
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
static void upgrade(std::vector<Choice> &choices, int64_t budget) {
  int64_t spent = 0;
  for (;;) {
    Choice *best = nullptr;
    Candidate better = {};
    double bestRatio = 0;
    for (Choice &choice : choices)
      for (const Candidate &other : choice.candidates) {
        const int64_t bytes = other.weightBytes - choice.chosen.weightBytes;
        const double ratio =
            (choice.chosen.time - other.time) / std::max<double>(bytes, 1);
        if (ratio > bestRatio && spent + bytes <= budget) {
          best = &choice;
          better = other;
          bestRatio = ratio;
        }
      }
    if (!best)
      return;
    spent += better.weightBytes - best->chosen.weightBytes;
    best->chosen = better;
  }
}

BoundSteps cim::bindSteps(const Program &program, bool strict,
                          const AlgorithmChoice *chosen) {
  BoundSteps steps;
  std::vector<Choice> choices;
  std::vector<size_t> choosing; ///< steps, by choice
  const int images = expectedImages(program);
  int64_t budget = weightBudget;
  for (const plan::Step &step : program.plan.steps()) {
    steps.push_back(
        bindWith(program, step, strict, ConvolutionAlgorithm::direct));
    if (strict)
      continue;
    if (const ConvolutionShape *shape = steps.back()->convolution()) {
      const bool bfloat16 = readsBfloat16(program, step);
      const auto algorithm = chosenAlgorithm(chosen, *shape, bfloat16);
      if (algorithm == ConvolutionAlgorithm::automatic) {
        choices.emplace_back(*shape, images, bfloat16);
        choosing.push_back(steps.size() - 1);
      } else if (algorithm != ConvolutionAlgorithm::direct) {
        const int64_t direct = steps.back()->weightBytes();
        steps.back() = bindWith(program, step, strict, algorithm);
        budget -= int64_t(steps.back()->weightBytes()) - direct;
      }
    }
  }
  // What is chosen is; layers on arrays share what that leaves.
  for (size_t s = 0; s < steps.size(); ++s) {
    const plan::Step &step = program.plan.steps(s);
    if (strict || steps[s]->convolution() || !isMapped(program, step) ||
        steps[s]->weightBytes() == 0)
      continue;
    const int64_t added = addedBytes(program, step, *steps[s]);
    if (added > budget)
      steps[s] = bindWith(program, step, /*strict=*/true,
                          ConvolutionAlgorithm::direct);
    else
      budget -= std::max<int64_t>(added, 0);
  }
  upgrade(choices, budget);
  for (size_t c = 0; c < choices.size(); ++c)
    if (choices[c].chosen.algorithm != ConvolutionAlgorithm::direct)
      steps[choosing[c]] = bindWith(program, program.plan.steps(choosing[c]),
                                    strict, choices[c].chosen.algorithm);
  addMeasuring(program, steps);
  return steps;
}

namespace {

/// Layers of one shape.
struct Alike {
  int layers = 0;
  bool bfloat16 = true; ///< all read such numbers
};

} // namespace

/// Layers that have several algorithms to choose from, by shape.
static std::map<ConvolutionShape, Alike>
layersWithChoice(const Program &program) {
  std::map<ConvolutionShape, Alike> layers;
  for (const plan::Step &step : program.plan.steps()) {
    const auto shape = convolutionOf(program, step);
    if (!shape ||
        std::ranges::none_of(algorithms, [&](ConvolutionAlgorithm algorithm) {
          return algorithm != ConvolutionAlgorithm::direct &&
                 applies(algorithm, *shape);
        }))
      continue;
    Alike &alike = layers[*shape];
    alike.layers += 1;
    alike.bfloat16 &= readsBfloat16(program, step);
  }
  return layers;
}

AlgorithmChoice cim::chooseAlgorithms(const Program &program,
                                      const MeasuredTimes &measured) {
  std::vector<Choice> choices;
  const auto layers = layersWithChoice(program);
  for (const auto &[shape, alike] : layers)
    choices.emplace_back(shape, expectedImages(program), alike.bfloat16,
                         &measured, alike.layers);
  upgrade(choices, weightBudget);
  AlgorithmChoice chosen;
  auto choice = choices.begin();
  for (const auto &[shape, alike] : layers)
    chosen[shape] = (choice++)->chosen.algorithm;
  return chosen;
}

std::vector<ConvolutionShape>
cim::convolutionsWithChoice(const Program &program) {
  std::vector<ConvolutionShape> shapes;
  for (const auto &[shape, alike] : layersWithChoice(program))
    shapes.push_back(shape);
  return shapes;
}
