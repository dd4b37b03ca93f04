//===- TrainingFlags.h - Options of commands that train ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_TRAININGFLAGS_H
#define CIM_TOOLS_CIM_TRAININGFLAGS_H

#include "runtime/training/Trainer.h"
#include "tools/cim/Flags.h"

namespace cim {

/// `--epochs`, `--learning-rate`, ...: how a network is trained.
struct RecipeFlags {
  int64_t epochs, batch = 128;
  double learningRate;
  std::string schedule = "cosine", optimizer = "sgd", augment;
  std::optional<double> momentum = std::nullopt; ///< nothing: the default
  double weightDecay, labelSmoothing = 0;
  double holdBack = 0;
  int64_t patience = 0;

  void addTo(CLI::App &app);
  /// Throws UsageError.
  TrainingRecipe check() const;
  void describe(Json &options) const;

private:
  /// Whether the optimizer has a momentum.
  bool usesMomentum() const;
};

/// `--data`, of which the train split is fitted and the test split reported.
struct TrainingDataFlags {
  DataFlags train;
  std::string testSpec; ///< `--test-data`
  int64_t testLimit = 0;

  void addTo(CLI::App &app);
  /// Throws UsageError.
  void check();
  DataSet openTrain(const DataOptions &options) const;
  DataSet openTest(const DataOptions &options) const;
  /// The test data as they are named.
  std::string testName() const { return test.spec; }
  void describe(Json &options, const DataSet &data) const;
  /// DataFlags::identity of \p trainSet, with that of \p testSet as "test".
  Json identity(const DataSet &trainSet, const DataSet &testSet) const;

private:
  DataFlags test;
};

/// Says which classes have no image among the first \p trained of \p data,
/// which are trained on, or among the others, which are held back.
void warnOfMissingClasses(const DataSet &data, int64_t trained);

/// Tells training with \p options, as described, from any other, by the
/// contents of all files. \p network is as it begins. Without \p test it
/// reports on images that are held back. Throws InputError.
std::string trainingIdentity(Json options, const ModelFlags &model,
                             const ErrorFlags &errors, const RunFlags &running,
                             const Network &network, const DataSet &train,
                             const DataSet *test);

} // namespace cim

#endif // CIM_TOOLS_CIM_TRAININGFLAGS_H
