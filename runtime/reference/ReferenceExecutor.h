//===- ReferenceExecutor.h - Runs a plan in double precision ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The oracle of the executor and of every kernel: step after step, one call at
// a time, in double precision, through the functions that define the nn
// dialect. Written to be read; fast enough to check some hundred images.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REFERENCE_REFERENCEEXECUTOR_H
#define CIM_RUNTIME_REFERENCE_REFERENCEEXECUTOR_H

#include "dialects/nn/reference/Reference.h"
#include "runtime/converters/Counts.h"
#include "runtime/plan/Batch.h"
#include "runtime/plan/Precision.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/reference/MappedLayer.h"
#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace cim {

class ReferenceExecutor {
public:
  /// \p plan must have passed verifyPlan; \p tensors must outlive this.
  /// The weights are the float weights until program() is called. With
  /// Precision::bf16 it rounds what the kernels round; otherwise nothing.
  ReferenceExecutor(plan::Plan plan, const TensorMap &tensors,
                    Precision precision = Precision::f32);

  /// Replaces the weights by those that \p chip holds.
  void program(const Chip &chip);

  /// What writing the last chip took.
  const WriteCounts &writes() const { return counts; }

  /// The plan as it is run: for one image where the network allows it.
  const plan::Plan &plan() const { return program_; }

  /// Computes every value of the plan, in the order of its values, from one
  /// call's \p inputs, whose shapes must be those of the plan's inputs, and
  /// the first of which is image \p firstImage. Converters count what belongs
  /// to images of \p batch. Throws InputError for an operation that the
  /// reference does not know, and for an index out of range.
  std::vector<reference::Tensor>
  evaluate(std::span<const reference::Tensor> inputs, uint64_t firstImage = 0,
           const Batch &batch = {}) const;

  /// What the converters of each layer of the plan did in all runs so far.
  std::vector<ConverterCounts> converterCounts() const;

  /// As Executor::run, with logits in double precision.
  using ReadImage = std::function<void(int64_t index, float *image)>;
  using WriteResult = std::function<void(int64_t index, const double *logits)>;
  bool run(int64_t images, const ReadImage &read, const WriteResult &write,
           unsigned threads = 0,
           const std::function<bool()> &stop = nullptr) const;

  int64_t inputElements() const;  ///< per image
  int64_t outputElements() const; ///< per image

private:
  void runCall(int64_t first, int64_t images, const ReadImage &read,
               const WriteResult &write) const;

  plan::Plan program_;
  const TensorMap &tensors;
  /// Constants by value index, empty for computed values.
  std::vector<reference::Tensor> constants;
  /// Weights by layer.
  std::vector<reference::Tensor> weights;
  /// By step; null where arrays are not computed one by one.
  std::vector<std::unique_ptr<MappedLayer>> mapped;
  mutable std::vector<ConverterCounts> converted; ///< by layer
  mutable std::unique_ptr<std::mutex> countsMutex;
  WriteCounts counts;
  /// Values that are rounded to bfloat16; empty: none, and no weights.
  std::vector<bool> bfloat16;
};

} // namespace cim

#endif // CIM_RUNTIME_REFERENCE_REFERENCEEXECUTOR_H
