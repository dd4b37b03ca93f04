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
#include <unistd.h>

using namespace cim;

size_t cim::secondLevelCache() {
  long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes <= 0) { // unknown to the C library on some systems
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index2/size");
    long kilobytes = 0;
    file >> kilobytes; // "1024K"
    bytes = kilobytes * 1024;
  }
  return bytes > 0 ? bytes : size_t(1) << 20;
}

unsigned cim::chooseMicroBatch(std::span<const Traffic> steps,
                               size_t cacheBytes) {
  constexpr double memoryLimit = 32 << 20;
  double largest = 0;
  for (const Traffic &step : steps)
    largest = std::max(largest, double(step.activations));
  unsigned best = 1;
  double least = 0;
  for (unsigned images = 1; images <= 32; images *= 2) {
    if (images > 1 && largest * images > memoryLimit)
      break;
    double traffic = 0;
    for (const Traffic &step : steps) {
      traffic += double(step.weights) / images;
      if (double(step.activations) * images + step.weights > cacheBytes)
        traffic += step.activations;
    }
    if (images == 1 || traffic < least) {
      best = images;
      least = traffic;
    }
  }
  return best;
}
