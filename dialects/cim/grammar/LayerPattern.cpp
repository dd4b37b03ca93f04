//===- LayerPattern.cpp - Which layers an option means --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "dialects/cim/grammar/Words.h"

#include <algorithm>

using namespace cim;
using namespace cim::grammar;

namespace {

/// One comma-separated term of a pattern.
struct Term {
  enum class Kind { name, role, first, last };
  Kind kind = Kind::name;
  bool excludes = false;
  std::string_view text; ///< after `!` and the prefix
  uint64_t count = 0;    ///< first, last
};

} // namespace

static uint64_t parseCount(std::string_view text, std::string_view prefix) {
  uint64_t count = 0;
  for (char c : text) {
    if (c < '0' || c > '9') {
      count = 0;
      break;
    }
    // No network has so many layers; saturating keeps the sum from wrapping.
    count = std::min<uint64_t>(count * 10 + (c - '0'), 1u << 30);
  }
  if (count == 0)
    throw GrammarError(std::string(prefix) + quote(text) +
                       " needs a whole number of layers, at least 1, such as " +
                       std::string(prefix) + "3");
  return count;
}

static std::vector<Term> parsePattern(std::string_view pattern) {
  std::vector<Term> terms;
  for (std::string_view word : split(pattern, ',')) {
    Term term;
    if (word.starts_with('!')) {
      term.excludes = true;
      word.remove_prefix(1);
    }
    if (word.empty())
      throw GrammarError("layer pattern " + quote(pattern) +
                         " has an empty term; write layer names (with * and "
                         "?), role:C1, role:C2, first:K or last:K");
    term.text = word;
    if (word.starts_with("role:")) {
      term.kind = Term::Kind::role;
      term.text.remove_prefix(5);
      parseWord(term.text, "role",
                {"C1", "C2", "B1", "B2", "B3", "P1", "P2", "P3", "S"});
    } else if (word.starts_with("first:")) {
      term.kind = Term::Kind::first;
      term.count = parseCount(word.substr(6), "first:");
    } else if (word.starts_with("last:")) {
      term.kind = Term::Kind::last;
      term.count = parseCount(word.substr(5), "last:");
    }
    terms.push_back(term);
  }
  return terms;
}

/// Whether \p name matches \p pattern, in which `*` stands for any text and
/// `?` for one character; at most |pattern|·|name| steps.
static bool matches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0;
  size_t star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1; // let the last star stand for one character more
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

static bool selects(const Term &term, std::span<const LayerIdentity> layers,
                    size_t index) {
  switch (term.kind) {
  case Term::Kind::name:
    return matches(term.text, layers[index].name);
  case Term::Kind::role:
    return layers[index].role == term.text;
  case Term::Kind::first:
    return index < term.count;
  case Term::Kind::last:
    return layers.size() - index <= term.count;
  }
  return false;
}

/// Says what the user may have meant by a term that selects nothing.
static std::string explain(const Term &term,
                           std::span<const LayerIdentity> layers) {
  if (layers.empty())
    return "the network has no crossbar layer";
  if (term.kind == Term::Kind::role)
    return "no layer has the role " + std::string(term.text);
  std::vector<std::string> names;
  for (const LayerIdentity &layer : layers)
    names.push_back(layer.name);
  std::vector<std::string> near = nearNames(term.text, names);
  std::string message = "no layer is named " + quote(term.text) +
                        (near.empty() ? "; layers are " : "; did you mean ");
  if (near.empty())
    near.assign(names.begin(),
                names.begin() + std::min<size_t>(3, names.size()));
  for (size_t i = 0; i < near.size(); ++i)
    message += (i == 0 ? "" : ", ") + quote(near[i]);
  return message + (message.find("did you") != std::string::npos ? "?"
                    : names.size() > near.size()                 ? ", ..."
                                                                 : "");
}

std::vector<bool> cim::selectLayers(std::string_view pattern,
                                    std::span<const LayerIdentity> layers) {
  std::vector<Term> terms = parsePattern(pattern);
  bool onlyExcludes =
      std::all_of(terms.begin(), terms.end(),
                  [](const Term &term) { return term.excludes; });
  std::vector<bool> included(layers.size(), onlyExcludes);
  std::vector<bool> excluded(layers.size(), false);
  for (const Term &term : terms) {
    bool any = false;
    for (size_t i = 0; i < layers.size(); ++i)
      if (selects(term, layers, i)) {
        any = true;
        (term.excludes ? excluded : included)[i] = true;
      }
    if (!any)
      throw GrammarError(explain(term, layers));
  }
  bool any = false;
  for (size_t i = 0; i < layers.size(); ++i) {
    included[i] = included[i] && !excluded[i];
    any |= included[i];
  }
  if (!any)
    throw GrammarError("layer pattern " + quote(pattern) +
                       " excludes every layer that it names");
  return included;
}

std::string cim::patternOfLayer(size_t index) {
  const std::string pattern = "first:" + std::to_string(index + 1);
  return index > 0 ? pattern + ",!first:" + std::to_string(index) : pattern;
}

void cim::checkLayerPattern(std::string_view pattern) { parsePattern(pattern); }
