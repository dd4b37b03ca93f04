//===- ToleranceBars.cpp - The tolerance of layers as a picture -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/ToleranceBars.h"
#include "runtime/evaluation/Statistics.h"

#include <algorithm>
#include <sstream>

using namespace cim;

namespace {

struct Colour {
  const char *role, *colour, *title;
};
/// The last one is for every other role.
constexpr Colour colours[] = {{"C1", "#d1495b", "C1"},
                              {"C2", "#2e86ab", "C2"},
                              {"", "#9fb4cc", "other layers"}};

const Colour &colourOf(const std::string &role) {
  for (const Colour &colour : colours)
    if (role == colour.role)
      return colour;
  return colours[std::size(colours) - 1];
}

/// So many characters of a name have room, in front of bars.
constexpr size_t longestName = 40;

} // namespace

std::string cim::drawTolerance(std::span<const ToleranceBar> bars, double exact,
                               const std::string &title, PictureFormat format) {
  std::ostringstream script;
  constexpr int rowHeight = 17;
  const int height = rowHeight * bars.size() + 110;
  size_t longest = 0;
  for (const ToleranceBar &bar : bars)
    longest = std::max(longest, std::min(lengthOf(bar.name), longestName));
  // Behind the names there is room for the title of the axis.
  const int left = 24 + 8 * longest, width = std::max(720, left + 470);
  script << gnuplotHeader(format, width, height)
         << "set border 3 lc rgb '#606060'\n"
         << "set tics nomirror out scale 0.5 textcolor rgb '#404040'\n"
         << "set lmargin screen " << double(left) / width
         << "\nset rmargin screen " << 1 - 20.0 / width
         << "\nset tmargin screen " << 1 - 58.0 / height
         << "\nset bmargin screen " << 50.0 / height << "\n"
         << "set label 1 " << gnuplotString(cutBehind(title, width / 9))
         << " at screen " << 14.0 / width << ",screen " << 1 - 16.0 / height
         << " left font ',12'\nset xlabel 'accuracy with errors in this layer "
            "alone, % (line: without errors)'\n"
         << "set grid x lc rgb '#e4e4e4'\n"
         << "set key horizontal at screen " << 1 - 14.0 / width << ",screen "
         << 1 - 28.0 / height << " right top samplen 1\n"
         << "set yrange [" << bars.size() << ".5:0.5]\n"
         << "set format x '%g'\nset boxwidth 0.7\n"
         << "set style fill solid noborder\nset ytics scale 0 (";
  for (size_t i = 0; i < bars.size(); ++i)
    script << (i ? ", " : "")
           << gnuplotString(cutInFront(bars[i].name, longestName)) << " "
           << i + 1;
  script << ")\nset arrow 1 from " << 100 * exact << ",graph 0 to "
         << 100 * exact << ",graph 1 nohead lc rgb '#303030' front\n";
  std::string plots;
  for (const Colour &colour : colours) {
    std::string data;
    for (size_t i = 0; i < bars.size(); ++i)
      if (&colourOf(bars[i].role) == &colour) {
        std::ostringstream row;
        const Interval band =
            withinAccuracies({bars[i].lowest, bars[i].highest});
        row << 100 * bars[i].accuracy << ' ' << i + 1 << ' '
            << 100 * band.lowest << ' ' << 100 * band.highest << '\n';
        data += row.str();
      }
    if (data.empty())
      continue;
    const std::string name = std::string("$bars") + colour.role;
    script << name << " << END\n" << data << "END\n";
    std::ostringstream plot;
    // A box from the exact accuracy to this layer's.
    plot << (plots.empty() ? "plot " : ", ") << name << " using ("
         << 100 * exact << "):2:($1<" << 100 * exact << "?$1:" << 100 * exact
         << "):($1<" << 100 * exact << "?" << 100 * exact
         << ":$1):($2-0.35):($2+0.35) with boxxyerror lc rgb '" << colour.colour
         << "' title '" << colour.title << "', " << name
         << " using 1:2:3:4 with xerrorbars pt 0 lw 1 lc rgb '#404040' notitle";
    plots += plot.str();
  }
  script << plots << "\n";
  return runGnuplot(script.str());
}
