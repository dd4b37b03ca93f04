//===- InsertReadDisturb.h - insert-read-disturb ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_H
#define CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_H

#include "mlir/Pass/Pass.h"

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/insert-read-disturb/InsertReadDisturb.h.inc"
} // namespace cim

#endif // CIM_PASSES_INSERT_READ_DISTURB_INSERTREADDISTURB_H
