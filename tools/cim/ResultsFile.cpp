//===- ResultsFile.cpp - Results as a page, a picture or a table -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ResultsFile.h"
#include "runtime/report/Charts.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Flags.h"

#include <filesystem>
#include <ostream>

using namespace cim;

static std::string endingOf(const std::string &path) {
  return std::filesystem::path(path).extension();
}

void cim::checkResultsFile(const std::string &option, const std::string &path) {
  const std::string ending = endingOf(path);
  if (ending != ".html" && ending != ".svg" && ending != ".png" &&
      ending != ".csv")
    throw UsageError(option + " '" + path +
                     "': name an .html, .svg, .png or .csv file");
  checkWritable(option, path);
}

void cim::writeResults(const std::string &path, std::span<const Study> studies,
                       PageOptions options) {
  options.version = CIM_VERSION;
  const std::string ending = endingOf(path);
  std::string content;
  if (ending == ".html") {
    content = pageOf(studies, options);
  } else if (ending == ".csv") {
    content = tableOf(studies, options.yieldThreshold);
  } else {
    std::vector<Chart> charts;
    for (const Study &study : studies)
      for (Chart &chart : chartsOf(study))
        charts.push_back(std::move(chart));
    if (charts.empty())
      throw NothingToDraw("'" + path +
                          "' would be empty: no option varies, so there is no "
                          "curve to draw; write a .csv or .html file");
    if (charts.size() > mostCharts)
      throw InputError("a picture shows at most " + std::to_string(mostCharts) +
                       " charts, not " + std::to_string(charts.size()) +
                       "; write an .html file");
    content = drawCharts(charts, ending == ".png" ? PictureFormat::png
                                                  : PictureFormat::svg);
  }
  writeWhole(path, [&](std::ostream &out) { out << content; });
}
