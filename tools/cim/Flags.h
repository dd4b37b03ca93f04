//===- Flags.h - Options that commands share -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_FLAGS_H
#define CIM_TOOLS_CIM_FLAGS_H

#include "compiler/Compiler.h"
#include "runtime/data/DataSet.h"
#include "runtime/executor/Executor.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace cim {

/// JSON in the order in which it is made.
using Json = nlohmann::ordered_json;

/// Adds an option with a whole number from 1 to \p highest; another one is a
/// UsageError.
CLI::Option *addCount(CLI::App &app, const std::string &name, int64_t &target,
                      const std::string &description, int64_t highest);

/// A number in [lowest, highest] with nothing after it; \p option is named in
/// the UsageError when it is none.
double parseFraction(const std::string &option, const std::string &text,
                     double lowest, double highest);

/// The network, and a warning for each doubtful thing about it.
struct ModelFlags {
  std::string path;
  /// From a file of options, where the first argument does not say.
  std::string configured;
  bool foldBatchNorm = false;
  int64_t foldingMemory = 0; ///< MB; 0: the default

  void addTo(CLI::App &app);
  /// Throws UsageError when there is no model.
  void check();
  /// What the compiler is asked for, errors apart.
  CompileRequest request() const;
  /// Adds what is not the default to "options".
  void describe(Json &options) const;
  /// A plan, which can be run but not compiled again.
  bool isPlan() const;
};

/// An option of layers, as it stands on the command line and in `--layer`.
struct ErrorFlags;
struct LayerOption {
  const char *name;
  std::string ErrorFlags::*flag;
  std::string ErrorRequest::*field;
  void (*parse)(std::string_view);
  bool isMapping; ///< where weights stand, not what happens to them
  bool isSource;  ///< makes results wrong, so that it can be switched off
};

/// `--quantize`, `--noise`, ... for `--layers`; `--crossbar` and what belongs
/// to it for all layers; and `--layer` for one pattern.
struct ErrorFlags {
  std::string quantize, device, noise, shift, faults;
  std::string writeVerify, correlated, readDisturb;
  std::string crossbar, cells, conductance, cellBits, packing;
  std::string wireResistance;
  std::string dac, adc, dacMismatch, adcMismatch, currentVoltage, readNoise;
  std::string driftCompensation;
  std::string layers;
  std::vector<std::string> overrides;

  void addTo(CLI::App &app);
  /// Only what decides which cells hold which weights, and what it takes to
  /// write them.
  void addMappingTo(CLI::App &app);
  /// Checks the grammar of everything and returns what the compiler is asked
  /// for. Throws UsageError.
  std::vector<ErrorRequest> requests() const;
  /// The same for commands in which `--layers` selects nothing but the layers
  /// with errors: throws UsageError where it selects for none.
  std::vector<ErrorRequest> check() const;
  /// Whether any error is asked for (crossbars alone are none).
  bool any() const;
  /// Whether `--layers` selects the layers of any error.
  bool usesLayers() const;
  /// Throws UsageError when converters are asked for where they mean nothing,
  /// for \p reason. check() comes first.
  void refuseConverters(const std::string &reason) const;
  /// Whether any layer gets a DAC or an ADC.
  bool hasConverters() const;
  void describe(Json &options) const;
  /// The value of the option \p name ("noise", "layers", ...), or nullptr.
  std::string *find(std::string_view name);
  /// The names that find() knows.
  static std::vector<std::string> names();
  /// All options of layers, in the order in which they act.
  static std::span<const LayerOption> layerOptions();
  /// "quantize 4, noise normal:0.25qs in role:C2"; "none".
  std::string text(bool withLayers = true) const;

private:
  /// What a cell stores: `--quantize` and `--device`.
  void addCodesAndDeviceTo(CLI::App &app);
  void addNoiseTo(CLI::App &app);
  void addWriteVerifyTo(CLI::App &app);
  /// What cells share and gather.
  void addCellErrorsTo(CLI::App &app);
  void addOverridesTo(CLI::App &app);
  void addCrossbarsTo(CLI::App &app);
  void addConvertersTo(CLI::App &app);
  void addReadErrorsTo(CLI::App &app);
};

/// `--data`, `--limit`, `--normalize`.
struct DataFlags {
  std::string spec, normalize;
  std::string configured; ///< as ModelFlags::configured
  int64_t limit = 0;

  /// \p option: as `--data`; otherwise as the first argument.
  void addTo(CLI::App &app, bool option = true);
  /// Throws UsageError.
  void check();
  /// Opens the data (with progress). check() must have been called.
  DataSet open(DataOptions options) const;
  /// The first \p options.limit images of the same data's train split; of the
  /// data themselves, whatever `--limit` says, where there is none.
  DataSet openForCalibration(DataOptions options) const;
  void describe(Json &options, const DataSet &data) const;
  /// {"spec", "images", "sha256"} of the first \p images of \p data.
  Json identity(const DataSet &data, int64_t images) const;

private:
  DataSet open(const DataSpec &data, DataOptions options) const;

  DataSpec parsed;
  std::optional<Normalization> normalization;
};

struct Network;

/// Which computation, on how many threads.
struct RunFlags {
  int64_t threads = 0; ///< 0: all cores
  int64_t microBatch = 0;
  std::string precision, instructionSet;
  bool reference = false;
  bool profile = false;
  /// A file of `cim tune`; "": this machine's.
  std::optional<std::string> tuned;

  void addThreads(CLI::App &app);
  /// Only what decides which kernels run, and how many images at once.
  void addKernels(CLI::App &app);
  void addTo(CLI::App &app, bool withProfile = true);
  /// Throws UsageError, and InputError for instructions that this processor
  /// lacks.
  void check() const;
  /// The same for commands that train, in which some options have no effect.
  void checkForTraining() const;
  /// Makes kernels use the instructions that are asked for, and reads what cim
  /// tune has measured, if it is wanted. Throws InputError.
  void apply();
  /// Makes of what was measured, if it is wanted, a choice for the layers of \p
  /// network, whatever their errors. Must come after apply() and before what
  /// follows. Throws InputError when none of them has been measured.
  void chooseKernels(const Network &network);
  ExecutorOptions executorOptions() const;
  void describe(Json &options) const;
  /// What decides the last bits, for results' identities: "0.1.0 f32 avx512
  /// kernels 1", with a hash of the choice that was made by measured times, if
  /// any was.
  std::string kernels() const;
  /// The same for programs.
  Json kernelsJson() const;

private:
  std::string choiceName() const;

  kernels::MeasuredTimes measured;
  std::shared_ptr<const kernels::AlgorithmChoice> chosen;
};

/// Adds `--seed`.
void addSeed(CLI::App &app, std::optional<uint64_t> &seed);

/// Adds `--trial`, for commands that look at one chip.
void addTrial(CLI::App &app, std::optional<uint64_t> &trial);

/// Throws InputError unless a file can be written at \p path, as far as can be
/// seen now; so that nobody computes for hours in vain.
void checkWritable(const std::string &option, const std::string &path);

} // namespace cim

#endif // CIM_TOOLS_CIM_FLAGS_H
