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
#include <cctype>
#include <numeric>

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

void cim::checkLayerPattern(std::string_view pattern) { parsePattern(pattern); }

/// Insertions, deletions, replacements and swaps of neighbours that turn one
/// text into the other (optimal string alignment).
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> twoAbove(b.size() + 1), above(b.size() + 1),
      row(b.size() + 1);
  std::iota(above.begin(), above.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1,
                         above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], twoAbove[j - 2] + 1);
    }
    std::swap(twoAbove, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

static std::string lowerCase(std::string_view text) {
  constexpr size_t longest = 256; // bounds the quadratic distance
  std::string result(text.substr(0, longest));
  for (char &c : result)
    c = char(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::vector<std::string>
cim::nearNames(std::string_view name, std::span<const std::string> candidates) {
  std::string wanted = lowerCase(name);
  std::vector<std::pair<size_t, size_t>> near; // distance, candidate
  for (size_t i = 0; i < candidates.size(); ++i) {
    std::string other = lowerCase(candidates[i]);
    size_t distance = editDistance(wanted, other);
    // A part of a name is near it however long the rest is.
    bool isPart = wanted.size() >= 3 && other.find(wanted) != std::string::npos;
    if (isPart || distance <= std::max<size_t>(1, wanted.size() * 2 / 5))
      near.emplace_back(distance, i);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < near.size() && i < 3; ++i)
    result.push_back(candidates[near[i].second]);
  return result;
}
