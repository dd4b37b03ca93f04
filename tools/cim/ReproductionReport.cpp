//===- ReproductionReport.cpp - An experiment's results to keep -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ReproductionReport.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <filesystem>

using namespace cim;
namespace fs = std::filesystem;

namespace {

using Row = std::vector<std::string>;

std::string markdownRow(const Row &cells) {
  std::string line = "|";
  for (std::string cell : cells) {
    for (size_t at = 0; (at = cell.find('|', at)) != cell.npos; at += 2)
      cell.insert(at, "\\");
    line += " " + cell + " |";
  }
  return line + "\n";
}

std::string markdownTable(const Row &titles, const std::vector<Row> &rows) {
  std::string text = markdownRow(titles) + "|";
  for (size_t i = 0; i < titles.size(); ++i)
    text += "---|";
  text += "\n";
  for (const Row &row : rows)
    text += markdownRow(row);
  return text;
}

std::string both(const Json &interval) {
  return hundredths(interval[0]) + " to " + hundredths(interval[1]);
}

/// `noise` of `noise=normal:{0,1}qs`.
std::string optionOf(const Json &vary) {
  const std::string text = vary;
  return text.substr(0, text.find('='));
}

std::string pointsTable(const Json &document) {
  Row titles;
  for (const Json &vary : document["options"]["vary"])
    titles.push_back(optionOf(vary));
  const size_t settings = titles.size();
  titles.insert(titles.end(), {"chips", "accuracy", "std", "95 % over chips",
                               "95 % over images", "5 % of chips below"});
  std::vector<Row> rows;
  for (const Json &point : document["points"]) {
    Row row;
    for (size_t i = 0; i < settings; ++i)
      row.push_back(point.value(titles[i], std::string("none")));
    if (const Json &accuracy = point["accuracy"]; !accuracy.is_null()) {
      const bool several = accuracy["trials"].size() > 1;
      row.insert(
          row.end(),
          {grouped(accuracy["trials"].size()), hundredths(accuracy["mean"]),
           several ? hundredths(accuracy["std"]) : "",
           several ? both(accuracy["ci95"]) : "", both(accuracy["image_ci95"]),
           several ? hundredths(accuracy["quantiles"]["0.05"]) : ""});
    }
    row.resize(titles.size());
    rows.push_back(std::move(row));
  }
  return markdownTable(titles, rows);
}

std::string limitsTable(const Json &document) {
  std::vector<Row> rows;
  for (const Json &limit : document["limits"]) {
    const std::string layers = limit["layer"];
    rows.push_back(
        {layers == "*" ? "all" : layers, limit["search"],
         limit["largest"].is_null() ? "none"
         : limit["reaches_most"]    ? "all: " + brief(limit["largest"], 3)
                                    : brief(limit["largest"], 3),
         brief(limit["ci95"][0], 3) + " to " + brief(limit["ci95"][1], 3)});
  }
  return "Largest error with an accuracy of at least " +
         percent(document["options"]["threshold"]) + ":\n\n" +
         markdownTable({"layers", "search", "largest", "95 % interval"}, rows);
}

/// The options of a run, but for those that say where its results go.
std::string optionsText(const Json &document) {
  std::string text;
  for (const auto &[name, value] : document["options"].items()) {
    if (name == "store" || name == "output" || name == "group")
      continue;
    for (const Json &item : value.is_array() ? value : Json::array({value}))
      text += (text.empty() ? "" : ", ") + name + " " +
              (item.is_string() ? item.get<std::string>() : item.dump());
  }
  return text;
}

std::string picture(const Json &document, const std::string &path) {
  const Json &options = document["options"];
  const std::string file = options.value("output", std::string());
  const std::string ending = fs::path(file).extension();
  if (ending != ".svg" && ending != ".png")
    return "";
  const fs::path from = fs::absolute(path).parent_path();
  return "![](" + fs::absolute(file).lexically_relative(from).string() +
         ")\n\n";
}

} // namespace

int64_t Reproduction::agreeing() const {
  return std::ranges::count(numbers, true, &ComparedNumber::agrees);
}

std::string Reproduction::text() const {
  if (numbers.empty())
    return "";
  Table table({{"run"},
               {"setting"},
               {"published", Table::Align::right},
               {"here", Table::Align::right},
               {"95 % interval", Table::Align::right},
               {"agrees"}});
  for (const ComparedNumber &number : numbers)
    table.add({number.run, number.setting, number.published, number.here,
               number.interval, number.agrees ? "yes" : "NO"});
  return "\n" + table.text() + std::to_string(agreeing()) + " of " +
         std::to_string(numbers.size()) + " agree\n";
}

std::string Reproduction::markdown(const std::string &path) const {
  std::string page = "# " + title + "\n\nWritten by `cim reproduce " +
                     experiment +
                     "` of cim " CIM_VERSION
                     "; accuracies in percent. What the intervals mean: "
                     "[sweeps](../sweeps.md#what-the-numbers-mean).\n";
  if (!numbers.empty()) {
    std::vector<Row> rows;
    for (const ComparedNumber &number : numbers)
      rows.push_back({number.run, "`" + number.setting + "`", number.published,
                      number.here, number.interval,
                      number.agrees ? "yes" : "**no**"});
    page += "\n## Published, and here\n\n" + std::to_string(agreeing()) +
            " of " + std::to_string(numbers.size()) + " agree.\n\n" +
            markdownTable({"run", "setting", "published", "here",
                           "95 % interval", "agrees"},
                          rows);
  }
  for (const auto &[name, document] : runs) {
    const std::string command = document["command"];
    page += "\n## " + name + "\n\n`" + command + " " +
            document["model"]["path"].get<std::string>() + "`";
    if (document.contains("data"))
      page += ", `" + document["data"]["spec"].get<std::string>() + "`, " +
              grouped(document["data"]["images"]) + " images";
    page += "; " + optionsText(document) + ".\n\n";
    page += command == "sweep"    ? pointsTable(document)
            : command == "limits" ? limitsTable(document)
                                  : picture(document, path);
  }
  return page;
}
