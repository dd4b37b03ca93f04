//===- Report.cpp - cim report: a page of all results in a store -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"
#include "tools/cim/ResultsFile.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

using namespace cim;

namespace {

struct Report {
  std::string store, file, yieldText;
  Output output;

  void run();
};

void Report::run() {
  if (store.empty())
    throw UsageError("the store is missing; write cim report STORE -o "
                     "FILE.html");
  if (file.empty())
    throw UsageError("-o is missing; name an .html, .svg, .png or .csv file");
  PageOptions options;
  if (!yieldText.empty())
    options.yieldThreshold = parseFraction("--yield-above", yieldText, 0, 1);
  checkResultsFile("-o", file);
  output.check();

  Stopwatch total;
  Store opened = Store::open(store);
  checkInterrupted();
  const std::vector<Study> studies = studiesOf(opened);
  if (studies.empty())
    throw InputError("the store '" + store +
                     "' holds no finished chip; run the sweep first");
  checkInterrupted();
  options.title = std::filesystem::path(store).filename();
  writeResults(file, studies, options);

  Table table({{"network"},
               {"data"},
               {"images", Table::Align::right},
               {"kernels"},
               {"seed", Table::Align::right},
               {"points", Table::Align::right},
               {"chips", Table::Align::right}});
  Json list = Json::array();
  for (const Study &study : studies) {
    int64_t chips = 0;
    for (const Result &result : study.results)
      chips += result.chips.size();
    table.add({study.model, study.data, grouped(study.images), study.kernels,
               std::to_string(study.seed), grouped(study.results.size()),
               grouped(chips)});
    list.push_back({{"model", study.model},
                    {"model_sha256", study.modelSha256},
                    {"data", study.data},
                    {"data_sha256", study.dataSha256},
                    {"images", study.images},
                    {"kernels", study.kernels},
                    {"seed", study.seed},
                    {"points", study.results.size()},
                    {"chips", chips}});
  }
  output.write(table.text(), {{"command", "report"},
                              {"options",
                               {{"store", store},
                                {"output", file},
                                {"yield-above", options.yieldThreshold}}},
                              {"studies", list},
                              {"seconds", {{"total", total.seconds()}}}});
}

} // namespace

Command cim::reportCommand(CLI::App &cim) {
  auto command = std::make_shared<Report>();
  CLI::App *app = cim.add_subcommand(
      "report", "Show all results of a store in one page, picture or table");
  app->add_option("store", command->store,
                  "A store written by 'cim sweep --store'; it is only read")
      ->type_name("STORE");
  app->add_option("-o,--output", command->file,
                  "Write FILE.html (a page that needs no network), FILE.svg or "
                  "FILE.png (all charts, drawn by gnuplot), or FILE.csv")
      ->type_name("FILE")
      ->group("Output");
  app->add_option("--yield-above", command->yieldText,
                  "Show the share of chips with at least this accuracy "
                  "(default: 0.9)")
      ->type_name("A")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Example:\n"
              "  cim report sweep.sqlite -o sweep.html");
  return {app, [command] { command->run(); }};
}
