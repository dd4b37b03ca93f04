//===- Flags.cpp - Options that commands share -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Flags.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Progress.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <unistd.h>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// Runs a parser of the error grammar and says which option was wrong.
template <typename Parser>
void checkGrammar(const std::string &option, const std::string &text,
                  Parser parse) {
  try {
    parse(text);
  } catch (const GrammarError &error) {
    throw UsageError(option + ": " + error.what());
  }
}

/// The error options by name, as they stand on the command line and in
/// `--layer`.
struct NamedError {
  const char *name;
  std::string ErrorRequest::*field;
  void (*parse)(std::string_view);
};
constexpr NamedError namedErrors[] = {
    {"quantize", &ErrorRequest::quantize,
     [](std::string_view text) { parseQuantize(text); }},
    {"noise", &ErrorRequest::noise,
     [](std::string_view text) { parseNoise(text); }},
    {"shift", &ErrorRequest::shift,
     [](std::string_view text) { parseShift(text); }},
    {"faults", &ErrorRequest::faults,
     [](std::string_view text) { parseFaults(text); }},
};

/// `PATTERN:OPTION=VALUE`. Patterns and values may hold colons, values equals
/// signs.
ErrorRequest parseOverride(const std::string &text) {
  const std::string option = "--layer '" + text + "'";
  const size_t equals = text.find('=');
  const size_t colon =
      equals == text.npos ? text.npos : text.rfind(':', equals);
  if (colon == text.npos || colon == 0)
    throw UsageError(option + ": write PATTERN:OPTION=VALUE, for example "
                              "role:C2:noise=normal:0.5qs");
  ErrorRequest request;
  request.layers = text.substr(0, colon);
  const std::string name = text.substr(colon + 1, equals - colon - 1);
  const std::string value = text.substr(equals + 1);
  checkGrammar(option, request.layers, checkLayerPattern);
  std::vector<std::string> names;
  for (const NamedError &error : namedErrors) {
    if (name == error.name) {
      checkGrammar(option, value, error.parse);
      request.*error.field = value;
      return request;
    }
    names.push_back(error.name);
  }
  const auto near = nearNames(name, names);
  throw UsageError(option + ": '" + name + "' is no option of a layer" +
                   (near.empty() ? "; use quantize, noise, shift or faults"
                                 : "; did you mean '" + near[0] + "'?"));
}

} // namespace

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

void cim::addSeed(CLI::App &app, std::optional<uint64_t> &seed) {
  app.add_option_function<std::string>(
         "--seed",
         [&seed](const std::string &text) {
           uint64_t value = 0;
           auto [last, error] =
               std::from_chars(text.data(), text.data() + text.size(), value);
           if (error != std::errc() || last != text.data() + text.size())
             throw UsageError("--seed '" + text +
                              "': write a whole number from 0 to 2^64 - 1");
           seed = value;
         },
         "Fixes every random number (default: 0)")
      ->type_name("S")
      ->group("Errors");
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
}

void ModelFlags::check() {
  if (path.empty())
    path = configured;
  if (path.empty())
    throw UsageError("the model is missing; name an .onnx, .mlir or .plan "
                     "file");
  if (isPlan() && foldBatchNorm)
    throw UsageError("--fold-batch-norm has no effect on a compiled plan; "
                     "compile the model again");
}

bool ModelFlags::isPlan() const {
  return fs::path(path).extension() == ".plan";
}

void ErrorFlags::addTo(CLI::App &app) {
  const char *group = "Errors";
  app.add_option("--quantize", quantize,
                 "BITS, and any of ,mode=minmax|symmetric|percentile|lloyd "
                 ",percentile=P ,per=tensor|channel; or levels=FILE.csv")
      ->type_name("Q")
      ->group(group);
  app.add_option("--noise", noise,
                 "DIST:WIDTH[,PARAM=V]: normal, uniform, lognormal, laplace, "
                 "student-t or empirical; WIDTH with its unit qs, ns, abs or "
                 "uS, for example normal:0.25qs")
      ->type_name("NOISE")
      ->group(group);
  app.add_option("--shift", shift,
                 "The same amount for every cell, for example +1/64qs or "
                 "-0.01ns")
      ->type_name("AMOUNT")
      ->group(group);
  app.add_option("--faults", faults,
                 "low=P,high=P,flip=P: fractions of cells stuck low, stuck "
                 "high, and of stored bits inverted")
      ->type_name("FAULTS")
      ->group(group);
  app.add_option("--layers", layers,
                 "Only these layers: names with * and ?, role:C1, role:C2, "
                 "first:K, last:K, a leading ! excludes (default: all)")
      ->type_name("PATTERN")
      ->group(group);
  app.add_option("--layer", overrides,
                 "PATTERN:OPTION=VALUE: another error for some layers, for "
                 "example role:C2:noise=normal:0.5qs; may be repeated")
      ->type_name("OVERRIDE")
      ->allow_extra_args(false)
      ->group(group);
}

bool ErrorFlags::any() const {
  return !quantize.empty() || !noise.empty() || !shift.empty() ||
         !faults.empty() || !overrides.empty();
}

std::vector<ErrorRequest> ErrorFlags::check() const {
  std::vector<ErrorRequest> requests;
  ErrorRequest all;
  all.quantize = quantize;
  all.noise = noise;
  all.shift = shift;
  all.faults = faults;
  if (!layers.empty()) {
    checkGrammar("--layers", layers, checkLayerPattern);
    all.layers = layers;
  }
  bool asked = false;
  for (const NamedError &error : namedErrors)
    if (!(all.*error.field).empty()) {
      checkGrammar(std::string("--") + error.name, all.*error.field,
                   error.parse);
      asked = true;
    }
  if (asked)
    requests.push_back(all);
  for (const std::string &text : overrides)
    requests.push_back(parseOverride(text));
  return requests;
}

void ErrorFlags::describe(Json &options) const {
  for (const auto &[name, value] : {std::pair("quantize", &quantize),
                                    {"noise", &noise},
                                    {"shift", &shift},
                                    {"faults", &faults},
                                    {"layers", &layers}})
    if (!value->empty())
      options[name] = *value;
  if (!overrides.empty())
    options["layer"] = overrides;
}

std::string ErrorFlags::text(bool withLayers) const {
  std::string text;
  auto add = [&](const std::string &item) {
    text += (text.empty() ? "" : ", ") + item;
  };
  for (const auto &[name, value] : {std::pair("quantize", &quantize),
                                    {"noise", &noise},
                                    {"shift", &shift},
                                    {"faults", &faults}})
    if (!value->empty())
      add(std::string(name) + " " + *value);
  if (withLayers && !layers.empty() && !text.empty())
    text += " in " + layers;
  for (const std::string &item : overrides)
    add(item);
  return text.empty() ? "none" : text;
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

DataSet DataFlags::open(DataOptions options) const {
  std::optional<Progress> progress;
  options.limit = limit;
  options.normalization = normalization;
  options.progress = [&](const char *activity, double fraction) {
    checkInterrupted();
    if (!progress)
      progress.emplace(std::string(activity) + " " + spec, 100, "%");
    progress->done = static_cast<int64_t>(100 * fraction);
  };
  DataSet data = DataSet::open(parsed, options);
  if (limit > data.images())
    warn("--limit " + std::to_string(limit) + ": there are only " +
         std::to_string(data.images()) + " images");
  return data;
}

void DataFlags::describe(Json &options, const DataSet &data) const {
  if (limit > 0)
    options["limit"] = limit;
  if (!data.asStored().isFloat)
    options["normalize"] = spelling(data.normalization());
}

void RunFlags::addThreads(CLI::App &app) {
  addCount(app, "--threads", threads,
           "Changes speed, never a number (default: all cores)", 4096)
      ->group("Running");
}

void RunFlags::addTo(CLI::App &app) {
  addThreads(app);
  addCount(app, "--micro-batch", microBatch,
           "Images that a thread takes through the network at once; changes "
           "speed, never a number (default: from the cache sizes)",
           4096)
      ->group("Running");
  app.add_option("--precision", precision,
                 "f32 (default), or f32-strict: direct kernels only")
      ->type_name("P")
      ->group("Running");
  app.add_flag("--reference", reference,
               "Compute in double precision, operation by operation: the slow "
               "oracle of the kernels")
      ->group("Running");
  app.add_flag("--profile", profile, "Show where the time goes, step by step")
      ->group("Running");
}

void RunFlags::check() const {
  const std::vector<std::string> known = {"f32", "f32-strict"};
  if (!precision.empty() && precision != "f32" && precision != "f32-strict") {
    const auto near = nearNames(precision, known);
    throw UsageError("--precision '" + precision + "': write f32 or " +
                     "f32-strict");
  }
  if (reference)
    for (auto [given, name] : {std::pair(!precision.empty(), "--precision"),
                               {microBatch > 0, "--micro-batch"},
                               {profile, "--profile"}})
      if (given)
        throw UsageError(std::string(name) +
                         " has no effect with --reference, which computes in "
                         "double precision without kernels; leave one out");
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
  const bool replaces =
      !fs::exists(path, ignored) || fs::is_regular_file(path, ignored);
  if (::access((replaces ? folder : fs::path(path)).c_str(), W_OK) != 0)
    throw InputError(option + " '" + path + "' cannot be written: " +
                     std::strerror(errno) + "; choose another place");
}
