//===- LossStep.cpp - Softmax and cross-entropy ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/TrainingStep.h"

#include "runtime/tensor/Errors.h"

#include <cmath>

using namespace cim;

namespace {

/// The loss of an image is the cross-entropy between softmax(logits) and a
/// target that gives the label 1 - smoothing + smoothing / K and each other of
/// K classes smoothing / K (Szegedy et al., Rethinking the Inception
/// architecture, CVPR 2016). Gradients are those of the loss's sum; the engine
/// divides by the number of images of the batch (scale).
class Loss : public BoundStep {
public:
  Loss(const plan::Step &step, float smoothing)
      : smoothing(smoothing), logits(step.inputs(0)), labels(step.inputs(1)),
        gradient(step.outputs(0)), losses(step.outputs(1)) {}

  void place(std::span<const Placement> values, size_t) override {
    in = values[logits];
    label = values[labels];
    out = values[gradient];
    loss = values[losses];
  }

  int run(const Pass &pass) const override {
    const int64_t classes = in.geometry.elements;
    auto of = [&](const Placement &place, int64_t call) {
      return reinterpret_cast<float *>(pass.at(place) +
                                       call * place.geometry.bytes);
    };
    for (int64_t call = 0; call < pass.calls; ++call) {
      const float *x = of(in, call);
      // One that is NaN stays the best, so that the loss becomes NaN, too.
      int64_t best = 0;
      for (int64_t k = 1; k < classes; ++k)
        if (!(x[k] <= x[best]))
          best = k;
      double sum = 0, mean = 0;
      for (int64_t k = 0; k < classes; ++k) {
        sum += std::exp(double(x[k]) - x[best]);
        mean += double(x[k]) / classes;
      }
      const double logSum = std::log(sum) + x[best];
      const int64_t target = int64_t(of(label, call)[0]);
      of(loss, call)[0] =
          logSum - (1 - smoothing) * x[target] - smoothing * mean;
      of(loss, call)[1] = best == target;
      float *g = of(out, call);
      for (int64_t k = 0; k < classes; ++k) {
        const double wanted =
            smoothing / classes + (k == target ? 1 - smoothing : 0);
        g[k] = std::exp(double(x[k]) - logSum) - wanted;
      }
    }
    return 0;
  }

private:
  double smoothing;
  uint32_t logits, labels, gradient, losses;
  Placement in, label, out, loss;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindLoss(TrainingBinder &binder, int s) {
  const plan::Step &step = binder.program.plan.steps(s);
  if (step.operation() != "softmax_cross_entropy")
    return nullptr;
  if (binder.program.value(step.inputs(0)).layout() != plan::ROW_MAJOR)
    throw InputError("the network's output is an image; training wants one row "
                     "of numbers, the logits");
  return std::make_unique<Loss>(step, binder.labelSmoothing);
}
