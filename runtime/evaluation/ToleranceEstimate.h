//===- ToleranceEstimate.h - Tolerance without measuring it -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_TOLERANCEESTIMATE_H
#define CIM_RUNTIME_EVALUATION_TOLERANCEESTIMATE_H

#include "runtime/evaluation/PrefixEvaluator.h"

#include <optional>
#include <span>
#include <vector>

namespace cim {

/// Estimates the accuracy of changed layers from one chip and a few images.
///
/// An image is classified right when its margin, the label's logit minus the
/// largest other one, is positive. To first order, independent errors of many
/// weights with mean 0 move a margin by a normal number with mean 0, in
/// proportion to the image's activations, and so to the standard deviation d of
/// its exact logits over the classes. One chip tells the root mean square s of
/// (move / d) over all images; the expected accuracy is then the mean of
/// Phi(margin / d / s) over the images' exact margins. So an image near its
/// decision boundary counts as partly lost, where counting right answers on one
/// chip would need many more images and chips to see it. An image whose margin
/// is not finite, with errors or without, says nothing about s and is lost.
class MarginEstimate {
public:
  /// Uses the first \p images images of \p data, the data of \p evaluator,
  /// which must outlive it.
  MarginEstimate(PrefixEvaluator &evaluator, const DataSet &data,
                 int64_t images);

  /// The expected accuracy with \p changes; nothing when the user stopped.
  std::optional<double> of(std::span<const LayerChange> changes);

private:
  /// What one chip answers: by image, the margin and the spread of the logits.
  struct Answer {
    double margin = 0, spread = 0;
  };
  std::optional<std::vector<Answer>>
  answers(std::span<const LayerChange> changes);

  PrefixEvaluator &evaluator;
  const DataSet &data;
  int64_t images;
  std::vector<Answer> exact; ///< empty until they are needed
};

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_TOLERANCEESTIMATE_H
