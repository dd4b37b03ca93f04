//===- InsertCorrelated.h - insert-correlated -------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_H
#define CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_H

#include "mlir/Pass/Pass.h"

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/insert-correlated/InsertCorrelated.h.inc"
} // namespace cim

#endif // CIM_PASSES_INSERT_CORRELATED_INSERTCORRELATED_H
