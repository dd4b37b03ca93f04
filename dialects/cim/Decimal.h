//===- Decimal.h - Numbers as people write them -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_DECIMAL_H
#define CIM_DIALECTS_CIM_DECIMAL_H

#include <string>

namespace cim::crossbar {

/// The shortest decimal that reads back as \p number, with the point that
/// MLIR's text wants: 0.25, 2.0, 1.0e-05. Infinities and NaNs, which only
/// invalid IR holds, become the hexadecimal of their bits, as in MLIR.
std::string decimal(double number);

} // namespace cim::crossbar

#endif // CIM_DIALECTS_CIM_DECIMAL_H
