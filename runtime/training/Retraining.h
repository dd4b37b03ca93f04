//===- Retraining.h - Write, retrain, rewrite -------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors that were written into cells can be trained away, but that means to
// write cells anew, with new errors (docs/semantics.md, layer-restricted
// retraining): a chip is written, some layers are retrained while the others
// keep their errors, and the retrained layers are written again.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_RETRAINING_H
#define CIM_RUNTIME_TRAINING_RETRAINING_H

#include "runtime/training/Trainer.h"

#include <map>
#include <set>

namespace cim {

/// A chip is written anew less often than this, all rounds of all rewrites
/// together: write epochs from here on belong to noise during retraining, one
/// per step.
inline constexpr uint32_t firstNoiseEpoch = uint32_t(1) << 21;

/// Images of a test set that a network gets right before anything is retrained:
/// the same, whatever is retrained then.
struct CountsBefore {
  std::optional<int64_t> exact;                        ///< without errors
  std::map<uint64_t, std::optional<int64_t>> injected; ///< by chip
};

struct RetrainingOptions {
  /// Layers to retrain, by position in the plan.
  std::set<uint32_t> selected;
  TrainingRecipe recipe;
  uint64_t seed = 0;
  int64_t trials = 1;   ///< chips
  int64_t rewrites = 6; ///< of the retrained layers of each chip
  // Beyond the published method:
  /// Errors of the selected weights while they are retrained, a new draw at
  /// every step: so many times those that writing makes. 0: none.
  double inject = 0;
  /// After each rewrite, mean and variance of every batch normalisation are
  /// measured again over so many training images. 0: not.
  int64_t recalibrationImages = 0;
  /// Cells are written again only where the weight changed by more than this
  /// fraction of the layer's range; others keep what they hold.
  double threshold = 0;
  /// Digital parameters cost no write, so more of them are trained than the
  /// selected layers have: every batch normalisation together with the weights;
  /// and over so many training images on the chip after each rewrite every
  /// batch normalisation again, and the biases of all layers. 0: not.
  int64_t adaptationImages = 0;
  /// At most so many cells are written again, those that are expected to lower
  /// the loss most (CellChoice.h); they begin with what they were meant to
  /// hold, and only they are retrained. Wants adaptation, while which curvature
  /// is measured. 0: all cells.
  int64_t writes = 0;
  /// They are spread over so many rounds; from the second on,
  /// cells that were written badly are written again.
  int64_t writeRounds = 1;
  /// Rounds of retraining and rewriting: from the second on, on each chip as it
  /// was rewritten, and only the half of the layers whose errors came out
  /// largest relative to their weights.
  int64_t rounds = 1;

  /// Whether `Retraining::network` is wanted; it stands in what `keep` gets.
  bool wantsNetwork = true;
  /// Keeps the chips that are done, and how far the one in work has come:
  /// called after every epoch and every rewrite, and when training is stopped.
  std::function<void(const Checkpoint &)> keep;
  /// What `keep` was given by the same retraining, to go on from there; where
  /// that was done, the progress alone will do, but `Retraining::network` is
  /// then missing.
  const Checkpoint *kept = nullptr;

  /// What is known from retraining other layers of the same network with the
  /// same seed and test set, and is filled in. Null: nothing.
  CountsBefore *before = nullptr;

  /// At most so many bytes of what the layers in front of the retrained ones
  /// compute are kept from epoch to epoch. Results do not depend on it.
  size_t keptBytes = 0;
  ExecutorOptions executor;
  std::function<bool()> stop;
  /// Counts images, trained on and tested.
  std::atomic<int64_t> *imagesDone = nullptr;
  /// Counts those that need not be: what came of them was kept or is known, or
  /// patience ended their training early.
  std::atomic<int64_t> *imagesSpared = nullptr;
};

/// What one chip came to: images of the test set it got right.
struct RetrainedChip {
  int64_t injected = 0, retrained = 0;
  std::vector<int64_t> rewritten; ///< by rewrite
  std::vector<EpochResult> epochs;
  /// Weights written again by rewrite, all rounds together.
  std::vector<int64_t> cellsWritten;
};

struct Retraining {
  int64_t floatCorrect = 0; ///< of the network without errors
  std::vector<RetrainedChip> chips;
  /// Weights, biases, scales, those that only adaptation trains among them.
  int64_t trainedParameters = 0;
  int64_t digitalParameters = 0; ///< those among them that are no weights
  int depth = 0;                 ///< layers that the backward pass reaches
  /// The network as the first chip holds it after retraining: all tensors of
  /// the plan that differ from the original's.
  TensorMap network;
  double trainSeconds = 0, evaluateSeconds = 0;
  bool stopped = false; ///< some chips are missing
  /// Why some chips are missing otherwise: training the next one diverged.
  std::optional<TrainingDiverged> diverged;
};

/// Runs the experiment, and reports on images \p tested of \p test. \p lowered
/// is a plan as lowered, with errors. Results depend on nothing but plan,
/// tensors, data and options, threads excluded. Throws InputError.
Retraining retrain(const plan::Plan &lowered, const TensorMap &tensors,
                   const DataSet &train, const DataSet &test, ImageRange tested,
                   const RetrainingOptions &options);

/// The images that retrain() will count, done and spared, for progress. \p
/// trainImages: with those that are held back. Throws InputError as it does.
int64_t imagesOf(const RetrainingOptions &options, int64_t trainImages,
                 int64_t testImages);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_RETRAINING_H
