//===- AttachConverters.h - attach-converters ----------------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_H
#define CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_H

#include "mlir/Pass/Pass.h"

#include <string>
#include <vector>

namespace cim {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/attach-converters/AttachConverters.h.inc"

/// The pass with several sets of options: later ones override earlier ones,
/// option by option and layer by layer, before any layer is verified.
std::unique_ptr<mlir::Pass>
createAttachConverters(std::vector<AttachConvertersOptions> requests);
} // namespace cim

#endif // CIM_PASSES_ATTACH_CONVERTERS_ATTACHCONVERTERS_H
