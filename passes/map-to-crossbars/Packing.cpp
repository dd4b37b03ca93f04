//===- Packing.cpp - How groups share arrays ------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/map-to-crossbars/Packing.h"

#include <algorithm>

using namespace cim;

static int64_t packApart(const GroupMatrices &, const ArraySize &) { return 1; }

/// Groups share neither inputs nor outputs, so that blocks on the diagonal are
/// the only place for several of them in one array.
static int64_t packDiagonally(const GroupMatrices &matrices,
                              const ArraySize &array) {
  int64_t fitting =
      std::min(array.rows / matrices.rows, array.columns / matrices.columns);
  return std::clamp<int64_t>(fitting, 1, matrices.groups);
}

PackingStrategy cim::packingStrategy(Packing packing) {
  return packing == Packing::dense ? packDiagonally : packApart;
}
