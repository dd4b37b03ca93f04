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

#include <map>
#include <string>

namespace cim {

/// Says what results depend on, but for seed and trial. Files that options name
/// count by their contents, which are read once.
class Identities {
public:
  /// \p network is \p model with any errors; \p calibration what the ranges of
  /// converters depend on (Calibrator::identity).
  Identities(const ModelFlags &model, const RunFlags &running,
             const Network &network, const DataSet &images, Json calibration);

  /// Of the network with \p errors. Throws InputError.
  PointIdentity of(const ErrorFlags &errors);

private:
  nlohmann::json canonical(const Json &options);
  std::string canonicalOverride(const std::string &text);
  std::string canonicalOption(const std::string &name, const std::string &text);
  template <typename Function>
  const std::string &remember(const std::string &key, Function compute);

  PointIdentity identity; ///< but for the options
  bool foldBatchNorm;
  bool alwaysConverts; ///< the model itself says so
  Json calibration;
  std::string normalization; ///< empty: there is none
  std::map<std::string, std::string> known;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_SWEEPIDENTITY_H
