//===- Conditions.h - When and how often a chip is read ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_CONDITIONS_H
#define CIM_RUNTIME_EVALUATION_CONDITIONS_H

#include "runtime/plan/plan.pb.h"

#include <cstdint>

namespace cim {

/// \p plan with all devices that change with time at \p seconds since
/// programming: the same chips, later. Throws InputError, naming the device,
/// when a time is one that a device is not known at, when devices have a time
/// of their own already, and when none changes with time.
plan::Plan atTime(const plan::Plan &plan, double seconds);

/// Whether some cells are disturbed by a number of reads that is not given.
bool countsReads(const plan::Plan &plan);

/// \p plan, which is calibrated, with the reads that \p images images are: for
/// every image, one per product of a layer's matrix with a vector, times the
/// bits that a serial DAC applies one after the other.
plan::Plan withReads(const plan::Plan &plan, int64_t images);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_CONDITIONS_H
