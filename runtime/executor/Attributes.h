//===- Attributes.h - Reads a step's attributes -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_ATTRIBUTES_H
#define CIM_RUNTIME_EXECUTOR_ATTRIBUTES_H

#include "runtime/plan/plan.pb.h"

#include <cstdint>
#include <span>
#include <string>

namespace cim {

// A verified plan has all attributes of its operations, of the right kind.

inline std::span<const int64_t> integers(const plan::Step &step,
                                         const std::string &name) {
  const auto &values = step.attributes().at(name).integers().values();
  return {values.data(), static_cast<size_t>(values.size())};
}

inline int64_t integer(const plan::Step &step, const std::string &name) {
  return step.attributes().at(name).integer();
}

inline double number(const plan::Step &step, const std::string &name) {
  return step.attributes().at(name).number();
}

inline const std::string &text(const plan::Step &step,
                               const std::string &name) {
  return step.attributes().at(name).text();
}

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_ATTRIBUTES_H
