//===- Conversion.h - The plan's tensors in double precision ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REFERENCE_CONVERSION_H
#define CIM_RUNTIME_REFERENCE_CONVERSION_H

#include "dialects/nn/reference/Reference.h"
#include "runtime/plan/plan.pb.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace cim {

/// How the reference holds numbers of \p type.
reference::Kind kindOf(plan::ElementType type);

/// A tensor of zeros with the type and shape of \p value.
reference::Tensor zeros(const plan::Value &value);

/// Reads \p bytes, dense and row-major, as elements of \p type.
void readElements(plan::ElementType type, const std::byte *bytes,
                  reference::Tensor &tensor);

/// Writes the elements of \p tensor as \p type, dense and row-major. Integers
/// wrap; numbers are rounded.
void writeElements(plan::ElementType type, const reference::Tensor &tensor,
                   std::byte *bytes);

/// Wraps integers to \p type, as storing them does. Numbers stay as they are:
/// the reference computes in double precision.
void wrapIntegers(plan::ElementType type, reference::Tensor &tensor);

/// The attributes of \p step in the reference's words.
reference::Attributes attributesOf(const plan::Step &step);

/// Computes \p step by the function that defines its operation. Throws
/// InputError, which names the step, for an operation that is unknown and for
/// operands whose values make no sense, such as an index out of range.
void evaluateStep(const plan::Step &step,
                  const reference::Attributes &attributes,
                  std::span<const reference::Tensor *const> operands,
                  std::span<reference::Tensor> results);

/// Applies \p epilogue in place to \p result, the result of a step. \p value
/// gives a value of the plan by its index.
void applyEpilogue(
    const plan::Epilogue &epilogue,
    const std::function<const reference::Tensor &(uint32_t)> &value,
    reference::Tensor &result);

} // namespace cim

#endif // CIM_RUNTIME_REFERENCE_CONVERSION_H
