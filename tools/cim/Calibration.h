//===- Calibration.h - Ranges of converters, from data ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_CALIBRATION_H
#define CIM_TOOLS_CIM_CALIBRATION_H

#include "tools/cim/Network.h"

#include <memory>
#include <optional>

namespace cim {

/// `--calibrate`, and the images that it speaks of.
class Calibrator {
public:
  void addTo(CLI::App &app);

  bool isAsked() const { return asked > 0; }
  /// Throws UsageError when the option means nothing for \p network.
  void check(const Network &network) const;

  /// Finds the ranges of converters of \p network that have none, on the first
  /// images of the train split of \p data, or on the data themselves where
  /// there is none; with progress, and a warning for what is doubtful. Images
  /// are opened once. Throws InputError and Interrupted.
  void
  calibrate(Network &network, const DataFlags &data, const RunFlags &running,
            const std::function<void(const std::string &)> &warning = warn);

  /// What results depend on, in a sweep's identity: how many images, and which.
  Json identity(const Network &network, const DataFlags &data,
                const RunFlags &running);
  void describe(Json &options, const Network &network) const;

private:
  int64_t count() const;
  const DataSet &images(const Network &network, const DataFlags &data,
                        const RunFlags &running);

  int64_t asked = 0; ///< 0: the default
  std::optional<DataSet> opened;
};

/// Requests that give the converters of \p plan the ranges that they have.
std::vector<ErrorRequest> fixedRanges(const plan::Plan &plan);

} // namespace cim

#endif // CIM_TOOLS_CIM_CALIBRATION_H
