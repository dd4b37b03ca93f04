//===- ToleranceEstimate.cpp - Tolerance without measuring it -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/ToleranceEstimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

using namespace cim;

MarginEstimate::MarginEstimate(PrefixEvaluator &evaluator, const DataSet &data,
                               int64_t images)
    : evaluator(evaluator), data(data),
      images(std::min(images, data.images())) {}

std::optional<std::vector<MarginEstimate::Answer>>
MarginEstimate::answers(std::span<const LayerChange> changes) {
  std::vector<Answer> answers(images);
  const int64_t classes = evaluator.classes();
  const bool isComplete = evaluator.run(
      changes, {0, 1}, images,
      [&](int64_t, int64_t image, const float *logits) {
        const int64_t label = data.label(image);
        double highest = -std::numeric_limits<double>::infinity();
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < classes; ++i) {
          // NaN prevails, as it does where right answers are counted.
          if (i != label && !(highest >= logits[i] || std::isnan(highest)))
            highest = logits[i];
          sum += logits[i];
          squares += double(logits[i]) * logits[i];
        }
        const double mean = sum / classes;
        answers[image] = {
            logits[label] - highest,
            std::sqrt(std::max(0.0, squares / classes - mean * mean))};
      });
  if (!isComplete)
    return std::nullopt;
  return answers;
}

std::optional<double> MarginEstimate::of(std::span<const LayerChange> changes) {
  if (exact.empty()) {
    auto found = answers({});
    if (!found)
      return std::nullopt;
    exact = *std::move(found);
  }
  const auto perturbed = answers(changes);
  if (!perturbed)
    return std::nullopt;
  // An image with equal logits tells nothing.
  auto relative = [](double number, const Answer &scale) {
    return scale.spread > 0 ? number / scale.spread : 0;
  };
  double squares = 0;
  std::vector<double> margins;
  for (int64_t i = 0; i < images; ++i) {
    const double move = (*perturbed)[i].margin - exact[i].margin;
    if (!std::isfinite(move)) // logits overflow: the image is lost
      continue;
    const double moved = relative(move, exact[i]);
    squares += moved * moved;
    margins.push_back(relative(exact[i].margin, exact[i]));
  }
  const double deviation = std::sqrt(squares / margins.size());
  double right = 0;
  for (const double expected : margins) {
    // Without a spread, Phi is a step.
    right += deviation > 0
                 ? std::erfc(-expected / (deviation * std::numbers::sqrt2)) / 2
                 : expected > 0;
  }
  return right / images;
}
