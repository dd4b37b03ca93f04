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

void Info::run() {
  model.check();
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
                      {"role", layer.role()},
                      {"shape", shape},
                      {"weights", elementCount(shape)},
                      {"range", {low, high}},
                      {"macs", layer.macs()}});
    macs += layer.macs();
  }
  table.addRule();
  table.add({std::to_string(network.plan.layers_size()) + " layers", "", "", "",
             grouped(network.weights()), "", "", grouped(macs)});

  Json options = Json::object();
  if (model.foldBatchNorm)
    options["fold-batch-norm"] = true;
  output.write(table.text(), {{"command", "info"},
                              {"model", network.describe()},
                              {"options", options},
                              {"layers", layers},
                              {"seconds",
                               {{"compile", network.compileSeconds},
                                {"total", total.seconds()}}}});
}

} // namespace

Command cim::infoCommand(CLI::App &cim) {
  auto command = std::make_shared<Info>();
  CLI::App *app =
      cim.add_subcommand("info", "Show the crossbar layers of a network");
  command->model.addTo(*app);
  command->output.addTo(*app);
  app->footer("Example:\n  cim info resnet32.onnx");
  return {app, [command] { command->run(); }};
}
