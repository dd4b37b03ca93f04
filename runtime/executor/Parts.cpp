//===- Parts.cpp - Steps that calls go through together -------------- -===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Parts.h"

#include <algorithm>

using namespace cim;

const Part &cim::partOf(std::span<const Part> parts, int step) {
  return *std::find_if(parts.begin(), parts.end() - 1,
                       [&](const Part &part) { return step < part.range.end; });
}

int64_t cim::mostTogether(std::span<const Part> parts) {
  return std::ranges::max(parts, {}, &Part::together).together;
}
