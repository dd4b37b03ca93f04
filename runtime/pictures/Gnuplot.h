//===- Gnuplot.h - Pictures drawn by gnuplot -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_GNUPLOT_H
#define CIM_RUNTIME_PICTURES_GNUPLOT_H

#include <optional>
#include <string>
#include <string_view>

namespace cim {

enum class PictureFormat { png, svg };

/// The format that the name of \p file asks for, .png or .svg.
std::optional<PictureFormat> pictureFormat(const std::string &file);

/// What a script begins with: the terminal, its size in points (1/72 inch, as
/// in SVG; PNG has two pixels a point) and the fonts.
std::string gnuplotHeader(PictureFormat format, int width, int height);

/// How many characters of UTF-8 \p text shows.
size_t lengthOf(std::string_view text);

/// \p text with at most \p longest characters, an ellipsis for those that are
/// cut off in front, where names of layers are alike, or behind.
std::string cutInFront(std::string_view text, size_t longest);
std::string cutBehind(std::string_view text, size_t longest);

/// \p text between quotes, as a gnuplot string in which nothing is interpreted:
/// names come from files. Each character that is not in Latin,
/// Greek or Cyrillic UTF-8 becomes a question mark.
std::string gnuplotString(std::string_view text);

/// Runs \p script and returns the picture that it writes to its output. Throws
/// InputError when there is no gnuplot or it fails.
std::string runGnuplot(const std::string &script);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_GNUPLOT_H
