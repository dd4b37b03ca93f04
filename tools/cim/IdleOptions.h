//===- IdleOptions.h - Options that change nothing --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_IDLEOPTIONS_H
#define CIM_TOOLS_CIM_IDLEOPTIONS_H

#include "compiler/Compiler.h"

#include <string>
#include <vector>

namespace cim {

/// What a command looks at: what the network answers, or only what its cells
/// hold.
enum class Purpose { accuracy, weights };

/// One line for every option among \p requests, from which \p plan was
/// compiled, that changes no number: it has no object (a conductance window,
/// where no error acts on conductances), or others override it in every layer.
/// Users must not believe that they measured it.
std::vector<std::string> idleOptions(const std::vector<ErrorRequest> &requests,
                                     const plan::Plan &plan, Purpose purpose);

/// Warns of each.
void warnOfIdleOptions(const std::vector<ErrorRequest> &requests,
                       const plan::Plan &plan, Purpose purpose);

} // namespace cim

#endif // CIM_TOOLS_CIM_IDLEOPTIONS_H
