//===- TrainingStep.h - Steps that training adds to a plan ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_TRAININGSTEP_H
#define CIM_RUNTIME_TRAINING_TRAININGSTEP_H

#include "runtime/executor/Step.h"
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/Convolution.h"
#include "runtime/training/Parameter.h"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace cim {

/// A step that adds something up over the images of a batch. A batch is cut
/// into lanes, whose number does not depend on the threads: each lane has sums
/// of its own, and in the end they are added up one after the other, so that
/// the same bits come out however many threads there are.
class BatchSum : public BoundStep {
public:
  /// Called once, before anything is added. Lanes begin in ascending or, with
  /// \p lastLaneFirst, in descending order.
  virtual void setLanes(unsigned count, bool lastLaneFirst) = 0;
  /// Called before each batch, of which the first \p lanes lanes have images.
  virtual void begin(unsigned lanes) {}
  /// Sets the sums of \p lane to zero.
  virtual void clear(unsigned lane) = 0;
  virtual int add(const Pass &pass, unsigned lane) = 0;
  /// Nothing more comes to \p lane.
  virtual void close(unsigned lane) {}
  /// Adds up the first \p lanes lanes, of \p images images together; piece by
  /// piece, so that threads can share the work.
  virtual void finish(unsigned lanes, int64_t images, int piece) = 0;
  virtual int pieces() const { return 1; }
  /// Bytes of sums per lane.
  virtual size_t laneBytes() const = 0;
  /// True when later steps of the same batch need the result.
  virtual bool isAwaited() const { return false; }

  int run(const Pass &) const final { return 0; } // add() instead
};

/// A step with weights, which others may share: those that were written on a
/// chip, or a parameter.
class WeightedStep : public BoundStep {
public:
  /// Takes the weights anew from the parameter; \p piece of pieces().
  virtual void repack(int piece) {}
  virtual int pieces() const { return 1; }
};

/// What steps of one training program share.
struct ParameterSet {
  /// In the order of the network. References stay valid.
  std::deque<Parameter> all;

  /// The parameter that \p step, a step of the forward half, has as operand \p
  /// operand, made at the first call. Throws InputError when another step has
  /// it, too.
  Parameter &of(const Program &program, const plan::Step &step, int operand,
                Parameter::Kind kind);

private:
  struct Entry {
    Parameter *parameter;
    const plan::Step *step;
  };
  std::map<std::string, Entry> byTensor;
};

struct BatchNormalization;

/// What binding a step of a DifferentiatedPlan needs to know.
struct TrainingBinder {
  const Program &program;
  const std::vector<int> &forward;
  const std::vector<bool> &isTrained;
  ParameterSet &parameters;
  /// How far running means and variances move towards each batch's.
  const double &momentum;
  float labelSmoothing = 0;
  bool strict = false; ///< direct kernels only
  /// Of layers forward; may be null.
  const kernels::AlgorithmChoice *chosen = nullptr;
  /// By forward step, where there is one.
  std::map<int, std::shared_ptr<BatchNormalization>> normalizations{};

  const plan::Step &forwardOf(int step) const {
    return program.plan.steps(forward[step]);
  }
};

/// Throws when \p status, what the kernel of \p step has returned, is an error.
void checkStatus(int status, const plan::Step &step);

// One function per family of steps; each returns null for steps of others.
std::unique_ptr<BoundStep> bindLayer(TrainingBinder &binder, int step);
std::unique_ptr<BoundStep> bindBatchNorm(TrainingBinder &binder, int step);
std::unique_ptr<BoundStep> bindGradient(TrainingBinder &binder, int step);
std::unique_ptr<BoundStep> bindLoss(TrainingBinder &binder, int step);

/// The convolution that \p step, a conv, gemm or matmul, computes. Throws
/// InputError, naming the step, where there is none that can be trained
/// through: computed weights, products of stacks of matrices, factors other
/// than 1.
kernels::ConvolutionShape layerShapeOf(const Program &program,
                                       const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_TRAININGSTEP_H
