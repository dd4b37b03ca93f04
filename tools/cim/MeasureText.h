//===- MeasureText.h - Accuracies for people and for programs -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_MEASURETEXT_H
#define CIM_TOOLS_CIM_MEASURETEXT_H

#include "runtime/evaluation/Statistics.h"
#include "tools/cim/Flags.h"

#include <string>

namespace cim {

/// "88.63 to 89.85", of accuracies: for people cut at 0 and 100, beyond which
/// no accuracy lies.
std::string accuraciesText(const Interval &interval);

/// "91.73 % (95 % interval 91.18 to 92.25, from the number of images)", or with
/// several chips also their standard deviation and the interval of their mean.
std::string measureText(const Measure &measure);

/// The same of measureWrites(), whose standard deviation is over all writes and
/// whose interval is over the \p chips.
std::string rewritesText(const Measure &measure, size_t chips);

/// {"mean", "std", "ci95", "image_ci95", "trials"}
Json measureJson(const Measure &measure);

} // namespace cim

#endif // CIM_TOOLS_CIM_MEASURETEXT_H
