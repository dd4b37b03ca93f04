//===- MicroBatch.cpp - Cuts a program into parts -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/MicroBatch.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <string>

using namespace cim;

/// What the kernel says of the first core's cache at \p level; 0 where it does
/// not. (glibc's sysconf counts third-level caches of whole machines.)
static size_t cacheBytes(int level) {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" +
                     std::to_string(level) + "/size");
  size_t kilobytes = 0;
  file >> kilobytes; // "1024K"
  return kilobytes * 1024;
}

CacheSizes cim::cacheSizes(unsigned threads) {
  CacheSizes caches;
  if (size_t bytes = cacheBytes(2))
    caches.second = bytes;
  if (size_t bytes = cacheBytes(3))
    caches.third = bytes / threads;
  caches.third = std::max(caches.third, caches.second);
  return caches;
}

namespace {

/// What a cache of so many bytes leaves to move.
class TrafficBeyond {
public:
  TrafficBeyond(std::span<const Traffic> steps, double cacheBytes)
      : cacheBytes(cacheBytes) {
    for (const Traffic &step : steps) {
      allWeights += step.weights;
      mostActivations = std::max<double>(mostActivations, step.activations);
    }
  }

  /// Bytes per call, \p together calls at a time.
  double of(const Traffic &step, double together) const {
    double traffic = 0;
    if (allWeights + mostActivations * together > cacheBytes)
      traffic += step.weights / together;
    if (step.activations * together + step.weights > cacheBytes)
      traffic += step.activations;
    return traffic;
  }
  /// Bytes per call that stand between two parts, of \p calls calls.
  double between(const Traffic &next, double calls) const {
    return next.before * calls > cacheBytes ? 2.0 * next.before : 0;
  }

private:
  double cacheBytes, allWeights = 0, mostActivations = 0;
};

} // namespace

namespace {
struct PricedParts {
  std::vector<Part> parts;
  double cost; ///< at least, where no part takes as many calls as there may be
};
} // namespace

/// Parts of at most \p most calls, a power of two: a shortest path through the
/// steps.
static PricedParts cheapestParts(std::span<const Traffic> steps,
                                 StepRange range, const CacheSizes &caches,
                                 unsigned most) {
  constexpr double costOfMemory = 4;
  // Bytes moved in the time that a step wants once per pass: for its call, and
  // for what of its last tiles stays empty.
  constexpr double costOfStep = 16 << 10;
  const TrafficBeyond second(steps, caches.second), third(steps, caches.third);
  const size_t sizes = std::bit_width(most);
  /// Up to a step that \p together calls go through at a time.
  struct Way {
    double cost = 0;
    size_t previousSize = 0; ///< together, of the step before, as a power of 2
  };
  std::vector<std::vector<Way>> ways;
  for (const Traffic &step : steps) {
    const double cut =
        second.between(step, most) + costOfMemory * third.between(step, most);
    std::vector<Way> next(sizes);
    for (size_t size = 0; size < sizes; ++size) {
      const double together = unsigned(1) << size;
      Way &way = next[size];
      way.previousSize = size;
      if (!ways.empty()) {
        const std::vector<Way> &last = ways.back();
        const size_t other =
            std::ranges::min_element(last, {}, &Way::cost) - last.begin();
        if (last[other].cost + cut < last[size].cost)
          way = {last[other].cost + cut, other};
        else
          way.cost = last[size].cost;
      }
      way.cost += second.of(step, together) +
                  costOfMemory * third.of(step, together) +
                  costOfStep / together;
    }
    ways.push_back(std::move(next));
  }

  if (steps.empty())
    return {{{range, most}}, 0};
  const auto end = std::ranges::min_element(ways.back(), {}, &Way::cost);
  std::vector<Part> parts; // the last first
  size_t size = end - ways.back().begin();
  for (size_t s = steps.size(); s-- > 0;) {
    const int64_t together = int64_t(1) << size;
    const int begin = s == 0 ? range.begin : steps[s].step;
    if (!parts.empty() && parts.back().together == together)
      parts.back().range.begin = begin;
    else
      parts.push_back(
          {{begin, parts.empty() ? range.end : parts.back().range.begin},
           together});
    size = ways[s][size].previousSize;
  }
  std::ranges::reverse(parts);
  return {std::move(parts), end->cost};
}

std::vector<Part> cim::chooseParts(
    std::span<const Traffic> steps, StepRange range, const CacheSizes &caches,
    const std::function<size_t(std::span<const Part>)> &memory, int64_t most) {
  constexpr size_t limit = size_t(32) << 20;
  PricedParts best = cheapestParts(steps, range, caches, 1);
  // Where one call needs more, so do all parts.
  if (memory(best.parts) > limit)
    return best.parts;
  for (unsigned calls = 2; calls <= most; calls *= 2) {
    PricedParts other = cheapestParts(steps, range, caches, calls);
    if (other.cost < best.cost && memory(other.parts) <= limit)
      best = std::move(other);
  }
  return best.parts;
}
