//===- Pipeline.h - The passes between two stages ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_PIPELINE_H
#define CIM_COMPILER_PIPELINE_H

#include "compiler/Compiler.h"

namespace mlir {
class OpPassManager;
}

namespace cim {

/// The name of a stage, as `--until` and the module attribute `cim.stage` spell
/// it: "nn", "cim", "perturbed", "mapped", "plan".
std::string_view nameOf(Stage stage);

/// Adds the passes that bring a module from the stage before \p stage to
/// \p stage. `nn` begins with what the importer makes; `plan` adds nothing, for
/// a plan is no module.
///
/// Errors are inserted one kind after the other, each request in its turn, with
/// the right to replace: so later requests override earlier ones, option by
/// option and layer by layer, and what is asked for overrides what a file says.
void addStage(mlir::OpPassManager &passes, Stage stage,
              const CompileRequest &request);

/// Makes `cim-nn`, `cim-cim`, `cim-perturbed` and `cim-mapped` known to
/// MLIR's command line.
void registerPipelines();

} // namespace cim

#endif // CIM_COMPILER_PIPELINE_H
