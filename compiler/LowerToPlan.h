//===- LowerToPlan.h - From a module to a plan ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_LOWERTOPLAN_H
#define CIM_COMPILER_LOWERTOPLAN_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"

#include <memory>

namespace cim {

/// Rewrites \p module, at stage `mapped`, as a plan: one step for every
/// operation of `main`, encoded by mnemonic, operands and attributes, all
/// values row-major; one layer for every `cim.layer`. Nothing is fused yet.
/// Tolerances of different measurements are left out, with a warning.
///
/// The tensors take over the bytes of the module's resources, uncopied, and
/// outlive the context; \p module cannot be used afterwards. With \p owner,
/// which keeps the context alive, they share the bytes instead, so that other
/// modules of the context can be lowered, too. Fails, with a diagnostic, for a
/// module that is not a network.
mlir::LogicalResult lowerToPlan(mlir::ModuleOp module, plan::Plan &plan,
                                TensorMap &tensors,
                                std::shared_ptr<const void> owner = nullptr);

} // namespace cim

#endif // CIM_COMPILER_LOWERTOPLAN_H
