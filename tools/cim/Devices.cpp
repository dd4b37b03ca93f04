//===- Devices.cpp - cim devices: the known device models -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "runtime/devices/DeviceText.h"
#include "tools/cim/Command.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;

namespace {

struct Devices {
  Output output;
  void run();
};

void Devices::run() {
  output.check();
  Stopwatch total;
  Table table({{"device"}, {"kind"}, {"valid for"}, {"errors"}});
  Json devices = Json::array();
  std::string citations;
  for (const DeviceModel &model : deviceModels()) {
    const std::string &name = model.device.name();
    const std::vector<std::string> terms = termsOf(model.device);
    std::string joined;
    for (const std::string &term : terms)
      joined += (joined.empty() ? "" : ", ") + term;
    table.add({name, model.kind, rangeText(model), joined});
    const std::string citation =
        model.citation + (model.doi.empty() ? "" : ". doi:" + model.doi);
    citations += "\n" + name + ": " + citation + "\n";
    Json device = {{"name", name},
                   {"kind", model.kind},
                   {"citation", citation},
                   {"range", rangeText(model)},
                   {"terms", terms}};
    if (!model.note.empty())
      device["note"] = model.note;
    device["file"] = model.file;
    devices.push_back(device);
  }
  output.write(table.text() + citations,
               {{"command", "devices"},
                {"options", Json::object()},
                {"devices", devices},
                {"seconds", {{"total", total.seconds()}}}});
}

} // namespace

Command cim::devicesCommand(CLI::App &cim) {
  auto command = std::make_shared<Devices>();
  CLI::App *app = cim.add_subcommand(
      "devices", "List the models of memory devices, for --device");
  command->output.addTo(*app);
  app->footer("Example:\n  cim devices");
  return {app, [command] { command->run(); }};
}
