//===- Network.cpp - A network that is ready to run -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Network.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Output.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace cim;

std::string cim::oneLine(std::string text) {
  for (char &character : text)
    if (static_cast<unsigned char>(character) < ' ' || character == '\x7f')
      character = ' ';
  return text;
}

std::string cim::publishedRole(const plan::Layer &layer) {
  return layer.role() == "C1" || layer.role() == "C2" ? layer.role() : "";
}

void cim::warn(const std::string &message) {
  std::fprintf(stderr, "cim: warning: %s\n", oneLine(message).c_str());
}

void cim::silence(const std::string &) {}

Network Network::load(const ModelFlags &model,
                      const std::vector<ErrorRequest> &errors,
                      const std::function<void(const std::string &)> &warning,
                      bool optimise) {
  Network network;
  network.path = model.path;
  Stopwatch stopwatch;
  if (model.isPlan()) {
    if (!errors.empty())
      throw UsageError("'" + model.path +
                       "' is a compiled plan, whose errors are fixed; compile "
                       "the model again with other ones, or leave them out");
    LoadedPlan loaded = readPlan(model.path, warning);
    network.plan = std::move(loaded.plan);
    network.tensors = std::move(loaded.tensors);
    network.sha256 = sha256OfFile(model.path);
  } else {
    CompileRequest request = model.request();
    request.errors = errors;
    request.optimise = optimise;
    request.warn = warning;
    network.isLowered = !optimise;
    CompiledNetwork compiled = loadCompiler().compile(request);
    network.plan = std::move(compiled.plan);
    network.tensors = std::move(compiled.tensors);
    network.sha256 = std::move(compiled.modelSha256);
  }
  network.compileSeconds = stopwatch.seconds();
  return network;
}

static bool hasErrors(const plan::Layer &layer) {
  return layer.has_quantize() || layer.has_device() || layer.has_noise() ||
         layer.has_shift() || layer.has_faults() || layer.has_write_verify() ||
         layer.has_correlated() || layer.has_read_disturb() ||
         layer.crossbar().has_wires() || layer.has_dac() || layer.has_adc() ||
         layer.has_read_noise();
}

bool cim::holdsErrors(const ModelFlags &model) {
  if (model.isPlan())
    return true;
  if (std::filesystem::path(model.path).extension() == ".onnx")
    return false;
  // What there is to warn of is said when the network itself is loaded.
  const Network network = Network::load(model, {}, silence);
  return std::ranges::any_of(network.plan.layers(), hasErrors);
}

std::string cim::errorsText(const ModelFlags &model, const ErrorFlags &errors,
                            bool withLayers) {
  const std::string asked = errors.text(withLayers);
  if (!holdsErrors(model))
    return asked;
  return "as compiled" + (asked == "none" ? "" : ", " + asked);
}

std::vector<LayerIdentity> Network::identities() const {
  std::vector<LayerIdentity> identities;
  for (const plan::Layer &layer : plan.layers())
    identities.push_back({layer.name(), layer.role()});
  return identities;
}

std::vector<SelectableLayer> Network::selectable() const {
  std::vector<SelectableLayer> layers;
  for (const plan::Layer &layer : plan.layers())
    layers.push_back({layer.name(), layer.role(), layer.trainable_parameters(),
                      layer.has_tolerance() ? std::optional(layer.tolerance())
                                            : std::nullopt});
  return layers;
}

Selection Network::resolve(std::span<const SelectionTerm> select) const {
  try {
    return resolveSelection(select, selectable());
  } catch (const GrammarError &error) {
    throw InputError(std::string("--select: ") + error.what());
  }
}

std::vector<SelectionTerm> cim::parseSelectFlag(const std::string &plan) {
  try {
    return parseSelection(plan);
  } catch (const GrammarError &error) {
    throw UsageError(std::string("--select: ") + error.what());
  }
}

NetworkSource::NetworkSource(const ModelFlags &model, Network::Warning warning,
                             bool dumpPasses)
    : model(model), warning(std::move(warning)), dumpPasses(dumpPasses) {}

PreparedNetwork &NetworkSource::prepare() {
  if (!prepared) {
    CompileRequest request = model.request();
    request.warn = warning;
    request.dumpPasses = dumpPasses;
    prepared = loadCompiler().prepare(request);
  }
  return *prepared;
}

Network NetworkSource::load(const std::vector<ErrorRequest> &errors) {
  if (model.isPlan())
    return Network::load(model, errors, warning);
  Stopwatch stopwatch;
  CompiledNetwork compiled = prepare().compile(errors);
  return {model.path, std::move(compiled.modelSha256), std::move(compiled.plan),
          std::move(compiled.tensors), stopwatch.seconds()};
}

std::string
NetworkSource::compileToText(const std::vector<ErrorRequest> &errors,
                             Stage until, const std::string &output) {
  return prepare().compileToText(errors, until, output);
}

int64_t Network::weights() const {
  int64_t sum = 0;
  for (const plan::Layer &layer : plan.layers())
    sum += elementCount({layer.shape().data(), size_t(layer.shape_size())});
  return sum;
}

Json Network::describe() const {
  return {{"path", path},
          {"sha256", sha256},
          {"layers", plan.layers_size()},
          {"weights", weights()}};
}
