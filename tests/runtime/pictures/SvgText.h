//===- SvgText.h - The words of a picture and their places ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_PICTURES_SVGTEXT_H
#define CIM_TESTS_RUNTIME_PICTURES_SVGTEXT_H

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace cim::test {

/// One text that gnuplot drew, in pixels from the left and from the top.
struct SvgText {
  std::string text, anchor;
  double x = 0, y = 0;
  bool isTurned = false;

  /// Roughly: letters of DejaVu Sans of 10 points or less.
  double width() const { return 6.2 * text.size(); }
  double left() const {
    return anchor == "start" ? x : x - width() / (anchor == "end" ? 1 : 2);
  }
  double right() const { return left() + width(); }
};

inline std::vector<SvgText> textsIn(const std::string &svg) {
  static const std::regex pattern(
      "<g transform=\"translate\\(([-0-9.]+),([-0-9.]+)\\)([^\"]*)\"[^>]*"
      "text-anchor=\"(\\w+)\">\\s*<text[^>]*>([^<]*)<");
  std::vector<SvgText> texts;
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end;
       ++at)
    texts.push_back({(*at)[5], (*at)[4], std::stod((*at)[1]),
                     std::stod((*at)[2]), !(*at)[3].str().empty()});
  return texts;
}

/// The text that is \p part, or else the first that has it; there is one.
inline SvgText textWith(const std::string &svg, const std::string &part) {
  const std::vector<SvgText> texts = textsIn(svg);
  for (const SvgText &text : texts)
    if (text.text == part)
      return text;
  for (const SvgText &text : texts)
    if (text.text.find(part) != std::string::npos)
      return text;
  ADD_FAILURE() << "no '" << part << "' in the picture";
  return {};
}

inline double widthOf(const std::string &svg) {
  return std::stod(svg.substr(svg.find("width=\"") + 7));
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_PICTURES_SVGTEXT_H
