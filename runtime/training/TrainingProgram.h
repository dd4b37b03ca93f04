//===- TrainingProgram.h - Computes gradients of a network ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_TRAININGPROGRAM_H
#define CIM_RUNTIME_TRAINING_TRAININGPROGRAM_H

#include "runtime/kernels/Algorithms.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"
#include "runtime/training/Parameter.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <vector>

namespace cim {

struct TrainingProgramOptions {
  unsigned threads = 0; ///< 0: all cores
  int64_t batch = 128;  ///< images of the largest batch
  double labelSmoothing = 0;
  bool strict = false; ///< direct kernels only
  /// As ExecutorOptions::chosen, of layers forward; what is computed backward
  /// has kernels of its own, and keeps the built-in choice.
  std::shared_ptr<const kernels::AlgorithmChoice> chosen = nullptr;
  /// At most so many bytes of what the layers in front of the first trained one
  /// compute are kept from epoch to epoch,
  size_t keptBytes = 0;
  /// and no memory is taken for more views of images than there are.
  int64_t views = std::numeric_limits<int64_t>::max();
};

/// A network that can be trained: forward through all layers, backward to the
/// first of those that are trained. Their batch normalisation works in batch
/// mode; everything else stays as it is, with the errors of the chip it is
/// written on.
class TrainingProgram {
public:
  /// \p plan is a plan as lowered (CompileRequest::optimise). \p trained are
  /// layers by position in the plan: their weights and biases, and scale and
  /// bias of a batch normalisation that follows directly. \p allNormalizations
  /// trains every batch normalisation. Throws InputError when that is
  /// impossible, or too large for memory.
  TrainingProgram(const plan::Plan &plan, const TensorMap &tensors,
                  const std::set<uint32_t> &trained, bool allNormalizations,
                  const TrainingProgramOptions &options);
  ~TrainingProgram();

  /// Begins anew, and writes all layers of \p chip: those that are not trained
  /// keep what is written, errors and all, and the others begin with it.
  void program(const Chip &chip);

  /// What training changes, in the network's order.
  std::deque<Parameter> &parameters();
  const std::deque<Parameter> &parameters() const;
  /// Must be called after parameters were changed, before run().
  void update();

  /// Fills one image, as networks read it.
  using ReadImage = std::function<void(int64_t position, float *image)>;
  struct BatchResult {
    double loss = 0;     ///< summed over the images
    int64_t correct = 0; ///< images
  };
  /// Computes the gradients of a batch of \p labels.size() images, at most
  /// options.batch; \p read is called from several threads. The same bits for
  /// any number of threads. \p views numbers the views of images that come
  /// again in other batches, if they do, so that what does not change can be
  /// kept; no view is twice in a batch.
  BatchResult run(std::span<const int64_t> labels, const ReadImage &read,
                  std::span<const int64_t> views = {});

  /// Only measures the running mean and variance of batch normalisations over a
  /// batch of \p images images, the new values counting \p weight (1: alone).
  void measure(int64_t images, double weight, const ReadImage &read);

  unsigned threads() const;
  /// Of activations, gradients and sums.
  size_t bytes() const;
  /// Layers between the output and the first that is trained, that included.
  int depth() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

/// \p tensors with the values of \p parameters in place.
TensorMap withParameters(TensorMap tensors,
                         const std::deque<Parameter> &parameters);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_TRAININGPROGRAM_H
