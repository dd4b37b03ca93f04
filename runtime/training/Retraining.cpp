//===- Retraining.cpp - Write, retrain, rewrite ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Retraining.h"

#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Recalibration.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace cim;

namespace {

/// Write epochs from here on belong to noise during retraining, one per step.
constexpr uint32_t firstNoiseEpoch = uint32_t(1) << 21;

void clearErrors(plan::Layer &layer) {
  layer.clear_quantize();
  layer.clear_noise();
  layer.clear_shift();
  layer.clear_faults();
  layer.clear_device();
  layer.clear_write_verify();
  layer.clear_correlated();
  layer.clear_read_disturb();
  if (layer.has_crossbar())
    layer.mutable_crossbar()->clear_wires();
}

std::vector<float> writeLayer(const plan::Layer &layer, const Tensor &weights,
                              const Chip &chip) {
  std::vector<float> written(weights.elements());
  LayerProgram(layer, weights).writeAll(chip, written);
  return written;
}

class Experiment {
public:
  Experiment(const plan::Plan &lowered, const TensorMap &tensors,
             const DataSet &train, const DataSet &test, ImageRange tested,
             const RetrainingOptions &options)
      : lowered(lowered), held(lowered), tensors(tensors), train(train),
        test(test), tested(tested), options(options),
        program(lowered, tensors, options.selected, false,
                {.threads = options.executor.threads,
                 .batch = std::min(options.recipe.batch, train.images()),
                 .labelSmoothing = options.recipe.labelSmoothing,
                 .strict = options.executor.precision == Precision::f32Strict,
                 .keptBytes = options.keptBytes}) {
    for (uint32_t layer : options.selected)
      clearErrors(*held.mutable_layers(layer));
  }

  Retraining run() {
    for (const Parameter &parameter : program.parameters())
      result.trainedParameters += parameter.gradient.size();
    result.depth = program.depth();
    plan::Plan exact = lowered;
    for (plan::Layer &layer : *exact.mutable_layers())
      clearErrors(layer);
    const auto correct = count(exact, tensors, {});
    result.stopped = !correct;
    result.floatCorrect = correct.value_or(0);
    for (int64_t trial = 0; trial < options.trials && !result.stopped; ++trial)
      result.stopped = !runChip(trial);
    return std::move(result);
  }

private:
  bool runChip(uint64_t trial) {
    const Chip chip{options.seed, trial, 0};
    RetrainedChip own;
    const auto injected = count(lowered, tensors, chip);
    if (!injected)
      return false;
    own.injected = *injected;

    program.program(chip);
    const auto before = weightsOfSelected(program.parameters());
    if (!trainChip(chip, own))
      return false;
    // The selected layers hold exactly what was learned, for now.
    const TensorMap learned = withParameters(tensors, program.parameters());
    const auto retrained = count(held, learned, chip);
    if (!retrained)
      return false;
    own.retrained = *retrained;
    for (int64_t r = 0; r < options.rewrites; ++r) {
      const auto correct = rewrite(chip, r + 1, before, learned, own);
      if (!correct)
        return false;
      own.rewritten.push_back(*correct);
    }
    own.cellsWritten /= options.rewrites;
    if (trial == 0)
      keepNetwork(chip, learned);
    result.chips.push_back(std::move(own));
    return true;
  }

  bool trainChip(const Chip &chip, RetrainedChip &own) {
    TrainerOptions training;
    training.stream = {options.seed, chip.trial};
    training.executor = options.executor;
    training.stop = options.stop;
    training.imagesDone = options.imagesDone;
    if (options.inject > 0)
      training.beforeStep = [&](int64_t step) { injectNoise(chip, step); };
    Trainer trainer(program, held, tensors, train, options.recipe, training);
    const auto begin = std::chrono::steady_clock::now();
    const bool complete = trainer.run();
    result.trainSeconds += secondsSince(begin);
    own.epochs = trainer.epochs();
    for (Parameter &parameter : program.parameters())
      parameter.perturbed.clear();
    return complete;
  }

  /// Lets the next step compute with weights as if they were written anew.
  void injectNoise(const Chip &chip, int64_t step) {
    Chip draw = chip;
    draw.epoch = firstNoiseEpoch + step % firstNoiseEpoch;
    for (uint32_t index : options.selected) {
      plan::Layer layer = lowered.layers(index);
      Parameter &parameter = parameterOf(layer.weights());
      if (layer.has_noise())
        layer.mutable_noise()->set_width(layer.noise().width() *
                                         options.inject);
      if (layer.has_shift())
        layer.mutable_shift()->set_amount(layer.shift().amount() *
                                          options.inject);
      parameter.perturbed =
          writeLayer(layer, makeTensor(parameter.shape, parameter.value), draw);
    }
    program.update();
  }

  /// Writes the selected layers again, for the \p epoch-th time.
  std::optional<int64_t>
  rewrite(const Chip &chip, uint32_t epoch,
          const std::map<std::string, std::vector<float>> &before,
          const TensorMap &learned, RetrainedChip &own) {
    Chip again = chip;
    again.epoch = epoch;
    TensorMap written = learned;
    for (uint32_t index : options.selected) {
      const plan::Layer &layer = lowered.layers(index);
      const Tensor &wanted = learned.at(layer.weights());
      std::vector<float> cells = writeLayer(layer, wanted, again);
      own.cellsWritten +=
          keepSmallChanges(wanted, before.at(layer.weights()), cells);
      written[layer.weights()] = makeTensor(wanted.shape, cells);
    }
    if (options.recalibrationImages > 0) {
      const auto begin = std::chrono::steady_clock::now();
      written = recalibrateBatchNorm(
          held, written, chip, train, options.recalibrationImages,
          {options.seed, chip.trial}, options.executor.threads);
      result.trainSeconds += secondsSince(begin);
    }
    return count(held, written, chip);
  }

  /// Gives cells whose weight changed little what they held \p before; returns
  /// how many were written.
  int64_t keepSmallChanges(const Tensor &wanted,
                           const std::vector<float> &before,
                           std::vector<float> &cells) const {
    auto target = wanted.as<float>();
    if (options.threshold <= 0)
      return cells.size();
    const auto [lowest, highest] = std::ranges::minmax(target);
    const double limit = options.threshold * (double(highest) - lowest);
    int64_t written = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool isWritten = std::abs(double(target[i]) - before[i]) > limit;
      written += isWritten;
      if (!isWritten)
        cells[i] = before[i];
    }
    return written;
  }

  /// What the first chip holds: errors in all layers but the selected.
  void keepNetwork(const Chip &chip, const TensorMap &learned) {
    for (const Parameter &parameter : program.parameters())
      result.network[parameter.tensor] = learned.at(parameter.tensor);
    for (int l = 0; l < held.layers_size(); ++l) {
      const plan::Layer &layer = held.layers(l);
      const Tensor &weights = tensors.at(layer.weights());
      if (!options.selected.contains(l))
        result.network[layer.weights()] =
            makeTensor(weights.shape, writeLayer(layer, weights, chip));
    }
  }

  std::map<std::string, std::vector<float>>
  weightsOfSelected(const std::deque<Parameter> &parameters) const {
    std::map<std::string, std::vector<float>> weights;
    for (uint32_t index : options.selected)
      weights[lowered.layers(index).weights()];
    for (const Parameter &parameter : parameters)
      if (auto found = weights.find(parameter.tensor); found != weights.end())
        found->second = parameter.value;
    return weights;
  }

  Parameter &parameterOf(const std::string &tensor) {
    auto &parameters = program.parameters();
    return *std::ranges::find(parameters, tensor, &Parameter::tensor);
  }

  std::optional<int64_t> count(const plan::Plan &plan, const TensorMap &with,
                               const Chip &chip) {
    const auto begin = std::chrono::steady_clock::now();
    const auto correct = countCorrect(plan, with, chip, test, tested,
                                      options.executor, options.stop);
    result.evaluateSeconds += secondsSince(begin);
    if (options.imagesDone)
      options.imagesDone->fetch_add(tested.end - tested.begin);
    return correct;
  }

  static double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin)
        .count();
  }

  const plan::Plan &lowered;
  plan::Plan held; ///< the selected layers hold their values without errors
  const TensorMap &tensors;
  const DataSet &train, &test;
  const ImageRange tested; ///< of test
  const RetrainingOptions &options;
  TrainingProgram program;
  Retraining result;
};

} // namespace

Retraining cim::retrain(const plan::Plan &lowered, const TensorMap &tensors,
                        const DataSet &train, const DataSet &test,
                        ImageRange tested, const RetrainingOptions &options) {
  return Experiment(lowered, tensors, train, test, tested, options).run();
}

int64_t cim::imagesOf(const RetrainingOptions &options, int64_t trainImages,
                      int64_t testImages) {
  return testImages + options.trials * (options.recipe.epochs * trainImages +
                                        (2 + options.rewrites) * testImages);
}
