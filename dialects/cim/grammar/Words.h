//===- Words.h - Words, numbers and parameters of options -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pieces that every option of the error grammar is made of. All functions
// throw GrammarError; all messages are one line, whatever the user typed.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_WORDS_H
#define CIM_DIALECTS_CIM_GRAMMAR_WORDS_H

#include "dialects/cim/grammar/ErrorOptions.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// The candidates nearest to \p name by edit distance, best first, at most
/// three; for "did you mean".
std::vector<std::string> nearNames(std::string_view name,
                                   std::span<const std::string> candidates);

} // namespace cim

namespace cim::grammar {

/// \p text between single quotes, fit for a one-line message: control
/// characters become '?', long texts end in an ellipsis.
std::string quote(std::string_view text);

/// The pieces between \p separator, at least one; an empty piece stays.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A finite decimal number without a sign or with a leading '-' or '+', or
/// nothing when \p text is anything else. Values that a double cannot hold are
/// nothing, too.
std::optional<double> parseDecimal(std::string_view text);

/// A whole number in digits alone, or nothing when \p text is anything else or
/// 64 bits cannot hold it.
std::optional<uint64_t> parseWholeNumber(std::string_view text);

/// A decimal number that is at least \p lowest and at most \p highest; \p what
/// names it in messages.
double parseNumber(std::string_view text, std::string_view what, double lowest,
                   double highest);

/// A number or fraction with its unit. \p what names it in messages.
Amount parseAmount(std::string_view text, std::string_view what);

/// The `NAME=VALUE` parameters of an option, each given at most once.
class Parameters {
public:
  /// \p words are the option's pieces; \p known the names that it may use.
  Parameters(std::vector<std::string_view> words,
             std::initializer_list<std::string_view> known);

  std::optional<std::string_view> find(std::string_view name) const;

private:
  std::vector<std::pair<std::string_view, std::string_view>> values;
};

/// One of \p words, by position; throws a message that lists them (and the
/// nearest) when \p text is none. \p what names it in messages.
size_t parseWord(std::string_view text, std::string_view what,
                 std::initializer_list<std::string_view> words);

} // namespace cim::grammar

#endif // CIM_DIALECTS_CIM_GRAMMAR_WORDS_H
