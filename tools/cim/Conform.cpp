//===- Conform.cpp - cim conform ------------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/ConformanceCase.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;
namespace fs = std::filesystem;

namespace {

struct Conform {
  std::vector<std::string> folders;
  Output output;
  void run();
};

const char *nameOf(Conformance status) {
  switch (status) {
  case Conformance::passed:
    return "passed";
  case Conformance::failed:
    return "failed";
  default:
    return "unsupported";
  }
}

/// What came of all cases so far.
struct Summary {
  Table table{{{"case"}, {"status"}, {"why"}}};
  Json cases = Json::array();
  int64_t counts[3] = {}; ///< by Conformance

  void add(const fs::path &path, const CaseResult &result) {
    const std::string name = path.filename().string();
    ++counts[int(result.status)];
    if (result.status != Conformance::passed)
      table.add({name, nameOf(result.status), result.message});
    cases.push_back({{"name", name},
                     {"path", path.string()},
                     {"status", nameOf(result.status)},
                     {"message", result.message}});
  }
  int64_t count(Conformance status) const { return counts[int(status)]; }
};

void Conform::run() {
  if (folders.empty())
    throw UsageError("name a folder with ONNX backend test cases");
  output.check();
  Stopwatch total;
  std::vector<fs::path> cases;
  for (const std::string &folder : folders) {
    // The name of "case/" is "case", too.
    fs::path path = fs::path(folder).lexically_normal();
    if (!path.has_filename())
      path = path.parent_path();
    const std::vector<fs::path> found = findConformanceCases(path);
    if (found.empty())
      throw InputError(folder + ": has no ONNX backend test cases below it "
                                "(folders with model.onnx and "
                                "test_data_set_0)");
    cases.insert(cases.end(), found.begin(), found.end());
  }

  Summary summary;
  {
    Progress progress("conforming", cases.size(), "cases");
    for (const fs::path &path : cases) {
      if (interrupted())
        break;
      summary.add(path, runConformanceCase(path));
      ++progress.done;
    }
  }
  const int64_t passed = summary.count(Conformance::passed),
                failed = summary.count(Conformance::failed),
                unsupported = summary.count(Conformance::unsupported);
  std::string text = failed + unsupported > 0 ? summary.table.text() : "";
  text += grouped(passed) + " passed, " + grouped(failed) + " failed, " +
          grouped(unsupported) + " unsupported of " + grouped(cases.size()) +
          " cases\n";
  output.write(text, {{"command", "conform"},
                      {"options", {{"folders", folders}}},
                      {"passed", passed},
                      {"failed", failed},
                      {"unsupported", unsupported},
                      {"cases", summary.cases},
                      {"complete", summary.cases.size() == cases.size()},
                      {"seconds", {{"total", total.seconds()}}}});
  if (interrupted())
    throw Interrupted();
  if (failed > 0)
    throw InputError(grouped(failed) +
                     (failed == 1 ? " case computes" : " cases compute") +
                     " something else than expected");
}

} // namespace

Command cim::conformCommand(CLI::App &cim) {
  auto command = std::make_shared<Conform>();
  CLI::App *app = cim.add_subcommand(
      "conform", "Run ONNX backend test cases and compare their outputs");
  app->add_option("folders", command->folders,
                  "Folders to search for cases: folders with model.onnx and "
                  "test_data_set_*")
      ->type_name("DIR...");
  command->output.addTo(*app);
  app->footer("Example:\n  cim conform ../onnx/backend/test/data/node "
              "--json conformance.json");
  return {app, [command] { command->run(); }};
}
