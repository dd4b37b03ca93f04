//===- Measurement.cpp - Chips with many sets of errors -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Measurement.h"
#include "runtime/converters/LayerConverters.h"
#include "tools/cim/Interrupt.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <unistd.h>

using namespace cim;

void MeasurementFlags::addInputsTo(CLI::App &app) {
  model.addTo(app);
  data.addTo(app);
}

void MeasurementFlags::addChipsTo(CLI::App &app, const std::string &group,
                                  const std::string &trialsHelp,
                                  const std::string &storeHelp) {
  app.add_option("--store", storePath, storeHelp)
      ->type_name("FILE.sqlite")
      ->group(group);
  addCount(app, "--trials", trials, trialsHelp, 1'000'000)
      ->type_name("T")
      ->group(group);
}

void MeasurementFlags::addErrorsTo(CLI::App &app) {
  errors.addTo(app);
  addSeed(app, seed);
  calibrator.addTo(app);
  running.addTo(app, /*withProfile=*/false);
  output.addTo(app);
}

void MeasurementFlags::check() {
  model.check();
  data.check();
  running.check();
  std::error_code ignored; // checkWritable() says what it is
  if (!storePath.empty() &&
      !std::filesystem::is_regular_file(storePath, ignored))
    checkWritable("--store", storePath);
  output.check();
}

void MeasurementFlags::describe(Json &options, const DataSet &images) const {
  errors.describe(options);
  model.describe(options);
  data.describe(options, images);
  options["trials"] = trials;
  options["seed"] = seed.value_or(0);
  if (!storePath.empty())
    options["store"] = storePath;
  running.describe(options);
}

static bool isCalibrated(const Network &network, bool hasConverters) {
  return hasConverters || cim::hasConverters(network.plan);
}

static Network loadNetwork(MeasurementFlags &flags,
                           const std::vector<ErrorRequest> &requests,
                           bool hasConverters) {
  Network network = Network::load(flags.model, requests);
  flags.running.chooseKernels(network);
  if (!isCalibrated(network, hasConverters))
    flags.calibrator.check(network);
  checkInterrupted();
  return network;
}

static DataSet openImages(const MeasurementFlags &flags,
                          const Network &network) {
  DataSet images =
      flags.data.open({.inputShape = imageShape(network.plan),
                       .classes = classCount(network.plan),
                       .threads = unsigned(flags.running.threads)});
  checkInterrupted();
  return images;
}

static bool isWriteProtected(const std::string &path) {
  std::error_code ignored; // opening it says what it is
  return std::filesystem::exists(path, ignored) &&
         ::access(path.c_str(), W_OK) != 0;
}

static Store openStore(const std::string &path) {
  return path.empty()             ? Store::temporary()
         : isWriteProtected(path) ? Store::open(path)
                                  : Store::openOrCreate(path);
}

static EvaluationOptions evaluationOptions(const MeasurementFlags &flags) {
  EvaluationOptions options;
  options.seed = flags.seed.value_or(0);
  options.executor = flags.running.executorOptions();
  options.reference = flags.running.reference;
  options.stop = interrupted;
  return options;
}

Measurement::Measurement(MeasurementFlags &flags,
                         const std::vector<ErrorRequest> &requests,
                         bool hasConverters)
    : flags(flags), network(loadNetwork(flags, requests, hasConverters)),
      images(openImages(flags, network)),
      identities(
          flags.model, flags.running, network, images,
          isCalibrated(network, hasConverters)
              ? flags.calibrator.identity(network, flags.data, flags.running)
              : Json()),
      isReadOnly(isWriteProtected(flags.storePath)),
      store(openStore(flags.storePath)),
      work(flags.model, flags.data.spec, images, evaluationOptions(flags),
           store, [&flags](Network &point, const Network::Warning &warning) {
             flags.calibrator.calibrate(point, flags.data, flags.running,
                                        warning);
           }) {
  work.compileSeconds = network.compileSeconds;
}

Json Measurement::document(const std::string &command, Json options) const {
  return {{"command", command},
          {"model", network.describe()},
          {"data", flags.data.identity(images, images.images())},
          {"options", std::move(options)}};
}

void Measurement::finish(Json &document, bool isComplete) const {
  document["complete"] = isComplete;
  document["computed"] = work.computed;
  document["seconds"] = {{"compile", work.compileSeconds},
                         {"program", work.programSeconds},
                         {"forward", work.forwardSeconds},
                         {"total", total.seconds()}};
}
