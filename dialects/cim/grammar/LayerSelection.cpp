//===- LayerSelection.cpp - Which layers are retrained --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerSelection.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/Words.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

using namespace cim;
using namespace cim::grammar;

//===----------------------------------------------------------------------===//
// Grammar
//===----------------------------------------------------------------------===//

static uint64_t parseCount(std::string_view text, std::string_view term,
                           std::string_view what) {
  const uint64_t count = parseWholeNumber(text).value_or(0);
  if (count == 0)
    throw GrammarError(quote(term) + " needs a whole number of " +
                       std::string(what) + ", at least 1; got " + quote(text));
  return count;
}

static SelectionTerm parseTerm(std::string_view word) {
  using Kind = SelectionTerm::Kind;
  SelectionTerm term;
  term.excludes = word.starts_with('!');
  if (term.excludes)
    word.remove_prefix(1);
  term.text = word;
  const size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const std::pair<std::string_view, Kind> kinds[] = {
      {"last", Kind::last},
      {"c1", Kind::c1},
      {"c2", Kind::c2},
      {"tolerant", Kind::tolerant}};
  const auto *kind =
      std::ranges::find(kinds, name, &std::pair<std::string_view, Kind>::first);
  if (colon == word.npos || kind == std::end(kinds)) {
    checkLayerPattern(word);
    return term;
  }
  term.kind = kind->second;
  std::string_view rest = word.substr(colon + 1);
  if (term.kind == Kind::tolerant)
    if (const size_t second = rest.find(':'); second != rest.npos) {
      term.mostParameters =
          parseCount(rest.substr(second + 1), word, "weights");
      rest = rest.substr(0, second);
    }
  term.count = parseCount(rest, word, "layers");
  return term;
}

std::vector<SelectionTerm> cim::parseSelection(std::string_view plan) {
  std::vector<SelectionTerm> terms;
  for (std::string_view word : split(plan, ',')) {
    if (word.empty() || word == "!")
      throw GrammarError("plan " + quote(plan) +
                         " has an empty term; write last:K, c2:K, c1:K, "
                         "tolerant:K[:MAXWEIGHTS] or layer names, separated by "
                         "commas");
    terms.push_back(parseTerm(word));
  }
  return terms;
}

//===----------------------------------------------------------------------===//
// Resolution
//===----------------------------------------------------------------------===//

namespace {

/// What one term says about each layer.
struct Verdict {
  std::vector<bool> taken;
  std::vector<std::string> reasons;
};

class Resolution {
public:
  explicit Resolution(std::span<const SelectableLayer> layers)
      : layers(layers) {}

  Verdict judge(const SelectionTerm &term) const {
    using Kind = SelectionTerm::Kind;
    Verdict verdict{std::vector<bool>(layers.size()),
                    std::vector<std::string>(layers.size())};
    if (layers.empty())
      throw GrammarError("the network has no crossbar layer");
    switch (term.kind) {
    case Kind::pattern:
      judgePattern(term, verdict);
      break;
    case Kind::last:
      for (size_t l = 0; l < layers.size(); ++l)
        take(verdict, l, isAmongLast(l, term), lastText(term));
      break;
    case Kind::c1:
    case Kind::c2:
      judgeRole(term, term.kind == Kind::c1 ? "C1" : "C2", verdict);
      break;
    case Kind::tolerant:
      judgeTolerance(term, verdict);
      break;
    }
    return verdict;
  }

private:
  bool isAmongLast(size_t layer, const SelectionTerm &term) const {
    return layers.size() - layer <= term.count;
  }
  static std::string lastText(const SelectionTerm &term) {
    return "among the last " + std::to_string(term.count) + " layers";
  }
  static void take(Verdict &verdict, size_t layer, bool taken,
                   const std::string &property) {
    verdict.taken[layer] = taken;
    verdict.reasons[layer] = (taken ? "" : "not ") + property;
  }

  void judgePattern(const SelectionTerm &term, Verdict &verdict) const {
    std::vector<LayerIdentity> identities;
    for (const SelectableLayer &layer : layers)
      identities.push_back({layer.name, layer.role});
    verdict.taken = selectLayers(term.text, identities);
    for (size_t l = 0; l < layers.size(); ++l)
      verdict.reasons[l] =
          (verdict.taken[l] ? "named by " : "not named by ") + quote(term.text);
  }

  void judgeRole(const SelectionTerm &term, const std::string &role,
                 Verdict &verdict) const {
    for (size_t l = 0; l < layers.size(); ++l) {
      const bool hasRole = layers[l].role == role;
      if (hasRole && isAmongLast(l, term))
        take(verdict, l, true, role + " " + lastText(term));
      else
        take(verdict, l, false, hasRole ? lastText(term) : role);
    }
  }

  static std::string toleranceText(double accuracy) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * accuracy);
    return text;
  }

  void judgeTolerance(const SelectionTerm &term, Verdict &verdict) const {
    std::vector<size_t> measured; // the most tolerant first
    for (size_t l = 0; l < layers.size(); ++l) {
      const bool isCandidate = isAmongLast(l, term);
      if (isCandidate && layers[l].tolerance)
        measured.push_back(l);
      verdict.reasons[l] =
          isCandidate ? "tolerance not measured" : "not " + lastText(term);
    }
    if (measured.empty())
      throw GrammarError(quote(term.text) +
                         " needs the measured tolerance of layers " +
                         lastText(term) +
                         "; measure it with cim tolerance MODEL ... -o "
                         "annotated.mlir, and use "
                         "that file");
    const SelectableLayer &first = layers[measured.front()];
    for (size_t l : measured)
      if (layers[l].measurement != first.measurement)
        throw GrammarError(
            quote(term.text) + " compares what was measured differently: " +
            quote(first.name) + " with " + first.measurement + ", " +
            quote(layers[l].name) + " with " + layers[l].measurement +
            "; measure all layers with one cim tolerance MODEL ... -o "
            "annotated.mlir");
    std::ranges::sort(measured, {}, [&](size_t l) {
      return std::pair(-*layers[l].tolerance, l);
    });
    term.mostParameters ? takeWhatFits(term, measured, verdict)
                        : takeHalf(measured, verdict);
  }

  void takeHalf(const std::vector<size_t> &measured, Verdict &verdict) const {
    const size_t n = measured.size();
    const double median = (*layers[measured[(n - 1) / 2]].tolerance +
                           *layers[measured[n / 2]].tolerance) /
                          2;
    for (size_t l : measured) {
      const double tolerance = *layers[l].tolerance;
      verdict.taken[l] = tolerance >= median;
      verdict.reasons[l] = toleranceText(tolerance) +
                           " with errors in it alone, " +
                           (verdict.taken[l] ? "at least" : "below") +
                           " the median of " + toleranceText(median);
    }
  }

  void takeWhatFits(const SelectionTerm &term,
                    const std::vector<size_t> &measured,
                    Verdict &verdict) const {
    uint64_t left = *term.mostParameters;
    for (size_t l : measured) {
      verdict.taken[l] = layers[l].parameters <= left;
      verdict.reasons[l] = toleranceText(*layers[l].tolerance) +
                           " with errors in it alone, " +
                           std::to_string(layers[l].parameters) + " weights " +
                           (verdict.taken[l] ? "fit" : "do not fit") +
                           " into the " + std::to_string(left) + " left";
      if (verdict.taken[l])
        left -= layers[l].parameters;
    }
    if (std::ranges::find(verdict.taken, true) == verdict.taken.end())
      throw GrammarError(quote(term.text) +
                         " selects nothing: every measured layer has more "
                         "weights than that");
  }

  std::span<const SelectableLayer> layers;
};

} // namespace

Selection cim::resolveSelection(std::span<const SelectionTerm> terms,
                                std::span<const SelectableLayer> layers) {
  const Resolution resolution(layers);
  const bool onlyExcludes =
      std::ranges::all_of(terms, &SelectionTerm::excludes);
  std::string empty; // a term of a role that nobody has
  Selection selection{std::vector<bool>(layers.size(), onlyExcludes),
                      std::vector<std::string>(
                          layers.size(), onlyExcludes ? "not excluded" : ""),
                      0, 0};
  for (const SelectionTerm &term : terms) {
    if (term.excludes)
      continue;
    const Verdict verdict = resolution.judge(term);
    if (std::ranges::find(verdict.taken, true) == verdict.taken.end())
      empty = term.text;
    for (size_t l = 0; l < layers.size(); ++l) {
      std::string &reason = selection.reasons[l];
      if (verdict.taken[l] && !selection.selected[l]) {
        selection.selected[l] = true;
        reason = verdict.reasons[l];
      } else if (!selection.selected[l] &&
                 reason.find(verdict.reasons[l]) == reason.npos) {
        reason += (reason.empty() ? "" : ", ") + verdict.reasons[l];
      }
    }
  }
  for (const SelectionTerm &term : terms) {
    if (!term.excludes)
      continue;
    const Verdict verdict = resolution.judge(term);
    for (size_t l = 0; l < layers.size(); ++l)
      if (verdict.taken[l]) {
        selection.selected[l] = false;
        selection.reasons[l] = "excluded: " + verdict.reasons[l];
      }
  }
  for (size_t l = 0; l < layers.size(); ++l)
    if (selection.selected[l]) {
      selection.parameters += layers[l].parameters;
      selection.depth = std::max<uint64_t>(selection.depth, layers.size() - l);
    }
  if (selection.depth == 0 && !empty.empty())
    throw GrammarError(quote(empty) +
                       " selects nothing: no layer that deep has "
                       "this role; cim info shows the roles");
  if (selection.depth == 0)
    throw GrammarError("the plan excludes every layer that it takes");
  return selection;
}
