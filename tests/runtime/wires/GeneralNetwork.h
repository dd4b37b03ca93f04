//===- GeneralNetwork.h - Arrays as networks of resistors -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_WIRES_GENERALNETWORK_H
#define CIM_TESTS_RUNTIME_WIRES_GENERALNETWORK_H

#include "runtime/wires/ArrayNetwork.h"

#include <vector>

namespace cim {

/// What ArrayNetwork::solve must find: every node of the network gets an
/// unknown, Kirchhoff's current law an equation, and a general sparse solver
/// (Eigen's LDL^T) solves them for a volt on one row after the other.
/// Resistances must be above 0.
std::vector<double> effectiveConductances(const Wires &wires, size_t rows,
                                          size_t columns,
                                          const std::vector<double> &uS);

} // namespace cim

#endif // CIM_TESTS_RUNTIME_WIRES_GENERALNETWORK_H
