//===- Evaluation.h - Accuracy of a network over chips -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_EVALUATION_H
#define CIM_RUNTIME_EVALUATION_EVALUATION_H

#include "runtime/data/DataSet.h"
#include "runtime/executor/Executor.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cim {

class KeptActivations;
class ReferenceExecutor;

struct EvaluationOptions {
  int64_t trials = 1;
  uint64_t seed = 0;
  ExecutorOptions executor;
  /// In double precision, operation by operation (ReferenceExecutor); of
  /// `executor`, only the threads and `bf16` matter then.
  bool reference = false;
  /// Keep what the network answers in the first trial.
  bool keepLogits = false;
  /// Polled often, from several threads; true ends the evaluation after the
  /// trials that are complete.
  std::function<bool()> stop;
  /// Counts images as they are done, over all trials; may be watched from
  /// another thread.
  std::atomic<int64_t> *imagesDone = nullptr;
  /// One number per image, where it is wanted: grows by one in every trial that
  /// classifies the image as its label says.
  uint32_t *rightPerImage = nullptr;
};

struct Evaluation {
  /// Images that the network classifies as their label says, per complete
  /// trial; of equal logits the first counts, and NaN is never right.
  std::vector<int64_t> correct;
  /// Images whose label is among the five largest logits.
  std::vector<int64_t> correctTop5;
  int64_t images = 0;
  int64_t classes = 0;
  /// Wall seconds, summed over complete trials. Preparing the kernels and the
  /// arena, which happens once, counts as programming.
  double programSeconds = 0, forwardSeconds = 0;
  /// images × classes, of the first trial.
  std::vector<float> logits;
  unsigned threads = 0, microBatch = 0;
  /// What writing took, per complete trial.
  std::vector<WriteCounts> writes;
  /// What the converters of each layer did in all trials.
  std::vector<ConverterCounts> converters;
  /// What was asked of the weights but could not be done, a line each.
  std::vector<std::string> warnings;
  /// Time per step; with `executor.profile`, else only of steps without a
  /// kernel.
  std::vector<StepTime> profile;
  /// Not all trials that were asked for are complete.
  bool stopped = false;
};

/// What one chip answered.
struct ChipResult {
  int64_t correct = 0, correctTop5 = 0; ///< images, as in Evaluation
  double programSeconds = 0, forwardSeconds = 0;
  WriteCounts writes;
};

/// A network and its images, ready to be run on one chip after another. Where
/// chips differ in later layers only, what enters those is computed once, as
/// far as a gigabyte holds it.
class Evaluator {
public:
  /// Prepares the kernels. Of \p options, the trials do not matter. \p plan and
  /// \p data must outlive it. Throws InputError.
  Evaluator(const plan::Plan &plan, const TensorMap &tensors,
            const DataSet &data, EvaluationOptions options);
  ~Evaluator();

  /// Writes chip number \p trial and runs all images on it; \p logits (images ×
  /// classes), when not null, receives what the network answers. Nothing when
  /// `options.stop` ended it. Throws InputError.
  std::optional<ChipResult> run(uint64_t trial, float *logits = nullptr);

  /// What does not depend on chips, and the profile so far, into \p result.
  void describe(Evaluation &result) const;

private:
  /// The step at which chips begin to differ; 0 where nothing is shared.
  int sharedSteps(const plan::Plan &plan) const;

  const DataSet &data;
  /// With the reads of all images, where cells are disturbed by them.
  std::optional<plan::Plan> counted;
  EvaluationOptions options;
  int64_t classes;
  // One of the two.
  std::unique_ptr<Executor> executor;
  std::unique_ptr<ReferenceExecutor> reference;
  int shared = 0; ///< steps
  int64_t runs = 0;
  /// What stands in front of the first step that is not shared, from the second
  /// run on: a single one would not gain anything.
  std::unique_ptr<KeptActivations> kept;
};

/// Shape of one image as the network \p plan takes it, for example {3, 32, 32}.
/// Throws InputError for a network that cannot be fed with images (several
/// inputs, or of integers).
std::vector<int64_t> imageShape(const plan::Plan &plan);

/// How many numbers the network answers per image. Throws InputError for a
/// network whose answer is no row of logits.
int64_t classCount(const plan::Plan &plan);

/// Whether two chips can differ.
bool isRandom(const plan::Plan &plan);

/// Writes \p options.trials chips and runs all images of \p data on each.
/// Results depend on nothing but the plan, the tensors, the data, the seed and
/// the number of trials. Throws InputError.
Evaluation evaluate(const plan::Plan &plan, const TensorMap &tensors,
                    const DataSet &data, const EvaluationOptions &options);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_EVALUATION_H
