//===- LargestError.h - The largest error that is tolerated -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_LARGESTERROR_H
#define CIM_RUNTIME_EVALUATION_LARGESTERROR_H

#include <functional>
#include <optional>

namespace cim {

/// What to search: the largest size of an error, as a multiple of the size that
/// the user gave, at which accuracy is at least `threshold`.
struct LargestErrorSearch {
  double threshold;
  /// The accuracy at a multiple; nothing when the user stopped. It should fall
  /// as errors grow, but for fluctuations: with the same random numbers at
  /// every size, only scaled, they are small.
  std::function<std::optional<double>(double multiple)> accuracyAt;
  double resolution = 0.05;
  double most = 1024, least = 1.0 / 1024; ///< multiples, powers of two
};

/// Doubles or halves from 1 until the threshold lies between two sizes, then
/// bisects their logarithms. The result was measured to keep the threshold, and
/// a size that is larger by at most the resolution not to keep it; 0 when not
/// even the least keeps it, the most when that does. Nothing when the user
/// stopped.
std::optional<double> largestTolerated(const LargestErrorSearch &search);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_LARGESTERROR_H
