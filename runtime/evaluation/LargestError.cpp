//===- LargestError.cpp - The largest error that is tolerated -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/LargestError.h"

#include <cmath>

using namespace cim;

std::optional<double> cim::largestTolerated(const LargestErrorSearch &search) {
  // Keeps the threshold, and does not.
  double inside = 0, outside = 0;
  auto isInside = [&](double multiple) -> std::optional<bool> {
    const std::optional<double> accuracy = search.accuracyAt(multiple);
    if (!accuracy)
      return std::nullopt;
    const bool keeps = *accuracy >= search.threshold;
    (keeps ? inside : outside) = multiple;
    return keeps;
  };

  const std::optional<bool> first = isInside(1);
  if (!first)
    return std::nullopt;
  double multiple = 1;
  while (inside == 0 || outside == 0) {
    if (*first ? multiple >= search.most : multiple <= search.least)
      return inside; // unlimited, or 0
    multiple *= *first ? 2 : 0.5;
    if (!isInside(multiple))
      return std::nullopt;
  }
  while (outside > inside * (1 + search.resolution))
    if (!isInside(std::sqrt(inside * outside)))
      return std::nullopt;
  return inside;
}
