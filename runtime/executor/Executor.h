//===- Executor.h - Runs a plan on the fast kernels -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_EXECUTOR_H
#define CIM_RUNTIME_EXECUTOR_EXECUTOR_H

#include "runtime/converters/Counts.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim {

class Measurements;

struct ExecutorOptions {
  unsigned threads = 0;    ///< 0: all cores
  unsigned microBatch = 0; ///< images per pass; 0: chosen from cache sizes
  bool strict = false;     ///< direct kernels only (`--precision f32-strict`)
  bool profile = false;    ///< time every step
  /// Not null: look at what enters and leaves arrays (calibrate()).
  Measurements *measurements = nullptr;
};

/// Time that one step took in all runs so far, summed over threads.
struct StepTime {
  std::string name;      ///< the ONNX node's
  std::string operation; ///< "conv", ...
  /// The path without a kernel, through the reference; always measured.
  bool general = false;
  double seconds = 0;
};

/// A prepared program. Construction binds every step to a kernel and lays out
/// the arena; after it nothing is looked up, dispatched or allocated, but for
/// steps that have no kernel.
class Executor {
public:
  /// Throws InputError when the plan is malformed, or too large for memory.
  /// Shares the bytes of \p tensors.
  Executor(const plan::Plan &plan, const TensorMap &tensors,
           const ExecutorOptions &options);
  ~Executor();

  /// Writes all layers of \p chip: runs every layer's programming chain and
  /// packs the result into its kernel's layout. Must come before run().
  void program(const Chip &chip);

  /// What writing the last chip took. Layers that are the same on every chip
  /// count once, on the first.
  const WriteCounts &writes() const;

  /// Fills \p image (the plan's input 0, C×H×W floats of image \p index).
  /// Called from several threads.
  using ReadImage = std::function<void(int64_t index, float *image)>;
  /// Receives output 0 of image \p index. Called from several threads.
  using WriteResult = std::function<void(int64_t index, const float *logits)>;

  /// Runs \p images images of a network that takes one image and whose first
  /// output is one row per image, both f32; throws InputError for others. The
  /// same bits for any thread count and any micro-batch. \p stop is polled
  /// between micro-batches, from several threads; returns false when it cut the
  /// run short. Exceptions of the callbacks are passed on.
  bool run(int64_t images, const ReadImage &read, const WriteResult &write,
           const std::function<bool()> &stop = nullptr);

  /// Computes all outputs of one call, whatever their element types are, from
  /// \p inputs: one tensor for each of the plan's inputs, of its type and
  /// shape. Throws InputError when they are others. Not for networks that were
  /// exported for many images but keep them apart (oneImage).
  std::vector<Tensor> call(std::span<const Tensor> inputs);

  int64_t inputElements() const;  ///< per image
  int64_t outputElements() const; ///< per image
  unsigned microBatch() const;
  unsigned threads() const;
  size_t arenaBytes() const; ///< per thread

  /// What the user asked for and did not get, a line each
  /// (LayerProgram::warnings).
  std::vector<std::string> warnings() const;

  /// What the converters of each layer of the plan did in all runs so far.
  std::vector<ConverterCounts> converterCounts() const;

  /// One entry per step that runs, in order. Zero seconds where nothing was
  /// measured.
  std::vector<StepTime> profile() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_EXECUTOR_H
