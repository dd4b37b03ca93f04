//===- Merge.cpp - cim merge: one store of several -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Store.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;

namespace {

struct Merge {
  std::vector<std::string> stores;
  std::string merged;
  Output output;

  void run();
};

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

void Merge::run() {
  if (stores.empty())
    throw UsageError("the stores are missing; write cim merge A.sqlite "
                     "B.sqlite -o ALL.sqlite");
  if (merged.empty())
    throw UsageError("-o is missing; name the file of the merged store");
  checkWritable("-o", merged);
  output.check();

  Stopwatch total;
  const auto finished = mergeStores(stores, merged, interrupted);
  if (!finished)
    throw Interrupted();
  const MergeResult &result = *finished;
  if (result.kernels.size() > 1)
    warn("the stores mix results of different kernels (" +
         joined(result.kernels) +
         "), which agree but for rounding; a sweep answers from those of its "
         "own kernels only: pin them with --instruction-set, --precision and "
         "--tuned FILE.json, of one version of cim");

  Table table({{"store"}, {"trials", Table::Align::right}, {"kernels"}});
  Json inputs = Json::array();
  for (const MergeResult::Input &input : result.inputs) {
    table.add({input.path, grouped(input.trials), joined(input.kernels)});
    inputs.push_back({{"path", input.path},
                      {"trials", input.trials},
                      {"kernels", input.kernels}});
  }
  table.addRule();
  table.add({merged, grouped(result.trials), joined(result.kernels)});
  output.write(table.text(), {{"command", "merge"},
                              {"options", {{"output", merged}}},
                              {"stores", inputs},
                              {"points", result.points},
                              {"trials", result.trials},
                              {"kernels", result.kernels},
                              {"seconds", {{"total", total.seconds()}}}});
}

} // namespace

Command cim::mergeCommand(CLI::App &cim) {
  auto command = std::make_shared<Merge>();
  CLI::App *app =
      cim.add_subcommand("merge", "Put the stores of several sweeps together");
  app->add_option("stores", command->stores,
                  "Stores written by 'cim sweep --store'; they are only read")
      ->type_name("STORE...");
  app->add_option("-o,--output", command->merged,
                  "The new store; must not exist yet")
      ->type_name("FILE")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Example:\n"
              "  cim merge shard1.sqlite shard2.sqlite -o all.sqlite");
  return {app, [command] { command->run(); }};
}
