//===- BatchNormSteps.cpp - Batch normalisation in batch mode -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// y = scale (x - mean) / sqrt(variance + epsilon) + bias with mean and variance
// of the batch (Ioffe and Szegedy, Batch normalization, ICML 2015). Running
// values move towards each batch's, the variance unbiased, as in PyTorch, but
// not towards those of a single number.
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"
#include "runtime/executor/Attributes.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Gradients.h"
#include "runtime/kernels/Kernels.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <cmath>

using namespace cim;

namespace cim {

/// Numbers per channel, padded as kernels want them.
class ChannelNumbers {
public:
  explicit ChannelNumbers(int channels)
      : memory(kernels::paddedChannels(channels) * sizeof(float)) {}
  float *data() const { return reinterpret_cast<float *>(memory.data()); }
  float &operator[](int c) const { return data()[c]; }

private:
  AlignedMemory memory;
};

/// What the steps of one batch normalisation share.
struct BatchNormalization {
  BatchNormalization(TrainingBinder &binder, const plan::Step &step)
      : channels(binder.program.value(step.outputs(0)).shape(1)),
        epsilon(number(step, "epsilon")), momentum(binder.momentum),
        scale(binder.parameters.of(binder.program, step, 1,
                                   Parameter::Kind::scale)),
        bias(binder.parameters.of(binder.program, step, 2,
                                  Parameter::Kind::bias)),
        runningMean(binder.parameters.of(binder.program, step, 3,
                                         Parameter::Kind::runningMean)),
        runningVariance(binder.parameters.of(
            binder.program, step, 4, Parameter::Kind::runningVariance)) {}

  int channels;
  double epsilon;
  const double &momentum;
  Parameter &scale, &bias, &runningMean, &runningVariance;
  /// Of the batch.
  std::vector<double> mean = std::vector<double>(channels),
                      deviation = std::vector<double>(channels);
  /// y = x * factor + offset
  ChannelNumbers factor{channels}, offset{channels};
  ChannelNumbers center{channels}; ///< the running mean before the batch
  ChannelNumbers batchMean{channels};
  /// Backward: kernels::NormalizationGradient.
  ChannelNumbers backFactor{channels}, backShift{channels}, backSlope{channels};
};

} // namespace cim

namespace {

PlacedView viewOf(const Placement &place) { return elementsOf(place); }

/// Adds up two numbers per channel over all pixels of the batch.
class ChannelSums : public BatchSum {
public:
  ChannelSums(std::shared_ptr<BatchNormalization> normalization)
      : shared(std::move(normalization)) {}

  bool isAwaited() const override { return true; }
  size_t laneBytes() const override {
    return 2 * shared->channels * sizeof(double);
  }
  void setLanes(unsigned count, bool) override {
    sums.assign(count, std::vector<double>(2 * shared->channels));
    for (unsigned lane = 0; lane < count; ++lane)
      buffers.emplace_back(2 * kernels::paddedChannels(shared->channels) *
                           sizeof(float));
  }
  void clear(unsigned lane) override { std::ranges::fill(sums[lane], 0.0); }

protected:
  /// One image at a time, so that no float adds up too many numbers.
  int addImages(const kernels::ImageView &a, const kernels::ImageView &b,
                const float *centerA, const float *centerB, unsigned lane) {
    float *part = reinterpret_cast<float *>(buffers[lane].data());
    const int padded = kernels::paddedChannels(shared->channels);
    kernels::ImageView left = a, right = b;
    left.images = right.images = 1;
    for (int n = 0; n < a.images; ++n) {
      if (int status =
              kernels::channelSums(left, right, centerA, centerB, part))
        return status;
      for (int c = 0; c < shared->channels; ++c) {
        sums[lane][c] += part[c];
        sums[lane][shared->channels + c] += part[padded + c];
      }
      left.data += a.imageStride;
      right.data += b.imageStride;
    }
    return 0;
  }
  /// The sum number \p which of channel \p c over the first \p lanes lanes.
  double total(unsigned lanes, int which, int c) const {
    double sum = 0;
    for (unsigned lane = 0; lane < lanes; ++lane)
      sum += sums[lane][which * shared->channels + c];
    return sum;
  }

  std::shared_ptr<BatchNormalization> shared;

private:
  std::vector<std::vector<double>> sums; ///< by lane
  std::vector<AlignedMemory> buffers;    ///< by lane
};

/// Mean and variance of the batch.
class Statistics : public ChannelSums {
public:
  Statistics(std::shared_ptr<BatchNormalization> normalization,
             const plan::Step &step)
      : ChannelSums(std::move(normalization)), input(step.inputs(0)) {}

  void place(std::span<const Placement> values, size_t) override {
    x = viewOf(values[input]);
    pixels = int64_t(x.oneCall().width) * x.oneCall().height;
  }
  void begin(unsigned) override {
    // A center near the mean keeps the variance from cancelling out.
    std::ranges::copy(shared->runningMean.value, shared->center.data());
  }
  int add(const Pass &pass, unsigned lane) override {
    const kernels::ImageView view = x.in(pass);
    return addImages(view, view, shared->center.data(), shared->center.data(),
                     lane);
  }
  void finish(unsigned lanes, int64_t images, int) override {
    BatchNormalization &norm = *shared;
    const double count = double(images) * pixels;
    for (int c = 0; c < norm.channels; ++c) {
      const double shift = total(lanes, 0, c) / count;
      const double variance =
          std::max(total(lanes, 1, c) / count - shift * shift, 0.0);
      norm.mean[c] = norm.center[c] + shift;
      norm.deviation[c] = std::sqrt(variance + norm.epsilon);
      const double factor = norm.scale.value[c] / norm.deviation[c];
      norm.factor[c] = factor;
      norm.offset[c] = norm.bias.value[c] - norm.mean[c] * factor;
      norm.batchMean[c] = norm.mean[c];
      if (count < 2)
        continue; // one number has no variance
      const double unbiased = variance * count / (count - 1);
      float &mean = norm.runningMean.value[c],
            &running = norm.runningVariance.value[c];
      mean += norm.momentum * (norm.mean[c] - mean);
      running += norm.momentum * (unbiased - running);
    }
  }

private:
  uint32_t input;
  PlacedView x;
  int64_t pixels = 1;
};

class Normalize : public BoundStep {
public:
  Normalize(const TrainingBinder &binder,
            std::shared_ptr<BatchNormalization> normalization,
            const plan::Step &step)
      : shared(std::move(normalization)),
        epilogue(binder.program, step, shared->channels), input(step.inputs(0)),
        output(step.outputs(0)) {}

  void place(std::span<const Placement> values, size_t) override {
    x = viewOf(values[input]);
    y = viewOf(values[output]);
    epilogue.place(values,
                   [](const Placement &residual) { return viewOf(residual); });
  }
  int run(const Pass &pass) const override {
    kernels::Epilogue own = epilogue.in(pass);
    own.scale = shared->factor.data();
    own.offset = shared->offset.data();
    return kernels::scaleOffset(x.in(pass), own, y.in(pass));
  }

private:
  std::shared_ptr<BatchNormalization> shared;
  BoundEpilogue epilogue;
  uint32_t input, output;
  PlacedView x, y;
};

/// How the loss depends on scale and bias, and what its dependence on the
/// input needs of the batch.
class BackwardSums : public ChannelSums {
public:
  BackwardSums(std::shared_ptr<BatchNormalization> normalization,
               const plan::Step &step)
      : ChannelSums(std::move(normalization)), gradient(step.inputs(0)),
        input(step.inputs(1)) {}

  void place(std::span<const Placement> values, size_t) override {
    g = viewOf(values[gradient]);
    x = viewOf(values[input]);
    pixels = int64_t(x.oneCall().width) * x.oneCall().height;
  }
  int add(const Pass &pass, unsigned lane) override {
    return addImages(g.in(pass), x.in(pass), nullptr, shared->batchMean.data(),
                     lane);
  }
  void finish(unsigned lanes, int64_t images, int) override {
    BatchNormalization &norm = *shared;
    const double count = double(images) * pixels;
    for (int c = 0; c < norm.channels; ++c) {
      const double sum = total(lanes, 0, c), product = total(lanes, 1, c);
      const double deviation = norm.deviation[c];
      norm.bias.gradient[c] = sum;
      norm.scale.gradient[c] = product / deviation;
      norm.backFactor[c] = norm.scale.value[c] / deviation;
      norm.backShift[c] = sum / count;
      norm.backSlope[c] = product / (deviation * deviation) / count;
    }
  }

private:
  uint32_t gradient, input;
  PlacedView g, x;
  int64_t pixels = 1;
};

class BackwardNormalize : public BoundStep {
public:
  BackwardNormalize(std::shared_ptr<BatchNormalization> normalization,
                    const plan::Step &step)
      : shared(std::move(normalization)), gradient(step.inputs(0)),
        input(step.inputs(1)), output(step.outputs(0)) {}

  bool runsInPlace() const override { return true; }
  void place(std::span<const Placement> values, size_t) override {
    g = viewOf(values[gradient]);
    x = viewOf(values[input]);
    dx = viewOf(values[output]);
  }
  int run(const Pass &pass) const override {
    return kernels::normalizationGradient(
        g.in(pass), x.in(pass),
        {shared->backFactor.data(), shared->backShift.data(),
         shared->batchMean.data(), shared->backSlope.data()},
        dx.in(pass));
  }

private:
  std::shared_ptr<BatchNormalization> shared;
  uint32_t gradient, input, output;
  PlacedView g, x, dx;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindBatchNorm(TrainingBinder &binder, int s) {
  const plan::Step &step = binder.program.plan.steps(s),
                   &forward = binder.forwardOf(s);
  if (forward.operation() != "batch_norm" ||
      !binder.isTrained[binder.forward[s]])
    return nullptr;
  const plan::Value &x = binder.program.value(forward.inputs(0));
  if (elementChannels(x) != x.shape(1))
    throw InputError("node '" + forward.name() +
                     "' (batch_norm) cannot be trained: its operand is neither "
                     "images nor one number per channel; reshape it, or leave "
                     "the node out");
  auto &shared = binder.normalizations[binder.forward[s]];
  if (!shared)
    shared = std::make_shared<BatchNormalization>(binder, forward);
  if (step.operation() == "batch_norm_statistics")
    return std::make_unique<Statistics>(shared, step);
  if (step.operation() == "batch_norm")
    return std::make_unique<Normalize>(binder, shared, step);
  if (step.operation() == "batch_norm_sums")
    return std::make_unique<BackwardSums>(shared, step);
  if (step.operation() == "batch_norm_gradient")
    return std::make_unique<BackwardNormalize>(shared, step);
  return nullptr; // activation_gradient
}
