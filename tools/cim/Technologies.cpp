//===- Technologies.cpp - cim technologies: what circuits cost ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cost/Technology.h"
#include "tools/cim/Command.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;

namespace {

struct Technologies {
  Output output;
  void run();
};

std::string bitsText(unsigned bits) {
  return std::to_string(bits) + (bits == 1 ? " bit" : " bits");
}

/// "1.67 pJ", or what the file says for a number of bits.
std::string textOf(const QuantityByBits &quantity, unsigned bits) {
  const PhysicalQuantity *found = quantity.find(bits);
  return found ? found->text : "-";
}

void Technologies::run() {
  output.check();
  Stopwatch total;
  Table table({{"technology"},
               {"array"},
               {"read"},
               {"DAC"},
               {"ADC"},
               {"energy of a conversion"}});
  Json list = Json::array();
  std::string citations;
  for (const Technology &technology : technologies()) {
    table.add({technology.name,
               std::to_string(technology.arrayRows) + "×" +
                   std::to_string(technology.arrayColumns),
               technology.readTime.text, bitsText(technology.dacBits),
               bitsText(technology.adcBits),
               textOf(technology.adcEnergy, technology.adcBits)});
    const std::string citation =
        technology.citation +
        (technology.doi.empty() ? "" : ". doi:" + technology.doi);
    citations += "\n" + technology.name + ": " + citation + "\n";
    if (!technology.note.empty())
      citations += technology.note + "\n";
    citations += "File to copy and edit: " + technology.file + "\n";
    list.push_back({{"name", technology.name},
                    {"citation", citation},
                    {"note", technology.note},
                    {"file", technology.file}});
  }
  output.write(table.text() + citations,
               {{"command", "technologies"},
                {"options", Json::object()},
                {"technologies", list},
                {"seconds", {{"total", total.seconds()}}}});
}

} // namespace

Command cim::technologiesCommand(CLI::App &cim) {
  auto command = std::make_shared<Technologies>();
  CLI::App *app = cim.add_subcommand(
      "technologies", "List what circuits cost, for --technology");
  command->output.addTo(*app);
  app->footer("Example:\n  cim technologies");
  return {app, [command] { command->run(); }};
}
