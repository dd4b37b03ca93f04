//===- TileMap.cpp - Arrays and what they hold ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/TileMap.h"

#include "runtime/mapping/Tiles.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

using namespace cim;

namespace {

/// A colour as gnuplot reads it, 0xRRGGBB.
using Colour = unsigned;

/// Neighbouring layers differ in hue by the golden angle, so that no two near
/// each other look alike; \p lightness from 0 to 1.
Colour colourOf(int layer, double lightness) {
  const double hue = std::fmod(0.58 + layer * 0.618034, 1.0) * 6;
  const double saturation = 0.5;
  const double chroma = (1 - std::abs(2 * lightness - 1)) * saturation;
  auto channel = [&](double offset) {
    // Red, green and blue rise and fall a third of the circle apart.
    const double position = std::fmod(hue + offset, 6.0);
    const double level = std::clamp(std::abs(position - 3) - 1, 0.0, 1.0) - 0.5;
    return unsigned(std::lround(255 * (lightness + chroma * level)));
  };
  return channel(0) << 16 | channel(4) << 8 | channel(2);
}

/// Where arrays stand in the picture: side by side, row after row, each with
/// the place of the largest.
struct Grid {
  Grid(const plan::Plan &plan, uint64_t arrays) : arrays(arrays) {
    for (const plan::Layer &layer : plan.layers())
      if (layer.has_crossbar()) {
        rows = std::max(rows, layer.crossbar().array_rows());
        columns = std::max(columns, layer.crossbar().array_columns());
      }
    // Extreme arrays are drawn less so: their shape is in the legend.
    aspect = std::clamp(double(rows) / columns, 0.25, 4.0);
    across = std::clamp<uint64_t>(std::ceil(std::sqrt(arrays * 1.5 * aspect)),
                                  1, arrays);
    down = (arrays + across - 1) / across;
  }

  /// A part of array \p array, in cells, as "x y left right bottom top", one
  /// array being 1 wide.
  void write(std::ostream &out, uint64_t array, double firstRow,
             double firstColumn, double partRows, double partColumns) const {
    const double x = array % across * (1 + gap);
    const double y = -double(array / across) * (aspect + gap);
    const double left = x + firstColumn / columns;
    const double right = left + partColumns / columns;
    const double top = y - firstRow / rows * aspect;
    const double bottom = top - partRows / rows * aspect;
    out << left << ' ' << top << ' ' << left << ' ' << right << ' ' << bottom
        << ' ' << top;
  }

  double width() const { return across * (1 + gap); }
  double height() const { return down * (aspect + gap); }

  static constexpr double gap = 0.18;
  uint64_t arrays, across = 1, down = 1;
  uint32_t rows = 1, columns = 1;
  double aspect = 1;
};

/// One line of the legend.
std::string legendOf(const plan::Layer &layer) {
  const TileCounts counts = countTiles(layer);
  char use[32];
  std::snprintf(use, sizeof use, "%.0f %%", 100 * counts.utilization);
  const plan::Crossbar &crossbar = layer.crossbar();
  return cutInFront(layer.name(), 24) + ": " +
         std::to_string(counts.crossbars) + " of " +
         std::to_string(crossbar.array_rows()) + "x" +
         std::to_string(crossbar.array_columns()) + ", " + use;
}

} // namespace

std::string cim::drawTileMap(const plan::Plan &plan, const std::string &title,
                             PictureFormat format) {
  uint64_t arrays = 0;
  std::vector<const plan::Layer *> layers;
  for (const plan::Layer &layer : plan.layers())
    if (layer.has_crossbar()) {
      arrays += countTiles(layer).crossbars;
      layers.push_back(&layer);
    }
  if (arrays == 0 || arrays > mostDrawnArrays)
    throw InputError("a picture shows 1 to " + std::to_string(mostDrawnArrays) +
                     " arrays, not " + std::to_string(arrays) +
                     "; use larger arrays, or write a manifest");

  const Grid grid(plan, arrays);
  std::ostringstream boxes, parts;
  uint64_t first = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    const plan::Crossbar &crossbar = layers[i]->crossbar();
    const uint64_t count = countTiles(*layers[i]).crossbars;
    for (uint64_t array = 0; array < count; ++array) {
      grid.write(boxes, first + array, 0, 0, crossbar.array_rows(),
                 crossbar.array_columns());
      boxes << '\n';
    }
    const Colour positive = colourOf(i, 0.5), negative = colourOf(i, 0.72);
    forEachTile(*layers[i], [&](const Tile &tile) {
      grid.write(parts, first + tile.array, tile.arrayRow, tile.arrayColumn,
                 tile.rows, tile.columns);
      parts << ' ' << (tile.sign < 0 ? negative : positive) << '\n';
    });
    first += count;
  }

  // The legend stands below, in columns.
  constexpr int legendWidth = 280, legendHeight = 15, margin = 14, heading = 40;
  const double scale = std::clamp(900 / grid.width(), 5.0, 60.0);
  const int width = std::max<int>(2 * legendWidth + 2 * margin,
                                  scale * grid.width() + 2 * margin);
  const int mapHeight = std::ceil(scale * grid.height());
  const size_t inRow = (width - 2 * margin) / legendWidth;
  const bool hasSigns =
      std::any_of(layers.begin(), layers.end(), [](const plan::Layer *layer) {
        return layer->crossbar().cells() == plan::Crossbar::DIFFERENTIAL;
      });
  const size_t lines = (layers.size() + inRow - 1) / inRow + hasSigns;
  const int height =
      heading + mapHeight + legendHeight * int(lines) + 2 * margin;

  std::ostringstream script;
  script << gnuplotHeader(format, width, height) << "$boxes << END\n"
         << boxes.str() << "END\n$parts << END\n"
         << parts.str() << "END\nunset border\nunset tics\nunset key\n"
         << "set lmargin at screen " << double(margin) / width
         << "\nset rmargin at screen "
         << (margin + scale * grid.width()) / width
         << "\nset tmargin at screen " << 1 - double(heading) / height
         << "\nset bmargin at screen "
         << 1 - double(heading + mapHeight) / height
         << "\nset xrange [0:" << grid.width() << "]\nset yrange ["
         << -grid.height() << ":0]\n"
         << "set label " << gnuplotString(title) << " at screen "
         << double(margin) / width << ",screen "
         << 1 - double(heading) / 2 / height << " left font ',12'\n";
  for (size_t i = 0; i < layers.size(); ++i) {
    const double x = margin + double(i % inRow) * legendWidth;
    const double y = margin + legendHeight * double(lines - 1 - i / inRow) +
                     legendHeight / 2.0;
    char colour[16];
    std::snprintf(colour, sizeof colour, "#%06x", colourOf(i, 0.5));
    script << "set object rectangle from screen " << x / width << ",screen "
           << (y - 5) / height << " to screen " << (x + 10) / width
           << ",screen " << (y + 5) / height << " fillcolor rgb '" << colour
           << "' fillstyle solid noborder\n"
           << "set label " << gnuplotString(legendOf(*layers[i]))
           << " at screen " << (x + 16) / width << ",screen " << y / height
           << " left font ',9'\n";
  }
  if (hasSigns)
    script << "set label 'lighter: cells of negative weights' at screen "
           << double(margin) / width << ",screen "
           << (margin + legendHeight / 2.0) / height
           << " left font ',9' textcolor rgb '#606060'\n";
  script << "plot $boxes using 1:2:3:4:5:6 with boxxyerror fill solid noborder "
            "fillcolor rgb '#e9ebee', $parts using 1:2:3:4:5:6:7 with "
            "boxxyerror fill solid noborder fillcolor rgb variable\n";
  return runGnuplot(script.str());
}
