//===- Flags.cpp - Options that commands share -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Flags.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "runtime/executor/BindStep.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/plan/OneImage.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/TunedKernels.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cassert>
#include <charconv>
#include <filesystem>
#include <unistd.h>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// The choice of kernels without measured times.
constexpr const char *builtIn = "built-in";

/// Nothing for an empty \p name; throws UsageError for an unknown one.
std::optional<kernels::InstructionSet>
parseInstructionSet(const std::string &name) {
  if (name.empty())
    return std::nullopt;
  for (auto set :
       {kernels::InstructionSet::baseline, kernels::InstructionSet::avx2,
        kernels::InstructionSet::avx512, kernels::InstructionSet::avx512bf16,
        kernels::InstructionSet::amx})
    if (name == kernels::nameOf(set))
      return set;
  throw UsageError("--instruction-set '" + name +
                   "': write baseline, avx2 or avx512; with bf16 also "
                   "avx512bf16 or amx");
}

} // namespace

double cim::parseFraction(const std::string &option, const std::string &text,
                          double lowest, double highest) {
  double value = 0;
  auto [last, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() ||
      !(value >= lowest && value <= highest))
    throw UsageError(option + " '" + text + "': write a fraction from " +
                     brief(lowest) + " to " + brief(highest) +
                     ", for example " + brief(std::min(highest, 0.9)));
  return value;
}

CLI::Option *cim::addCount(CLI::App &app, const std::string &name,
                           int64_t &target, const std::string &description,
                           int64_t highest) {
  auto parse = [name, &target, highest](const std::string &text) {
    int64_t count = 0;
    auto [last, error] =
        std::from_chars(text.data(), text.data() + text.size(), count);
    const bool tooLarge =
        (error == std::errc::result_out_of_range && text[0] != '-') ||
        (error == std::errc() && count > highest);
    if (tooLarge)
      throw UsageError(name + " '" + text + "': the number is too large; at " +
                       "most " + std::to_string(highest));
    if (error != std::errc() || last != text.data() + text.size() || count < 1)
      throw UsageError(name + " '" + text + "': write a whole number of at " +
                       "least 1");
    target = count;
  };
  return app.add_option_function<std::string>(name, parse, description)
      ->type_name("N");
}

/// Adds an option with a whole number from 0 to 2^64 - 1.
static CLI::Option *addNumber(CLI::App &app, const std::string &name,
                              std::optional<uint64_t> &target,
                              const std::string &description, int bits) {
  return app
      .add_option_function<std::string>(
          name,
          [name, &target, bits](const std::string &text) {
            uint64_t value = 0;
            auto [last, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || last != text.data() + text.size() ||
                (bits < 64 && value >> bits != 0))
              throw UsageError(name + " '" + text +
                               "': write a whole number from 0 to 2^" +
                               std::to_string(bits) + " - 1");
            target = value;
          },
          description)
      ->group("Errors");
}

void cim::addSeed(CLI::App &app, std::optional<uint64_t> &seed) {
  addNumber(app, "--seed", seed, "Fixes every random number (default: 0)", 64)
      ->type_name("S");
}

void cim::addTrial(CLI::App &app, std::optional<uint64_t> &trial) {
  addNumber(app, "--trial", trial,
            "Which chip of 'eval --trials': the first is 0 (default: 0)", 32)
      ->type_name("T");
}

void ModelFlags::addTo(CLI::App &app) {
  app.add_option("model", path,
                 "The network: .onnx, or .mlir or .plan written by 'cim "
                 "compile'")
      ->type_name("MODEL");
  app.add_option("--model", configured)->group(""); // for --config
  app.add_flag("--fold-batch-norm", foldBatchNorm,
               "Fold BatchNorm into the weights before they are written, which "
               "changes their range")
      ->group("Errors");
  addCount(app, "--fold-memory", foldingMemory,
           "Most memory for constants that are computed, or one number "
           "throughout and spread out, while compiling (default: 4000)",
           int64_t(1) << 30)
      ->type_name("MB");
}

CompileRequest ModelFlags::request() const {
  CompileRequest request;
  request.model = path;
  request.foldBatchNorm = foldBatchNorm;
  if (foldingMemory > 0)
    request.foldingMemory = double(foldingMemory) * 1e6;
  return request;
}

void ModelFlags::describe(Json &options) const {
  if (foldBatchNorm)
    options["fold-batch-norm"] = true;
}

void ModelFlags::check() {
  if (path.empty())
    path = configured;
  if (path.empty())
    throw UsageError("the model is missing; name an .onnx, .mlir or .plan "
                     "file");
  if (isPlan() && (foldBatchNorm || foldingMemory > 0))
    throw UsageError(
        std::string(foldBatchNorm ? "--fold-batch-norm" : "--fold-memory") +
        " has no effect on a compiled plan; compile the model "
        "again");
}

bool ModelFlags::isPlan() const {
  return fs::path(path).extension() == ".plan";
}

void DataFlags::addTo(CLI::App &app, bool option) {
  app.add_option(option ? "--data" : "data", spec,
                 "cifar10:PATH, mnist:PATH, npy:IMAGES.npy,LABELS.npy, "
                 "folder:PATH or shapes, each with :train or :test (default)")
      ->type_name("DATA")
      ->group(option ? "Data" : "Positionals");
  if (!option)
    app.add_option("--data", configured)->group(""); // for --config
  addCount(app, "--limit", limit, "The first N images (default: all)",
           1'000'000'000'000)
      ->group("Data");
  app.add_option("--normalize", normalize,
                 "MEANS/STDS per channel, of pixels from 0 to 1 (default: what "
                 "models of the kind are trained with)")
      ->type_name("M/S")
      ->group("Data");
}

void DataFlags::check() {
  if (spec.empty())
    spec = configured;
  if (spec.empty())
    throw UsageError("the data are missing; write --data cifar10:PATH, "
                     "mnist:PATH, npy:IMAGES.npy,LABELS.npy, folder:PATH or "
                     "shapes");
  parsed = parseDataSpec(spec);
  if (!normalize.empty())
    normalization = parseNormalization(normalize);
}

DataSet DataFlags::open(const DataSpec &spec, DataOptions options) const {
  std::optional<Progress> progress;
  options.normalization = normalization;
  options.progress = [&](const char *activity, double fraction) {
    checkInterrupted();
    if (!progress)
      progress.emplace(std::string(activity) + " " + spec.text, 100, "%");
    progress->done = static_cast<int64_t>(100 * fraction);
  };
  return DataSet::open(spec, options);
}

DataSet DataFlags::open(DataOptions options) const {
  options.limit = limit;
  DataSet data = open(parsed, options);
  if (limit > data.images())
    warn("--limit " + std::to_string(limit) + ": there are only " +
         std::to_string(data.images()) + " images");
  return data;
}

DataSet DataFlags::openForCalibration(DataOptions options) const {
  DataSpec train = parsed;
  if (hasSplits(parsed))
    train.split = Split::train;
  try {
    return open(train, options);
  } catch (const InputError &error) {
    if (train.split == parsed.split)
      throw;
    warn(std::string("converters are calibrated on the data themselves: ") +
         error.what());
    return open(parsed, options);
  }
}

void DataFlags::describe(Json &options, const DataSet &data) const {
  if (limit > 0)
    options["limit"] = limit;
  if (!data.asStored().isFloat)
    options["normalize"] = spelling(data.normalization());
}

Json DataFlags::identity(const DataSet &data, int64_t images) const {
  return {{"spec", spec}, {"images", images}, {"sha256", data.sha256()}};
}

void RunFlags::addThreads(CLI::App &app) {
  addCount(app, "--threads", threads,
           "Changes speed, never a number (default: all cores)", 4096)
      ->group("Running");
}

void RunFlags::addKernels(CLI::App &app) {
  addCount(app, "--micro-batch", microBatch,
           "Images that a thread takes through the network at once; changes "
           "speed, never a number (default: for each layer, from the cache "
           "sizes)",
           4096)
      ->group("Running");
  app.add_option("--precision", precision,
                 "f32 (default), f32-strict: direct kernels only, or bf16: "
                 "weights and activations rounded to bfloat16")
      ->type_name("P")
      ->group("Running");
  app.add_option("--instruction-set", instructionSet,
                 "baseline, avx2 or avx512, with bf16 also avx512bf16 or amx: "
                 "the same bits on different processors (default: the fastest "
                 "here)")
      ->type_name("SET")
      ->group("Running");
}

void RunFlags::addTo(CLI::App &app, bool withProfile) {
  addThreads(app);
  addKernels(app);
  app.add_flag("--reference", reference,
               "Compute in double precision, operation by operation: the slow "
               "oracle of the kernels")
      ->group("Running");
  app.add_option_function<std::string>(
         "--tuned",
         [this](const std::string &file) {
           // Without a name, the option would take the model's for it.
           if (!file.empty() && fs::path(file).extension() != ".json")
             throw UsageError("--tuned '" + file +
                              "': name a .json file that cim tune has written, "
                              "or write --tuned last");
           tuned = file;
         },
         "Choose kernels by what cim tune has measured, on this machine or as "
         "FILE.json says")
      ->type_name("[FILE.json]")
      ->expected(0, 1)
      ->group("Running");
  if (withProfile)
    app.add_flag("--profile", profile, "Show where the time goes, step by step")
        ->group("Running");
}

void RunFlags::check() const {
  if (!precision.empty() && precision != "f32" && precision != "f32-strict" &&
      precision != "bf16")
    throw UsageError("--precision '" + precision +
                     "': write f32, f32-strict or bf16");
  if (tuned && precision == "f32-strict")
    throw UsageError("--tuned has no effect with --precision f32-strict, which "
                     "has one kernel per layer; leave one out");
  if (const auto set = parseInstructionSet(instructionSet);
      set && precision != "bf16" && *set > kernels::InstructionSet::avx512)
    throw UsageError("--instruction-set '" + instructionSet +
                     "' is for --precision bf16; for " +
                     (precision.empty() ? "f32" : precision) +
                     " write avx512 at most");
  if (const auto set = parseInstructionSet(instructionSet);
      set && !kernels::isSupported(*set))
    throw InputError("--instruction-set '" + instructionSet +
                     "': this processor does not have it; choose a lower one");
  if (reference)
    for (auto [given, name] :
         {std::pair(!precision.empty() && precision != "bf16", "--precision"),
          {microBatch > 0, "--micro-batch"},
          {!instructionSet.empty(), "--instruction-set"},
          {tuned.has_value(), "--tuned"},
          {profile, "--profile"}})
      if (given)
        throw UsageError(std::string(name) +
                         " has no effect with --reference, which computes in "
                         "double precision without kernels; leave one out");
}

void RunFlags::checkForTraining() const {
  check();
  if (reference || microBatch > 0)
    throw UsageError(
        "--reference and --micro-batch have no effect on training; "
        "leave them out");
}

void RunFlags::apply() {
  if (const auto set = parseInstructionSet(instructionSet))
    kernels::setInstructionSet(set);
  else if (precision == "bf16")
    kernels::setInstructionSet(kernels::bestBfloat16InstructionSet());
  if (!tuned)
    return;
  measured =
      (tuned->empty() ? TunedKernels::load() : TunedKernels::loadFrom(*tuned))
          .times;
  if (measured.empty())
    throw InputError("--tuned: nothing has been measured on this processor "
                     "with these instructions; run cim tune MODEL first");
}

void RunFlags::chooseKernels(const Network &network) {
  if (!tuned)
    return;
  plan::Plan plan = network.plan;
  TensorMap tensors = network.tensors;
  if (network.isLowered) // its layers are no kernels' yet
    optimise(plan, tensors);
  plan = oneImage(std::move(plan));
  Program program{plan, tensors};
  if (executorOptions().precision == Precision::bf16)
    program.bfloat16 = bfloat16Values(plan);
  kernels::AlgorithmChoice choice = chooseAlgorithms(program, measured);
  const auto isMeasured = [&](const auto &layers) {
    return measured.contains(
        {layers.first, kernels::ConvolutionAlgorithm::direct});
  };
  if (!choice.empty() && std::ranges::none_of(choice, isMeasured))
    throw InputError("--tuned: no layer of '" + network.path +
                     "' has been measured" +
                     (tuned->empty() ? "" : " in '" + *tuned + "'") +
                     "; run cim tune with this network first");
  chosen = std::make_shared<const kernels::AlgorithmChoice>(std::move(choice));
}

ExecutorOptions RunFlags::executorOptions() const {
  ExecutorOptions options;
  options.threads = threads;
  options.microBatch = microBatch;
  options.precision = precision == "f32-strict" ? Precision::f32Strict
                      : precision == "bf16"     ? Precision::bf16
                                                : Precision::f32;
  options.profile = profile;
  options.chosen = chosen;
  return options;
}

void RunFlags::describe(Json &options) const {
  if (reference) {
    options["reference"] = true;
    if (!precision.empty())
      options["precision"] = precision;
    return;
  }
  options["precision"] = precision.empty() ? "f32" : precision;
  options["instruction-set"] =
      std::string(kernels::nameOf(kernels::instructionSet()));
  if (const std::string choice = choiceName(); choice != builtIn)
    options["tuned"] = choice;
}

std::string RunFlags::choiceName() const {
  assert((!tuned || chosen) && "chooseKernels() comes first");
  // A network may leave nothing to choose.
  return chosen && !chosen->empty() ? digestOf(*chosen) : builtIn;
}

std::string RunFlags::kernels() const {
  const Json json = kernelsJson();
  const auto text = [&](const std::string &name) {
    return json.at(name).get<std::string>();
  };
  const std::string kernels = text("version") + " " + text("precision");
  if (reference)
    return kernels;
  return kernels + " " + text("instruction-set") + " kernels " +
         json.at("revision").dump() +
         (text("choice") == builtIn ? "" : " tuned " + text("choice"));
}

Json RunFlags::kernelsJson() const {
  Json json = {{"version", CIM_VERSION},
               {"precision", precision.empty() ? "f32" : precision}};
  if (reference) {
    json["precision"] =
        "reference" + (precision.empty() ? "" : " " + precision);
    return json;
  }
  json["instruction-set"] =
      std::string(cim::kernels::nameOf(cim::kernels::instructionSet()));
  json["revision"] = cim::kernels::kernelRevision;
  json["choice"] = choiceName();
  return json;
}

void cim::checkWritable(const std::string &option, const std::string &path) {
  std::error_code ignored;
  const fs::path folder =
      fs::path(path).has_parent_path() ? fs::path(path).parent_path() : ".";
  if (fs::is_directory(path, ignored))
    throw InputError(option + " '" + path + "' is a folder; name a file");
  if (!fs::is_directory(folder, ignored))
    throw InputError(option + " '" + path + "': there is no folder '" +
                     folder.string() + "'; make it first");
  std::error_code error; // such as for a name that is too long
  const bool replaces =
      !fs::exists(path, error) || fs::is_regular_file(path, ignored);
  if (!error &&
      ::access((replaces ? folder : fs::path(path)).c_str(), W_OK) != 0)
    error = {errno, std::generic_category()};
  if (error)
    throw InputError(option + " '" + path + "' cannot be written: " +
                     error.message() + "; choose another place");
}
