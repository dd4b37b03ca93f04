//===- MicroBatch.cpp - How many images run side by side ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/MicroBatch.h"

#include <algorithm>
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

/// Bytes per image that do not come from a cache of \p cacheBytes.
static double trafficBeyond(std::span<const Traffic> steps, double cacheBytes,
                            unsigned images) {
  double allWeights = 0, mostActivations = 0;
  for (const Traffic &step : steps) {
    allWeights += step.weights;
    mostActivations = std::max<double>(mostActivations, step.activations);
  }
  double traffic = 0;
  for (const Traffic &step : steps) {
    if (allWeights + mostActivations * images > cacheBytes)
      traffic += double(step.weights) / images;
    if (double(step.activations) * images + step.weights > cacheBytes)
      traffic += step.activations;
  }
  return traffic;
}

unsigned cim::chooseMicroBatch(std::span<const Traffic> steps,
                               const CacheSizes &caches, size_t arenaPerImage) {
  constexpr double arenaLimit = 32 << 20, costOfMemory = 4;
  // Bytes moved in the time that a step wants once per pass: for its call, and
  // for what of its last tiles stays empty.
  constexpr double costOfStep = 16 << 10;
  unsigned best = 1;
  double least = 0;
  for (unsigned images = 1; images <= 32; images *= 2) {
    if (images > 1 && double(arenaPerImage) * images > arenaLimit)
      break;
    double cost = trafficBeyond(steps, caches.second, images) +
                  costOfMemory * trafficBeyond(steps, caches.third, images) +
                  costOfStep * double(steps.size()) / images;
    if (images == 1 || cost < least) {
      best = images;
      least = cost;
    }
  }
  return best;
}
