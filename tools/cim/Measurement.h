//===- Measurement.h - Chips with many sets of errors -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_MEASUREMENT_H
#define CIM_TOOLS_CIM_MEASUREMENT_H

#include "tools/cim/Calibration.h"
#include "tools/cim/PointWork.h"
#include "tools/cim/SweepIdentity.h"

#include <optional>
#include <string>

namespace cim {

/// What commands are asked for that measure one network, on the same images,
/// with many sets of errors: `cim sweep` and `cim limits`.
struct MeasurementFlags {
  ModelFlags model;
  ErrorFlags errors; ///< that all sets have
  DataFlags data;
  RunFlags running;
  Calibrator calibrator;
  Output output;
  std::string storePath; ///< may be empty
  int64_t trials;
  std::optional<uint64_t> seed;

  /// \p trials: how many chips, where the user does not say.
  explicit MeasurementFlags(int64_t trials) : trials(trials) {}

  /// Adds the network and its images, which come first.
  void addInputsTo(CLI::App &app);
  /// Adds `--trials`, \p trialsHelp, and `--store`, \p storeHelp, to \p group.
  void addChipsTo(CLI::App &app, const std::string &group,
                  const std::string &trialsHelp, const std::string &storeHelp);
  /// Adds the rest.
  void addErrorsTo(CLI::App &app);

  /// Throws UsageError.
  void check();
  void describe(Json &options, const DataSet &images) const;
};

/// The network, its images and the store, opened.
class Measurement {
public:
  /// \p requests are those of any set of errors. \p hasConverters: some set has
  /// converters, whose ranges are calibrated. \p flags must outlive it. Throws
  /// InputError and Interrupted.
  Measurement(MeasurementFlags &flags,
              const std::vector<ErrorRequest> &requests, bool hasConverters);
  Measurement(const Measurement &) = delete;
  Measurement &operator=(const Measurement &) = delete;

  /// What every document begins with, to "options".
  Json document(const std::string &command, Json options) const;
  /// Ends it: is it all that was asked for, what was "computed", in how many
  /// "seconds".
  void finish(Json &document, bool isComplete) const;

private:
  const Stopwatch total;
  const MeasurementFlags &flags;

public:
  const Network network;
  const DataSet images;
  Identities identities;
  /// A store that cannot be written can still answer.
  const bool isReadOnly;
  Store store;
  PointWork work;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_MEASUREMENT_H
