//===- InsertWriteVerify.h - insert-write-verify ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_H
#define CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_H

#include "mlir/Pass/Pass.h"

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/insert-write-verify/InsertWriteVerify.h.inc"
} // namespace cim

#endif // CIM_PASSES_INSERT_WRITE_VERIFY_INSERTWRITEVERIFY_H
