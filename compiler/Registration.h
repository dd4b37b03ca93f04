//===- Registration.h - All dialects, passes and pipelines ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_REGISTRATION_H
#define CIM_COMPILER_REGISTRATION_H

namespace mlir {
class DialectRegistry;
}

namespace cim {

/// Adds the dialects that a Cimulator module may contain.
void registerDialects(mlir::DialectRegistry &registry);

/// Makes every pass and named pipeline known to MLIR's command line. Once per
/// process.
void registerPasses();

} // namespace cim

#endif // CIM_COMPILER_REGISTRATION_H
