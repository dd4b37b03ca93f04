//===- Step.h - A step of the plan, bound to a kernel -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_STEP_H
#define CIM_RUNTIME_EXECUTOR_STEP_H

#include "runtime/converters/Counts.h"
#include "runtime/executor/Geometry.h"
#include "runtime/kernels/Convolution.h"
#include "runtime/plan/Batch.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// Where a computed value stands: how it lies there, and its place in the
/// arena, in bytes. From one call's to the next call's are geometry.bytes.
struct Placement {
  Geometry geometry;
  size_t offset = 0;
  /// It stands in Pass::scratch instead.
  bool inScratch = false;
  /// There is room for all calls of a micro-batch, not for those of one pass
  /// alone.
  bool isForAllCalls = false;

  float *at(std::byte *arena) const {
    return reinterpret_cast<float *>(arena + offset);
  }
};

class LayerProgram;
class Measurements;

/// What one worker takes through the network at once.
struct Pass {
  std::byte *arena;
  /// What scratch offsets count from: mostly the arena.
  std::byte *scratch;
  int64_t calls;
  int64_t firstImage; ///< of the first call
  int64_t callImages; ///< from one call's first image to the next call's
  unsigned worker;
  std::span<ConverterCounts> counts; ///< the worker's, by layer of the plan
  Batch batch = {};                  ///< how far all calls are filled
  int64_t firstCall = 0;             ///< of the micro-batch

  /// The first call's value at \p place.
  std::byte *at(const Placement &place) const {
    const int64_t call = place.isForAllCalls ? firstCall : 0;
    return (place.inScratch ? scratch : arena) + place.offset +
           call * place.geometry.bytes;
  }
};

/// Which of a step's operands and results may be stored as bfloat16 numbers.
enum class Bfloat16Storage {
  none,
  each, ///< one or the other: the kernel converts
  all,  ///< if all of them are
};

/// A step of the plan with the kernel that runs it. Built in two parts, because
/// memory is laid out only when all kernels have said what they want of it.
class BoundStep {
public:
  virtual ~BoundStep() = default;

  /// The border of zeros that the kernel reads around \p operand (of the
  /// step's inputs).
  virtual Border wantedBorder(int operand) const { return {}; }
  /// True when the step can read pixels without padding channels, of fewer
  /// channels than a block.
  virtual bool readsUnpaddedPixels() const { return false; }
  /// True when the result may take the place of the first operand.
  virtual bool runsInPlace() const { return false; }
  /// Images only, and only those that hold nothing but such numbers.
  virtual Bfloat16Storage bfloat16Storage() const {
    return Bfloat16Storage::none;
  }
  /// Bytes behind an operand that run() may read; what they hold does not
  /// matter.
  virtual size_t readsBeyond() const { return 0; }
  /// Bytes of working memory that run() wants for \p calls calls.
  virtual size_t scratchBytes(int64_t calls) const { return 0; }
  /// Takes the places of all values, by value index, which must stay where they
  /// are, and the scratch's offset (Pass::scratch).
  virtual void place(std::span<const Placement> values, size_t scratch) = 0;

  /// Computes the step. Returns 0 or the kernel's error code.
  virtual int run(const Pass &pass) const = 0;

  /// For steps with weights on crossbars: takes the cells of rows [begin, end)
  /// of the weights' first dimension, ONNX order; \p written is the first of
  /// them. Called by several threads for different rows.
  virtual void pack(const float *written, int64_t begin, int64_t end) {}
  /// The same for cells of slice \p slice, for steps that read slices one by
  /// one; for others, 0 stands for all slices together. Steps whose arrays are
  /// read take what LayerProgram::writeArrays writes.
  virtual void packSlice(unsigned slice, const float *written, int64_t begin,
                         int64_t end) {
    pack(written, begin, end);
  }
  /// Whether it does.
  virtual bool readsSlices() const { return false; }
  /// Takes the variances of reads of the same cells (LayerProgram), for steps
  /// that want them.
  virtual void packReadVariance(unsigned slice, const float *variance,
                                int64_t begin, int64_t end) {}
  /// Whether it does.
  virtual bool readsVariance() const { return false; }
  /// Whether its weights change otherwise than by being written, so that what
  /// is the same on every chip has to be written anew, too.
  virtual bool forgetsWeights() const { return false; }
  /// Tells steps with weights on crossbars, once, how these are written; and,
  /// before any cells of it come, which chip is written next.
  virtual void bindProgram(const LayerProgram &program) {}
  virtual void beginChip(const Chip &chip) {}
  /// Gives steps whose arrays are read the factor by which what these compute
  /// is multiplied (LayerProgram::driftCompensation), before any cells come.
  virtual void compensate(float factor) {}
  /// `begin` above is a multiple of this, and `end` too or the last.
  virtual int64_t packRows() const { return 1; }
  /// Bytes of weights that each pass reads.
  virtual size_t weightBytes() const { return 0; }

  /// What the kernel computes, for layers with weights.
  virtual const kernels::ConvolutionShape *convolution() const {
    return nullptr;
  }
  /// The chosen kernel, for people: "winograd 4x4x32"; "" when the operation
  /// has only one.
  virtual std::string kernel() const { return ""; }
  /// Of one call, computed directly; 0 for steps that hardly multiply. Where
  /// arrays are read one by one, those of all of them.
  virtual double multiplyAdds() const { return 0; }

  /// True when run() rounds a result that is stored as bfloat16; otherwise the
  /// executor does.
  virtual bool roundsResult() const { return false; }

  /// True for the path without a kernel, through the reference.
  virtual bool isGeneral() const { return false; }
};

/// One per step of a plan.
using BoundSteps = std::vector<std::unique_ptr<BoundStep>>;

/// What binding a step needs to know.
struct Program {
  const plan::Plan &plan;
  const TensorMap &tensors;
  /// Not null while ranges are measured in place of running converters.
  Measurements *measurements = nullptr;
  /// Values that are stored as bfloat16 numbers (Precision::bf16); empty: none.
  std::vector<bool> bfloat16 = {};

  bool isBfloat16() const { return !bfloat16.empty(); }

  const plan::Value &value(uint32_t index) const { return plan.values(index); }
  bool isConstant(uint32_t index) const {
    return !plan.values(index).constant().empty();
  }
  const Tensor &constant(uint32_t index) const {
    return tensors.at(plan.values(index).constant());
  }
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_STEP_H
