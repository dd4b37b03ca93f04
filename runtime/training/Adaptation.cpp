//===- Adaptation.cpp - Digital parameters fitted to a chip ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Adaptation.h"

#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

static bool hasBias(const plan::Step &step) {
  return step.has_layer() && step.inputs_size() > 2;
}

static std::set<uint32_t> layersWithBias(const plan::Plan &plan) {
  std::set<uint32_t> layers;
  for (const plan::Step &step : plan.steps())
    if (hasBias(step))
      layers.insert(step.layer());
  return layers;
}

int64_t cim::biasesBeside(const plan::Plan &plan,
                          const std::set<uint32_t> &layers) {
  int64_t numbers = 0;
  for (const plan::Step &step : plan.steps())
    if (hasBias(step) && !layers.contains(step.layer())) {
      const auto &shape = plan.values(step.inputs(2)).shape();
      numbers += elementCount({shape.data(), size_t(shape.size())});
    }
  return numbers;
}

static TrainingProgram programOf(const plan::Plan &lowered,
                                 const TensorMap &tensors, const DataSet &data,
                                 const TrainingRecipe &recipe,
                                 const ExecutorOptions &executor) try {
  return TrainingProgram(lowered, tensors, layersWithBias(lowered),
                         /*allNormalizations=*/true,
                         {.threads = executor.threads,
                          .batch = std::min(recipe.batch, data.images()),
                          .labelSmoothing = recipe.labelSmoothing,
                          .strict = executor.precision == Precision::f32Strict,
                          .chosen = executor.chosen});
} catch (const InputError &error) {
  throw InputError("--adapt: " + std::string(error.what()) +
                   "; or leave --adapt out");
}

void cim::checkAdaptation(const plan::Plan &lowered, const TensorMap &tensors,
                          const DataSet &data, const TrainingRecipe &recipe,
                          const ExecutorOptions &executor) {
  programOf(lowered, tensors, data, recipe, executor);
}

std::optional<TensorMap>
cim::adaptDigital(const plan::Plan &lowered, const TensorMap &tensors,
                  const Chip &chip, const DataSet &data,
                  const TrainingRecipe &recipe, TrainerOptions training) {
  TrainingProgram program =
      programOf(lowered, tensors, data, recipe, training.executor);
  program.program(chip);
  // Biases come with their layers' weights, which stay as they are written.
  auto isCells = [](const Parameter &parameter) {
    return parameter.kind == Parameter::Kind::weights;
  };
  std::vector<std::vector<float>> cells;
  for (const Parameter &parameter : program.parameters())
    if (isCells(parameter))
      cells.push_back(parameter.value);
  training.afterStep = [&](int64_t) {
    size_t layer = 0;
    for (Parameter &parameter : program.parameters())
      if (isCells(parameter))
        parameter.value = cells[layer++];
  };
  Trainer trainer(program, lowered, tensors, data, recipe, std::move(training));
  if (!trainer.run())
    return std::nullopt;
  TensorMap adapted = tensors;
  for (const Parameter &parameter : program.parameters())
    if (!isCells(parameter))
      adapted[parameter.tensor] = makeTensor(parameter.shape, parameter.value);
  return adapted;
}
