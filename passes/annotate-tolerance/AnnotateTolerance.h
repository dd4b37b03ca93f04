//===- AnnotateTolerance.h - annotate-tolerance -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_H
#define CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_H

#include "mlir/Pass/Pass.h"

#include <string>

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/annotate-tolerance/AnnotateTolerance.h.inc"

/// The pass with the text of a document in the place of its file.
std::unique_ptr<mlir::Pass> createAnnotateToleranceOf(std::string document);
} // namespace cim

#endif // CIM_PASSES_ANNOTATE_TOLERANCE_ANNOTATETOLERANCE_H
