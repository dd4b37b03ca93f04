//===- Packing.h - How groups share arrays -------------------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_MAP_TO_CROSSBARS_PACKING_H
#define CIM_PASSES_MAP_TO_CROSSBARS_PACKING_H

#include "dialects/cim/grammar/CrossbarOptions.h"

namespace cim {

/// The weight matrices of a layer, one per group and all alike.
struct GroupMatrices {
  int64_t rows, columns, groups;
};

/// How many whole groups share one array, at least 1.
using PackingStrategy = int64_t (*)(const GroupMatrices &, const ArraySize &);

/// The strategy that `--packing` names.
PackingStrategy packingStrategy(Packing packing);

} // namespace cim

#endif // CIM_PASSES_MAP_TO_CROSSBARS_PACKING_H
