//===- Retraining.cpp - Write, retrain, rewrite ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Retraining.h"

#include "runtime/calibration/Measurements.h"
#include "runtime/evaluation/PrefixEvaluator.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Adaptation.h"
#include "runtime/training/CellChoice.h"
#include "runtime/training/Recalibration.h"
#include "runtime/training/RetrainingCheckpoint.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

using namespace cim;

namespace {

std::vector<float> writeLayer(const plan::Layer &layer, const Tensor &weights,
                              const Chip &chip) {
  std::vector<float> written(weights.elements());
  LayerProgram(layer, weights).writeAll(chip, written);
  return written;
}

/// As writeLayer(), with errors \p factor times as large: distances from what
/// quantization makes of the weights, which is no error.
std::vector<float> writeScaled(const plan::Layer &layer, const Tensor &weights,
                               const Chip &chip, double factor) {
  std::vector<float> written = writeLayer(layer, weights, chip);
  if (factor == 1)
    return written;
  const std::vector<float> exact =
      writeLayer(quantizedOnly(layer), weights, chip);
  for (size_t i = 0; i < written.size(); ++i)
    written[i] = exact[i] + float(factor) * (written[i] - exact[i]);
  return written;
}

/// The images that are counted for parts of the work.
struct ImageCounts {
  int64_t epoch = 0;    ///< of training
  int64_t training = 0; ///< of a chip, once
  int64_t rewrite = 0;  ///< with what follows it
  int64_t chip = 0, all = 0;
};

ImageCounts countsOf(const RetrainingOptions &options, int64_t trainImages,
                     int64_t testImages) {
  ImageCounts counts;
  counts.epoch = options.recipe.trainedImages(trainImages);
  counts.training = options.recipe.epochs * counts.epoch;
  const int64_t adapted = std::min(options.adaptationImages, counts.epoch),
                measured = std::min(options.recalibrationImages, counts.epoch);
  counts.rewrite =
      (options.rounds - 1) * counts.training + adapted + measured + testImages;
  counts.chip = (options.writes > 0) * adapted + counts.training +
                2 * testImages + options.rewrites * counts.rewrite;
  counts.all = testImages + options.trials * counts.chip;
  return counts;
}

class Experiment {
public:
  Experiment(const plan::Plan &lowered, const TensorMap &tensors,
             const DataSet &train, const DataSet &test, ImageRange tested,
             const RetrainingOptions &options)
      : lowered(lowered), held(lowered), tensors(tensors), train(train),
        test(test), tested(tested), options(options),
        counts(countsOf(options, train.images(), tested.end - tested.begin)),
        before(options.before ? *options.before : ownBefore) {
    const plan::Plan exact = withoutErrors(lowered);
    for (uint32_t layer : options.selected)
      *held.mutable_layers(layer) = exact.layers(layer);
  }

  Retraining run() {
    check();
    prepare();
    countParameters();
    result.depth = program->depth();
    if (options.kept) {
      restoreRetraining(options, result, unfinished);
      spare(keptImages());
    } else {
      const auto correct = countOnce(before.exact, withoutErrors(lowered), {});
      result.stopped = !correct;
      result.floatCorrect = correct.value_or(0);
    }
    try {
      for (int64_t trial = result.chips.size();
           trial < options.trials && !result.stopped; ++trial)
        result.stopped = !runChip(trial);
    } catch (const TrainingDiverged &error) {
      result.diverged = error;
    }
    return std::move(result);
  }

private:
  /// What comes after training must not turn out to be impossible only then.
  /// One program after the other, since each needs much memory.
  void check() const {
    if (options.adaptationImages > 0)
      checkAdaptation(held, tensors, adaptationData(), adaptationRecipe(),
                      options.executor);
    if (options.recalibrationImages > 0)
      checkRecalibration(held, tensors, trainedData(),
                         options.recalibrationImages, options.executor);
  }

  void prepare() {
    program = std::make_unique<TrainingProgram>(
        lowered, tensors, options.selected, options.adaptationImages > 0,
        TrainingProgramOptions{
            .threads = options.executor.threads,
            .batch = std::min(options.recipe.batch, train.images()),
            .labelSmoothing = options.recipe.labelSmoothing,
            .strict = options.executor.precision == Precision::f32Strict,
            .chosen = options.executor.chosen,
            .keptBytes = options.keptBytes,
            .views =
                counts.epoch * (options.recipe.augmentation.flip ? 2 : 1)});
  }

  void countParameters() {
    for (const Parameter &parameter : program->parameters()) {
      result.trainedParameters += parameter.gradient.size();
      if (parameter.kind != Parameter::Kind::weights)
        result.digitalParameters += parameter.gradient.size();
    }
    if (options.adaptationImages == 0)
      return;
    // Those of layers that are not selected: trained on rewritten chips only.
    const int64_t biases = biasesBeside(lowered, options.selected);
    result.trainedParameters += biases;
    result.digitalParameters += biases;
  }

  /// What was kept spares, without the training in work (Trainer).
  int64_t keptImages() const {
    return tested.end - tested.begin + result.chips.size() * counts.chip +
           unfinished.rewritten.size() * counts.rewrite;
  }
  void spare(int64_t images) const {
    if (options.imagesSpared)
      options.imagesSpared->fetch_add(images);
  }

  /// What one chip's cells hold, and are to hold.
  struct Cells {
    CellFacts facts;
    CellSet rewritten; ///< empty: all
  };

  /// Runs a chip, or what is left of the unfinished one.
  bool runChip(uint64_t trial) {
    const Chip chip{options.seed, trial, 0};
    RetrainedChip own;
    const auto injected = countOnce(before.injected[trial], lowered, chip);
    if (!injected)
      return false;
    own.injected = *injected;

    if (!program)
      prepare();
    program->program(chip);
    Cells cells;
    cells.facts.held = weightsOfSelected();
    if (options.writes > 0 && !chooseCells(chip, cells))
      return false;
    const auto epochs = trainChip(chip, cells, /*isKept=*/true);
    if (!epochs)
      return false;
    own.epochs = *epochs;
    // The selected layers hold exactly what was learned, for now.
    cells.facts.wanted = weightsOfSelected();
    const TensorMap learned = withParameters(tensors, program->parameters());
    const auto retrained = count(held, learned, chip);
    if (!retrained)
      return false;
    own.retrained = *retrained;
    if (trial == 0 && options.wantsNetwork)
      keepNetwork(chip, learned);
    if (options.rounds == 1)
      program.reset(); // what adapts a rewritten chip needs as much memory
    for (int64_t r = unfinished.rewritten.size(); r < options.rewrites; ++r) {
      if (!rewrite(chip, r, cells, learned))
        return false;
      save();
    }
    own.rewritten = std::move(unfinished.rewritten);
    own.cellsWritten = std::move(unfinished.cellsWritten);
    result.chips.push_back(std::move(own));
    unfinished = {};
    save();
    return true;
  }

  void save() const {
    if (options.keep)
      options.keep(checkpointOf(result, unfinished));
  }

  TrainerOptions trainerOptions(const Chip &chip) const {
    TrainerOptions training;
    training.stream = {options.seed, chip.trial};
    training.chip = chip;
    training.executor = options.executor;
    training.stop = options.stop;
    training.imagesDone = options.imagesDone;
    training.imagesSpared = options.imagesSpared;
    return training;
  }

  /// The recipe and the images of training what is digital.
  TrainingRecipe adaptationRecipe() const {
    TrainingRecipe recipe = options.recipe;
    recipe.epochs = 1;
    recipe.holdBack = 0;
    recipe.patience = 0;
    return recipe;
  }
  /// Without the images that are held back.
  DataSet trainedData() const {
    return train.part(0, options.recipe.trainedImages(train.images()));
  }
  DataSet adaptationData() const {
    const DataSet trained = trainedData();
    return trained.part(0,
                        std::min(options.adaptationImages, trained.images()));
  }

  /// Fits what is digital to the chip as it was written, measures curvature
  /// meanwhile, and lets the cells that are to be written again begin with what
  /// they were meant to hold.
  bool chooseCells(const Chip &chip, Cells &cells) {
    CellFacts &facts = cells.facts;
    for (const auto &[layer, held] : facts.held) {
      const auto meant = tensors.at(layer).as<float>();
      facts.wanted[layer].assign(meant.begin(), meant.end());
      facts.writeVariance[layer] = meanSquare(facts.wanted[layer], held);
      facts.curvature[layer].resize(held.size());
    }
    const DataSet data = adaptationData();
    const int64_t steps =
        (data.images() + options.recipe.batch - 1) / options.recipe.batch;
    TrainerOptions training = trainerOptions(chip);
    training.afterStep = [&](int64_t step) {
      // The squares of gradients are on average proportional to curvature (the
      // Fisher information), once the loss is low.
      if (step >= steps / 2)
        for (auto &[layer, curvature] : facts.curvature) {
          const std::vector<float> &gradient = parameterOf(layer).gradient;
          for (size_t i = 0; i < curvature.size(); ++i)
            curvature[i] += gradient[i] * gradient[i];
        }
      restoreOthers(cells);
    };
    for (const auto &[layer, held] : facts.held)
      cells.rewritten[layer].resize(held.size()); // none
    Trainer trainer(*program, held, tensors, data, adaptationRecipe(),
                    training);
    if (!trainer.run())
      return false;
    cells.rewritten = cellsWorthWriting(
        facts, writesOfRound(options.writes, 0, options.writeRounds));
    for (const auto &[layer, set] : cells.rewritten) {
      std::vector<float> &value = parameterOf(layer).value;
      for (size_t i = 0; i < value.size(); ++i)
        if (set[i])
          value[i] = facts.wanted[layer][i];
    }
    return true;
  }

  /// Gives cells that will not be written what they hold.
  void restoreOthers(const Cells &cells) {
    for (const auto &[layer, set] : cells.rewritten)
      keepOthers(set, cells.facts.held.at(layer), parameterOf(layer).value);
  }

  /// Trains the program as it stands, or goes on with a training that \p isKept
  /// with the unfinished chip; returns its epochs.
  std::optional<std::vector<EpochResult>>
  trainChip(const Chip &chip, const Cells &cells, bool isKept) {
    TrainerOptions training = trainerOptions(chip);
    const double before = result.trainSeconds;
    const auto begin = std::chrono::steady_clock::now();
    if (isKept && unfinished.training)
      training.kept = &*unfinished.training;
    if (isKept && options.keep)
      training.keep = [&](const Checkpoint &state) {
        unfinished.training = state;
        result.trainSeconds = before + secondsSince(begin);
        save();
      };
    if (options.inject > 0)
      training.beforeStep = [&](int64_t step) {
        injectErrors(chip, step, cells);
      };
    if (!cells.rewritten.empty())
      training.afterStep = [&](int64_t) { restoreOthers(cells); };
    Trainer trainer(*program, held, tensors, train, options.recipe, training);
    const bool complete = trainer.run();
    result.trainSeconds = before + secondsSince(begin);
    for (Parameter &parameter : program->parameters())
      parameter.perturbed.clear();
    if (!complete)
      return std::nullopt;
    return trainer.epochs();
  }

  /// Lets the next step compute with weights as if they were written anew, with
  /// errors as large as is asked for.
  void injectErrors(const Chip &chip, int64_t step, const Cells &cells) {
    Chip draw = chip;
    draw.epoch = firstNoiseEpoch + step % firstNoiseEpoch;
    for (uint32_t index : options.selected) {
      const plan::Layer &layer = lowered.layers(index);
      Parameter &parameter = parameterOf(layer.weights());
      parameter.perturbed = writeScaled(
          layer, aimedAt(parameter.value, layer, cells), draw, options.inject);
      if (!cells.rewritten.empty())
        keepOthers(cells.rewritten.at(layer.weights()), parameter.value,
                   parameter.perturbed);
    }
  }

  /// Writes cells of the selected layers again, for the \p r-th time from 0,
  /// and tests the chip. Returns false when stopped.
  bool rewrite(Chip chip, int64_t r, const Cells &cells, TensorMap learned) {
    const int64_t writes = options.rounds * options.writeRounds;
    CellFacts facts = cells.facts;
    int64_t written = 0;
    auto writeNext = [&](const CellSet &chosen) {
      Chip again = chip;
      again.epoch = ++chip.epoch;
      write(again, chosen, cells, facts);
      written += countCells(chosen);
    };
    chip.epoch = r * writes;
    writeNext(cells.rewritten.empty() ? changedCells(facts, options.threshold)
                                      : cells.rewritten);
    for (int64_t round = 1; round < options.writeRounds; ++round)
      writeNext(cellsWorthWriting(
          facts, writesOfRound(options.writes, round, options.writeRounds)));
    for (int64_t round = 1; round < options.rounds; ++round) {
      const Cells worst{facts, worstLayers(facts)};
      if (!retrainWritten(chip, worst, learned))
        return false;
      // The others still want what they did: their errors stay, and may be the
      // worst in the next round.
      setWanted(facts, worst.rewritten, weightsOfSelected());
      writeNext(
          inBoth(worst.rewritten, changedCells(facts, options.threshold)));
    }
    for (const auto &[layer, values] : facts.held)
      learned[layer] = makeTensor(learned.at(layer).shape, values);
    chip.epoch = 0;
    const auto correct = fitAndCount(chip, std::move(learned));
    if (!correct)
      return false;
    unfinished.rewritten.push_back(*correct);
    unfinished.cellsWritten.push_back(written);
    return true;
  }

  /// Retrains layers of a chip that was written again; \p learned are the
  /// network's tensors, whose digital ones go on from what they are.
  bool retrainWritten(Chip chip, const Cells &cells, TensorMap &learned) {
    chip.epoch = 0;
    for (Parameter &parameter : program->parameters()) {
      const auto values = learned.at(parameter.tensor).as<float>();
      parameter.value.assign(values.begin(), values.end());
    }
    for (const auto &[layer, values] : cells.facts.held)
      parameterOf(layer).value = values;
    if (!trainChip(chip, cells, /*isKept=*/false))
      return false;
    learned = withParameters(tensors, program->parameters());
    return true;
  }

  /// Writes the cells \p chosen of \p chip, by its write epoch.
  void write(const Chip &chip, const CellSet &chosen, const Cells &cells,
             CellFacts &facts) const {
    for (uint32_t index : options.selected) {
      const plan::Layer &layer = lowered.layers(index);
      const std::string &name = layer.weights();
      std::vector<float> values =
          writeLayer(layer, aimedAt(facts.wanted.at(name), layer, cells), chip);
      keepOthers(chosen.at(name), facts.held.at(name), values);
      facts.held[name] = std::move(values);
    }
  }

  /// The weights that writing is given, whose range decides how large errors
  /// are. Cells that are not written again take part with what they were meant
  /// to hold, since the layer's scale on the chip stays when they do.
  Tensor aimedAt(const std::vector<float> &wanted, const plan::Layer &layer,
                 const Cells &cells) const {
    const Tensor &meant = tensors.at(layer.weights());
    if (cells.rewritten.empty())
      return makeTensor(meant.shape, wanted);
    const auto exact = meant.as<float>();
    std::vector<float> values = wanted;
    keepOthers(cells.rewritten.at(layer.weights()),
               {exact.begin(), exact.end()}, values);
    return makeTensor(meant.shape, values);
  }

  /// What is digital, fitted to a chip whose selected layers hold what \p
  /// written says, and the chip then tested.
  std::optional<int64_t> fitAndCount(const Chip &chip, TensorMap written) {
    const auto begin = std::chrono::steady_clock::now();
    if (options.adaptationImages > 0) {
      auto adapted = adaptDigital(held, written, chip, adaptationData(),
                                  adaptationRecipe(), trainerOptions(chip));
      if (!adapted)
        return std::nullopt;
      written = std::move(*adapted);
    }
    if (options.recalibrationImages > 0) {
      auto measured = recalibrateBatchNorm(held, written, chip, trainedData(),
                                           options.recalibrationImages,
                                           trainerOptions(chip));
      if (!measured)
        return std::nullopt;
      written = std::move(*measured);
    }
    result.trainSeconds += secondsSince(begin);
    return count(held, written, chip);
  }

  /// Gives \p values outside of \p set what they \p held.
  static void keepOthers(const std::vector<bool> &set,
                         const std::vector<float> &held,
                         std::vector<float> &values) {
    for (size_t i = 0; i < values.size(); ++i)
      if (!set[i])
        values[i] = held[i];
  }

  /// What the first chip holds: errors in all layers but the selected.
  void keepNetwork(const Chip &chip, const TensorMap &learned) {
    for (const Parameter &parameter : program->parameters())
      result.network[parameter.tensor] = learned.at(parameter.tensor);
    for (int l = 0; l < held.layers_size(); ++l) {
      const plan::Layer &layer = held.layers(l);
      const Tensor &weights = tensors.at(layer.weights());
      if (!options.selected.contains(l))
        result.network[layer.weights()] =
            makeTensor(weights.shape, writeLayer(layer, weights, chip));
    }
  }

  CellValues weightsOfSelected() const {
    CellValues weights;
    for (uint32_t index : options.selected)
      weights[lowered.layers(index).weights()];
    for (const Parameter &parameter : program->parameters())
      if (auto found = weights.find(parameter.tensor); found != weights.end())
        found->second = parameter.value;
    return weights;
  }

  Parameter &parameterOf(const std::string &tensor) {
    auto &parameters = program->parameters();
    return *std::ranges::find(parameters, tensor, &Parameter::tensor);
  }

  /// Counts with the tensors as they were given, unless that is known.
  std::optional<int64_t> countOnce(std::optional<int64_t> &known,
                                   const plan::Plan &plan, const Chip &chip) {
    if (known)
      spare(tested.end - tested.begin);
    else
      known = count(plan, tensors, chip);
    return known;
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
  const ImageCounts counts;
  CountsBefore ownBefore;
  CountsBefore &before;                     ///< own, unless others are given
  std::unique_ptr<TrainingProgram> program; ///< none while it is not needed
  Retraining result;
  UnfinishedChip unfinished;
};

} // namespace

Retraining cim::retrain(const plan::Plan &lowered, const TensorMap &tensors,
                        const DataSet &train, const DataSet &test,
                        ImageRange tested, const RetrainingOptions &options) {
  return Experiment(lowered, tensors, train, test, tested, options).run();
}

int64_t cim::imagesOf(const RetrainingOptions &options, int64_t trainImages,
                      int64_t testImages) {
  return countsOf(options, trainImages, testImages).all;
}
