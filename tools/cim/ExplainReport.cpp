//===- ExplainReport.cpp - Where accuracy is lost, in words ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ExplainReport.h"

#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <cstdio>

using namespace cim;

namespace {

/// Points of a loss, signed: "12.30".
std::string points(double fraction) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.2f", 100 * fraction);
  return buffer == std::string("-0.00") ? "0.00" : buffer;
}

std::string points(const Loss &loss) { return points(loss.mean); }

std::string intervalText(const Loss &loss) {
  return points(loss.interval.lowest) + " to " + points(loss.interval.highest);
}

/// Whether chance alone would hardly make such a loss.
bool isClear(const Loss &loss) {
  return std::min(loss.interval.lowest, loss.imageInterval.lowest) > 0;
}

/// What to do about a source, in a few words.
struct Advice {
  const char *source, *reason, *remedy;
};
constexpr Advice advices[] = {
    {"quantize", "cells hold too few levels for these weights",
     "more bits, per=channel, or more bits in the most sensitive layers only "
     "(--layer NAME:quantize=BITS)"},
    {"device", "its cells do not keep the conductance they are meant to have",
     "compare the device without @TIME, to tell its programming from its "
     "drift; compensate the drift (--drift-compensation global), write more "
     "carefully, or retrain for it"},
    {"noise", "every write leaves a weight somewhere else",
     "write more carefully (a smaller width), or retrain for it"},
    {"shift",
     "all weights move the same way, which adds up in every sum "
     "instead of averaging out",
     "compensate the shift, or write again before it has grown"},
    {"write-verify", "cells are written until they are close enough",
     "a smaller tolerance"},
    {"correlated",
     "cells that share a column, an array or a chip err "
     "together, which does not average out",
     "calibrate columns or chips one by one"},
    {"read-disturb", "every read moves the cells a little, all the same way",
     "write again before the reads add up"},
    {"faults", "stuck cells and flipped bits are large errors in a few weights",
     "a smaller conductance window for what is stuck, or spare columns"},
    {"dac", "inputs are rounded before they reach the array", "more DAC bits"},
    {"adc", "partial sums are rounded, or cut where they exceed the range",
     "more ADC bits, another range (--adc BITS,percentile=99.9), or arrays "
     "of fewer rows"},
    {"dac-mismatch",
     "every row is driven by a converter with a gain and an offset of its own",
     "calibrate converters one by one, or bit-serial inputs, which have a gain "
     "only"},
    {"adc-mismatch", "every converter has a gain and an offset of its own",
     "calibrate converters one by one"},
    {"read-noise", "every read of a cell is a little different",
     "average several reads, or larger conductances"},
    {"iv", "the current of a cell is not proportional to its voltage",
     "smaller input voltages, or bit-serial inputs"},
    {"wire-resistance", "cells far from the driver see less voltage",
     "smaller arrays, wider wires, or smaller conductances"}};

const Advice *adviceFor(const std::string &source) {
  for (const Advice &advice : advices)
    if (source == advice.source)
      return &advice;
  return nullptr;
}

std::string nameOf(const SourceLoss &source) {
  return source.name + " " + source.value;
}

std::string sourcesTable(const Explanation &explanation) {
  using enum Table::Align;
  Table table({{"source"},
               {"accuracy", right},
               {"loses alone", right},
               {"95 % interval", right},
               {"regained without it", right}});
  for (const SourceLoss &source : explanation.sources)
    table.add({nameOf(source) +
                   (source.needs.empty() ? "" : " (with " + source.needs + ")"),
               percent(source.accuracy.mean), points(source.alone),
               intervalText(source.alone),
               source.regained ? points(*source.regained) : "-"});
  table.addRule();
  table.add({"all", percent(explanation.all.mean), points(explanation.total),
             intervalText(explanation.total), points(explanation.total)});
  return table.text();
}

/// Pointers to \p items by \p loss, most first; of equal ones the first.
template <typename Item, typename Function>
std::vector<const Item *> ranked(const std::vector<Item> &items,
                                 Function loss) {
  std::vector<const Item *> result;
  for (const Item &item : items)
    result.push_back(&item);
  std::sort(result.begin(), result.end(), [&](const Item *a, const Item *b) {
    return loss(*a) != loss(*b) ? loss(*a) > loss(*b) : a < b;
  });
  return result;
}

double lossOf(const SourceLoss &source) { return source.alone.mean; }
double lossOf(const LayerLoss &layer) { return layer.loss.mean; }

template <typename Item>
std::vector<const Item *> ranked(const std::vector<Item> &items) {
  return ranked(items, [](const Item &item) { return lossOf(item); });
}

std::string layersTable(const Explanation &explanation) {
  constexpr size_t mostShown = 12;
  using enum Table::Align;
  const bool hasClipping = std::any_of(
      explanation.layers.begin(), explanation.layers.end(),
      [](const LayerLoss &layer) { return layer.clipped.has_value(); });
  std::vector<Table::Column> columns = {{"all sources in this layer alone"},
                                        {"role"},
                                        {"accuracy", right},
                                        {"loses", right},
                                        {"95 % interval", right}};
  if (hasClipping)
    columns.push_back({"ADC clipped", right});
  Table table(columns);
  const std::vector<const LayerLoss *> layers = ranked(explanation.layers);
  for (size_t i = 0; i < std::min(layers.size(), mostShown); ++i) {
    const LayerLoss &layer = *layers[i];
    table.add({layer.name, layer.role, percent(layer.accuracy.mean),
               points(layer.loss), intervalText(layer.loss),
               layer.clipped ? percent(*layer.clipped) : ""});
  }
  std::string text = table.text();
  if (layers.size() > mostShown)
    text += "and " + grouped(layers.size() - mostShown) +
            " layers that lose less; --json has all\n";
  return text;
}

/// Numbers lines; each is wrapped by the terminal.
class Reasons {
public:
  void add(const std::string &reason) {
    text += "  " + std::to_string(++count) + ". " + reason + "\n";
  }
  std::string text;

private:
  int count = 0;
};

/// What \p source costs of \p total, and what may help.
std::string reasonOf(const SourceLoss &source, double total) {
  std::string reason = nameOf(source) + ": ";
  const Advice *advice = adviceFor(source.name);
  if (advice)
    reason += std::string(advice->reason) + ". ";
  reason += "Alone it costs " + points(source.alone) + " of the " +
            points(total) + " points";
  if (source.regained)
    reason += "; without it, " + points(*source.regained) + " come back";
  reason += ".";
  if (advice)
    reason += std::string(" What may help: ") + advice->remedy + ".";
  return reason;
}

/// That \p name seems to cost a \p loss that is not clear, and what it takes to
/// know.
std::string doubtOf(const std::string &name, const Loss &loss,
                    const Measure &accuracy) {
  const size_t chips = accuracy.trials.size();
  return name + " may cost " + points(loss) + " points, but " +
         (chips > 1 && loss.interval.lowest <= 0
              ? grouped(chips) + " chips differ too much to be certain: take "
                                 "more --trials."
              : "there are too few images to be certain: take more (--limit).");
}

/// Which of \p layers, of which there are some, lose much of \p total alone.
std::string layersReason(const std::vector<LayerLoss> &layers, double total) {
  const std::vector<const LayerLoss *> ranking = ranked(layers);
  std::string names;
  int count = 0;
  for (const LayerLoss *layer : ranking) {
    if (count == 3 || layer->loss.mean < 0.05 * total)
      break;
    if (isClear(layer->loss))
      names += (count++ == 0 ? "" : ", ") + layer->name + " (" +
               points(layer->loss) + ")";
  }
  if (count > 0)
    return "The most sensitive layers: " + names +
           " points alone. Protecting them first pays most.";
  const LayerLoss &first = *ranking[0];
  if (first.loss.mean >= 0.05 * total)
    return doubtOf(first.name, first.loss, first.accuracy);
  return "No single layer loses much alone: many small errors add up from "
         "layer to layer.";
}

std::string reasonsText(const Explanation &explanation) {
  const double total = explanation.total.mean;
  if (!isClear(explanation.total))
    return "Why: with these images and chips, no loss is certain; its interval "
           "contains 0.\n";
  Reasons reasons;
  double sum = 0;
  int named = 0;
  for (const SourceLoss *source : ranked(explanation.sources)) {
    sum += source->alone.mean;
    if (named >= 3 || source->alone.mean < 0.1 * total)
      continue;
    ++named;
    reasons.add(isClear(source->alone) ? reasonOf(*source, total)
                                       : doubtOf(nameOf(*source), source->alone,
                                                 source->accuracy));
  }
  if (named == 0)
    reasons.add("No source alone costs much: together they do.");
  else if (sum < 0.7 * total)
    reasons.add("Together the sources cost more (" + points(total) +
                " points) than each alone adds up to (" + points(sum) +
                "): they make each other worse.");

  if (!explanation.layers.empty()) {
    reasons.add(layersReason(explanation.layers, total));
    const LayerLoss &clipping =
        *ranked(explanation.layers, [](const LayerLoss &layer) {
          return layer.clipped.value_or(0);
        })[0];
    if (clipping.clipped.value_or(0) > 0.01)
      reasons.add("The ADCs of " + clipping.name + " clip " +
                  percent(*clipping.clipped, 1) +
                  " of their conversions; a wider range (--adc) may help.");
  }
  return "Why\n" + reasons.text;
}

} // namespace

void cim::describeLoss(Json &to, const Loss &loss) {
  to["loss"] = loss.mean;
  to["ci95"] = {loss.interval.lowest, loss.interval.highest};
  to["image_ci95"] = {loss.imageInterval.lowest, loss.imageInterval.highest};
}

std::string Explanation::text() const {
  std::string text =
      "\nPoints of accuracy lost, on the same images and chips\n\n";
  if (!sources.empty())
    text += sourcesTable(*this) + "\n";
  if (!layers.empty())
    text += layersTable(*this) + "\n";
  return text + (stopped ? "Interrupted: the rest was not measured.\n"
                         : reasonsText(*this));
}

Json Explanation::sourcesJson() const {
  Json list = Json::array();
  for (const SourceLoss &source : sources) {
    Json entry = {{"name", source.name}, {"layer", ""}};
    describeLoss(entry, source.alone);
    entry["value"] = source.value;
    if (!source.needs.empty())
      entry["needs"] = source.needs;
    if (source.regained)
      entry["regained"] = {{"mean", source.regained->mean},
                           {"ci95",
                            {source.regained->interval.lowest,
                             source.regained->interval.highest}}};
    entry["accuracy"] = measureJson(source.accuracy);
    list.push_back(entry);
  }
  Json entry = {{"name", "all"}, {"layer", ""}};
  describeLoss(entry, total);
  entry["accuracy"] = measureJson(all);
  list.push_back(entry);
  for (const LayerLoss &layer : layers) {
    Json entry = {{"name", "all"}, {"layer", layer.name}};
    describeLoss(entry, layer.loss);
    if (layer.clipped)
      entry["clipped"] = *layer.clipped;
    entry["accuracy"] = measureJson(layer.accuracy);
    list.push_back(entry);
  }
  return list;
}
