//===- Trainer.h - Epochs of training -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_TRAINER_H
#define CIM_RUNTIME_TRAINING_TRAINER_H

#include "runtime/tensor/Errors.h"
#include "runtime/training/Accuracy.h"
#include "runtime/training/Augmentation.h"
#include "runtime/training/Optimiser.h"
#include "runtime/training/TrainingProgram.h"

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace cim {

struct Checkpoint;

/// A loss is no finite number any more: the recipe does not suit the network.
struct TrainingDiverged : InputError {
  /// \p kept: what the checkpoint holds, in words.
  explicit TrainingDiverged(const std::string &cause,
                            const std::string &kept = "")
      : InputError(cause + kept), cause(cause) {}

  std::string cause;
};

/// How a network is trained.
struct TrainingRecipe {
  int64_t epochs = 1;
  int64_t batch = 128;
  LearningRate learningRate;
  OptimiserOptions optimiser;
  AugmentationOptions augmentation;
  double labelSmoothing = 0;
  /// The share of the images, the last ones, that is not trained on but tells
  /// how good the network is.
  double holdBack = 0;
  /// Ends training after so many epochs in a row without a better accuracy on
  /// the images held back, and goes back to the best; 0: never.
  int64_t patience = 0;

  /// How many of \p images images are trained on: all but the share held back.
  /// Throws InputError when none is left, or none is held back.
  int64_t trainedImages(int64_t images) const;
};

/// What came of one epoch.
struct EpochResult {
  double loss = 0;     ///< mean over its images, as they were trained on
  double accuracy = 0; ///< likewise
  double seconds = 0;
  std::optional<double> heldBack; ///< accuracy on the images held back
};

void to_json(nlohmann::ordered_json &json, const EpochResult &result);
void from_json(const nlohmann::ordered_json &json, EpochResult &result);

struct TrainerOptions {
  TrainingStream stream{};
  /// Keeps how far training has come: called after every epoch, and when
  /// training is stopped.
  std::function<void(const Checkpoint &)> keep{};
  /// What `keep` was given by the same training, to go on from there.
  const Checkpoint *kept = nullptr;
  ExecutorOptions executor{}; ///< for the images held back
  Chip chip{};                ///< that they are tested on
  std::function<bool()> stop{};
  std::atomic<int64_t> *imagesDone = nullptr;
  /// Counts those that need not be trained on: of what was kept, and of epochs
  /// that patience leaves out.
  std::atomic<int64_t> *imagesSpared = nullptr;
  std::function<void(int64_t epoch, const EpochResult &)> epochDone{};
  /// Called before each step, with its number: for noise on the weights.
  std::function<void(int64_t step)> beforeStep{};
  /// Called after parameters have moved, with their gradients still in place:
  /// for what must not move.
  std::function<void(int64_t step)> afterStep{};
};

/// Trains \p program, whose network is \p lowered with \p tensors, on \p data,
/// from where its parameters stand: each step takes them as it finds them.
/// The result is a pure function of the program's parameters, the data, the
/// recipe and the stream, on however many threads and however often it is
/// stopped and resumed.
class Trainer {
public:
  /// \p program must have been programmed. All references must outlive it.
  /// Throws InputError when what was kept is not of this training.
  Trainer(TrainingProgram &program, const plan::Plan &lowered,
          const TensorMap &tensors, const DataSet &data,
          const TrainingRecipe &recipe, TrainerOptions options);

  /// Returns false when it was stopped. Throws InputError when the loss is no
  /// number any more, saying at which step.
  bool run();

  const std::vector<EpochResult> &epochs() const { return history; }
  int64_t trainedImages() const { return images; } ///< per epoch

private:
  bool runEpoch(int64_t epoch);
  void runStep(int64_t epoch, int64_t step, const std::vector<int64_t> &order);
  [[noreturn]] void throwDiverged(const std::string &what,
                                  int64_t current) const;
  void finishEpoch(int64_t epoch);
  bool isOverfitting() const;
  /// Nothing when it was stopped.
  std::optional<double> heldBackAccuracy() const;
  void save(int64_t epoch, int64_t step) const;
  void restore(const Checkpoint &kept);
  void spare(int64_t count) const;
  int64_t stepsPerEpoch() const {
    return (images + recipe.batch - 1) / recipe.batch;
  }

  TrainingProgram &program;
  const plan::Plan &lowered;
  const TensorMap &tensors;
  const DataSet &data;
  const TrainingRecipe recipe;
  const TrainerOptions options;
  Augmentation augmentation;
  Optimiser optimiser;
  int64_t images; ///< trained on; the rest is held back

  std::vector<EpochResult> history;
  /// Where it stands: at a step of this epoch, or behind its last one while
  /// images held back are tested.
  int64_t epoch = 0, step = 0;
  double loss = 0; ///< summed over this epoch's images so far
  int64_t correct = 0;
  double secondsBefore = 0; ///< of this epoch, before it was resumed
  /// The best parameters so far, with patience.
  int64_t bestEpoch = -1;
  std::vector<std::vector<float>> best;
};

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_TRAINER_H
