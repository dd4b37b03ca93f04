//===- LowerNNToCim.h - lower-nn-to-cim -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_H
#define CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_H

#include "mlir/Pass/Pass.h"

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/lower-nn-to-cim/LowerNNToCim.h.inc"
} // namespace cim

#endif // CIM_PASSES_LOWER_NN_TO_CIM_LOWERNNTOCIM_H
