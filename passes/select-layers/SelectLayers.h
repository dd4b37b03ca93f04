//===- SelectLayers.h - select-layers ---------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_H
#define CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_H

#include "mlir/Pass/Pass.h"

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/select-layers/SelectLayers.h.inc"
} // namespace cim

#endif // CIM_PASSES_SELECT_LAYERS_SELECTLAYERS_H
