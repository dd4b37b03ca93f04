//===- Results.h - Measurements, sorted into studies ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REPORT_RESULTS_H
#define CIM_RUNTIME_REPORT_RESULTS_H

#include "runtime/evaluation/Statistics.h"
#include "runtime/store/Store.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {

/// Options by name, in the spelling of the command line; `--layer` overrides
/// under `PATTERN:OPTION`.
using Options = std::map<std::string, std::string>;

/// The option that \p name, perhaps PATTERN:OPTION, sets.
std::string_view optionIn(std::string_view name);

/// What the chips of one combination of options said.
struct Result {
  Options options;
  /// Number and accuracy of each chip, ascending numbers; at least one.
  std::vector<std::pair<int64_t, double>> chips;
  Sampling sampling = Sampling::fixed;
  double seconds = 0; ///< of computing them
  /// Chips differ; otherwise one stands for all.
  bool isRandom = true;

  std::vector<double> accuracies() const;
};

/// Results that can be compared: of one network, on the same images, with the
/// same kernels and seed.
struct Study {
  std::string model, data; ///< what the user called them
  std::string modelSha256, dataSha256;
  int64_t images = 0;
  std::string kernels;
  uint64_t seed = 0;
  int64_t lastFinished = 0; ///< Unix time; 0: unknown
  std::vector<Result> results;

  /// The options that not all results share, by name.
  std::vector<std::string> varyingOptions() const;
};

/// Options from the JSON of a store (PointIdentity::options); what says nothing
/// (no normalisation, BatchNorm not folded) is left out, hashes are cut short.
Options optionsOf(const std::string &json);

/// Everything in \p store, in the order in which it was added. Devices are told
/// apart by the hash of their numbers only where their name does not do it.
/// Throws InputError.
std::vector<Study> studiesOf(Store &store);

/// Chip by chip, for the chips that both have; where nothing is random, one
/// chip stands for all. Nothing when they share none.
std::optional<Difference> differenceOf(const Result &result,
                                       const Result &baseline);

} // namespace cim

#endif // CIM_RUNTIME_REPORT_RESULTS_H
