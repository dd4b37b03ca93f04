//===- CurvatureEstimate.cpp - Tolerance from gradients -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/CurvatureEstimate.h"

#include "runtime/evaluation/PrefixEvaluator.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Augmentation.h"
#include "runtime/training/TrainingProgram.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace cim;

namespace {

/// Sums over batches of one layer's gradients.
struct Moments {
  std::vector<double> sum;
  double squares = 0; ///< summed over the weights, too

  void add(const std::vector<float> &gradient) {
    sum.resize(gradient.size());
    for (size_t i = 0; i < gradient.size(); ++i) {
      sum[i] += gradient[i];
      squares += double(gradient[i]) * gradient[i];
    }
  }
  /// The variance of a gradient over \p count batches, summed over the weights.
  double variance(int64_t count) const {
    double means = 0;
    for (double value : sum)
      means += value / count * value;
    return std::max(squares - means, 0.0) / (count - 1); // NaN stays
  }
};

/// The mean square of the errors that writing makes.
double errorVariance(const plan::Layer &layer, const Tensor &weights,
                     uint64_t seed) {
  const std::span<const float> exact = weights.as<float>();
  std::vector<float> written(exact.size());
  LayerProgram(layer, weights).writeAll({seed, 0, 0}, written);
  double squares = 0;
  for (size_t i = 0; i < exact.size(); ++i)
    squares +=
        (double(written[i]) - exact[i]) * (double(written[i]) - exact[i]);
  return exact.empty() ? 0 : squares / exact.size();
}

} // namespace

std::optional<std::vector<double>>
cim::expectedLossIncrease(const plan::Plan &lowered, const TensorMap &tensors,
                          const DataSet &data,
                          const CurvatureOptions &options) {
  std::set<uint32_t> all;
  for (int l = 0; l < lowered.layers_size(); ++l)
    all.insert(l);
  const int64_t batch = std::min(options.batch, data.images() / 2);
  const int64_t batches =
      batch > 0 ? std::min(options.images, data.images()) / batch : 0;
  if (batches < 2)
    throw InputError("gradients need at least 2 images; raise --limit");
  TrainingProgram program(withoutErrors(lowered), tensors, all,
                          /*allNormalizations=*/false,
                          {.threads = options.threads, .batch = batch});
  program.program({options.seed, 0, 0});

  // Batches of one class each, as sorted data have, would vary too much.
  const std::vector<int64_t> order =
      shuffledOrder({options.seed}, 0, data.images());
  std::map<std::string, Moments> moments; // by tensor
  std::vector<int64_t> labels(batch);
  for (int64_t b = 0; b < batches; ++b) {
    if (options.stop && options.stop())
      return std::nullopt;
    for (int64_t i = 0; i < batch; ++i)
      labels[i] = data.label(order[b * batch + i]);
    program.run(labels, [&](int64_t position, float *image) {
      data.read(order[b * batch + position], image);
    });
    for (const Parameter &parameter : program.parameters())
      if (parameter.isLearned())
        moments[parameter.tensor].add(parameter.gradient);
  }

  std::vector<double> increases;
  for (const plan::Layer &layer : lowered.layers()) {
    const double trace = moments[layer.weights()].variance(batches) * batch;
    if (!std::isfinite(trace))
      throw InputError("the gradients of layer '" + layer.name() +
                       "' are not finite");
    increases.push_back(
        errorVariance(layer, tensors.at(layer.weights()), options.seed) / 2 *
        trace);
  }
  return increases;
}
