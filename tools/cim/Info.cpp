//===- Info.cpp - cim info: the crossbar layers of a network -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

using namespace cim;

namespace {

struct Info {
  ModelFlags model;
  Output output;
  std::string select;
  void run();
};

std::pair<float, float> rangeOf(const plan::Layer &layer,
                                const TensorMap &tensors) {
  const auto weights = tensors.at(layer.weights()).as<float>();
  float low = INFINITY, high = -INFINITY;
  for (float weight : weights) {
    if (!std::isfinite(weight))
      throw InputError("layer '" + layer.name() +
                       "': a weight is not finite (NaN or infinity); correct "
                       "the model");
    low = std::min(low, weight);
    high = std::max(high, weight);
  }
  return weights.empty() ? std::pair(0.0f, 0.0f) : std::pair(low, high);
}

/// What `--select` takes of the network, with why.
std::string selectionText(const Selection &selection, const Network &network) {
  Table table({{"layer"}, {""}, {"because"}});
  int64_t count = 0;
  for (size_t l = 0; l < selection.selected.size(); ++l) {
    table.add({network.plan.layers(l).name(),
               selection.selected[l] ? "selected" : "", selection.reasons[l]});
    count += selection.selected[l];
  }
  return "\n" + table.text() + grouped(count) + " layers with " +
         grouped(selection.parameters) +
         " weights are selected; a backward pass reaches " +
         grouped(selection.depth) + " layers\n";
}

Json selectionJson(const Selection &selection, const Network &network) {
  Json names = Json::array(), reasons = Json::object();
  for (size_t l = 0; l < selection.selected.size(); ++l) {
    const std::string &name = network.plan.layers(l).name();
    if (selection.selected[l])
      names.push_back(name);
    reasons[name] = selection.reasons[l];
  }
  return {{"selected", names},
          {"weights", selection.parameters},
          {"depth", selection.depth},
          {"reasons", reasons}};
}

void Info::run() {
  model.check();
  std::vector<SelectionTerm> terms;
  if (!select.empty())
    terms = parseSelectFlag(select);
  output.check();
  Stopwatch total;
  const Network network = Network::load(model, {});

  Table table({{"layer"},
               {"op"},
               {"role"},
               {"shape", Table::Align::right},
               {"weights", Table::Align::right},
               {"lowest", Table::Align::right},
               {"highest", Table::Align::right},
               {"MACs", Table::Align::right}});
  Json layers = Json::array();
  int64_t macs = 0;
  for (const plan::Layer &layer : network.plan.layers()) {
    const std::vector<int64_t> shape(layer.shape().begin(),
                                     layer.shape().end());
    const auto [low, high] = rangeOf(layer, network.tensors);
    table.add({layer.name(), layer.operation(), layer.role(), shapeText(shape),
               grouped(elementCount(shape)), brief(low), brief(high),
               grouped(layer.macs())});
    layers.push_back({{"name", layer.name()},
                      {"op", layer.operation()},
                      {"role", publishedRole(layer)},
                      {"block_role", layer.role()},
                      {"trainable_parameters", layer.trainable_parameters()},
                      {"shape", shape},
                      {"weights", elementCount(shape)},
                      {"range", {low, high}},
                      {"macs", layer.macs()}});
    macs += layer.macs();
  }
  table.addRule();
  table.add({std::to_string(network.plan.layers_size()) + " layers", "", "", "",
             grouped(network.weights()), "", "", grouped(macs)});

  std::string text = table.text();
  Json options = Json::object();
  model.describe(options);
  Json document = {{"command", "info"},
                   {"model", network.describe()},
                   {"options", options},
                   {"layers", layers}};
  if (!select.empty()) {
    const Selection selection = network.resolve(terms);
    text += selectionText(selection, network);
    document["options"]["select"] = select;
    document["selection"] = selectionJson(selection, network);
  }
  document["seconds"] = {{"compile", network.compileSeconds},
                         {"total", total.seconds()}};
  output.write(text, document);
}

} // namespace

Command cim::infoCommand(CLI::App &cim) {
  auto command = std::make_shared<Info>();
  CLI::App *app =
      cim.add_subcommand("info", "Show the crossbar layers of a network");
  command->model.addTo(*app);
  app->add_option("--select", command->select,
                  "PLAN: which layers it selects for retraining, and why: a "
                  "union of last:K, c2:K, c1:K, tolerant:K[:MAXWEIGHTS] and "
                  "layer names")
      ->type_name("PLAN")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim info resnet32.onnx\n"
              "  cim info resnet32.onnx --select c2:18,layer2.0.conv2");
  return {app, [command] { command->run(); }};
}
