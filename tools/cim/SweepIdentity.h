//===- SweepIdentity.h - What makes results the same ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_SWEEPIDENTITY_H
#define CIM_TOOLS_CIM_SWEEPIDENTITY_H

#include "runtime/store/Store.h"
#include "tools/cim/Network.h"
#include "tools/cim/Vary.h"

#include <vector>

namespace cim {

/// Everything that the results of each of \p points depend on, but for seed and
/// trial. Files that options name count by their contents. \p network is the
/// model with any errors; \p calibration what its converters' ranges depend on
/// (Calibrator::identity). Throws InputError.
std::vector<PointIdentity>
identitiesOf(const std::vector<SweepPoint> &points, const ModelFlags &model,
             const RunFlags &running, const Network &network,
             const DataSet &images, const Json &calibration);

} // namespace cim

#endif // CIM_TOOLS_CIM_SWEEPIDENTITY_H
