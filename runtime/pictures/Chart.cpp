//===- Chart.cpp - Curves and bars with bands -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/Chart.h"
#include "runtime/devices/DeviceText.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

using namespace cim;

namespace {

/// Colours that people with any kind of sight tell apart (M. Okabe and K. Ito,
/// Color universal design, 2002).
constexpr const char *colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#6b6b6b"};

const char *colourOf(size_t curve) {
  return colours[curve % std::size(colours)];
}

std::string blockName(size_t chart, size_t curve) {
  return "$c" + std::to_string(chart) + "_" + std::to_string(curve);
}

double percent(double fraction) { return 100 * fraction; }

/// In percent, as far as there can be such an accuracy: of a shape that runs
/// out of its axis gnuplot draws another one.
Interval bandOf(const ChartPoint &point) {
  const Interval band = withinAccuracies(point.band);
  return {percent(band.lowest), percent(band.highest)};
}

void writeData(std::ostream &script, const Chart &chart, size_t index) {
  script.precision(9);
  for (size_t c = 0; c < chart.curves.size(); ++c) {
    script << blockName(index, c) << " << EOD\n";
    for (const ChartPoint &point : chart.curves[c].points) {
      const Interval band = bandOf(point);
      script << point.x << " " << percent(point.value) << " " << band.lowest
             << " " << band.highest << "\n";
    }
    script << "EOD\n";
  }
}

/// Of times, those that were measured, as far as there is room; \p range is
/// what the axis spans.
std::string ticsOf(const Chart &chart, double range) {
  if (chart.isWhole && !chart.isLogarithmic)
    return std::to_string(int64_t(range / 12) + 1) + " norotate";
  if (!chart.isTime)
    return "autofreq norotate";
  std::set<double> measured;
  for (const ChartCurve &curve : chart.curves)
    for (const ChartPoint &point : curve.points)
      measured.insert(point.x);
  constexpr size_t most = 8;
  const size_t every = (measured.size() + most - 1) / most;
  std::ostringstream tics;
  tics.precision(9);
  size_t index = 0;
  for (double seconds : measured)
    if (index++ % every == 0)
      tics << (tics.str().empty() ? "" : ",") << "'" << timeText(seconds)
           << "' " << seconds;
  return "norotate (" + tics.str() + ")";
}

void plotCurves(std::ostream &script, const Chart &chart, size_t index,
                size_t nameLength) {
  double lowest = INFINITY, highest = -INFINITY;
  for (const ChartCurve &curve : chart.curves)
    for (const ChartPoint &point : curve.points) {
      lowest = std::min(lowest, point.x);
      highest = std::max(highest, point.x);
    }
  const double margin = highest > lowest ? 0.03 * (highest - lowest) : 1;
  script << "unset logscale\nset xtics " << ticsOf(chart, highest - lowest)
         << "\n";
  if (chart.isLogarithmic)
    script << "set logscale x\nset xrange [" << lowest / 1.2 << ":"
           << highest * 1.2 << "]\n";
  else
    script << "set xrange [" << lowest - margin << ":" << highest + margin
           << "]\n";
  script << "plot ";
  for (size_t c = 0; c < chart.curves.size(); ++c)
    script << blockName(index, c) << " using 1:3:4 with filledcurves fs "
           << "transparent solid 0.18 noborder lc rgb '" << colourOf(c)
           << "' notitle, ";
  for (size_t c = 0; c < chart.curves.size(); ++c) {
    const std::string &name = chart.curves[c].name;
    script << (c ? ", " : "") << blockName(index, c)
           << " using 1:2 with linespoints pt 7 ps 0.5 lw 1.6 lc rgb '"
           << colourOf(c) << "' "
           << (name.empty()
                   ? std::string("notitle")
                   : "title " + gnuplotString(cutBehind(name, nameLength)));
  }
  script << "\n";
}

/// Values that differ from the reference by little must be seen, too: a range
/// around all whiskers and the reference.
Interval rangeAround(const Chart &chart) {
  Interval range{percent(chart.reference->value),
                 percent(chart.reference->value)};
  for (const ChartCurve &curve : chart.curves)
    for (const ChartPoint &point : curve.points) {
      const Interval band = bandOf(point);
      range.lowest = std::min(range.lowest, band.lowest);
      range.highest = std::max(range.highest, band.highest);
    }
  const double margin = std::max(0.5, 0.06 * (range.highest - range.lowest));
  return {std::max(0.0, range.lowest - margin),
          std::min(100.0, range.highest + margin)};
}

/// A bar of the data block \p name, moved by \p shift: from 0, or from the
/// reference.
std::string barFrom(const Chart &chart, const std::string &name, double shift,
                    double width) {
  std::ostringstream plot;
  plot << name << " using ($1+" << shift << "):2";
  if (!chart.reference) {
    plot << " with boxes";
    return plot.str();
  }
  const double half = 0.46 * width;
  plot << ":($1+" << shift - half << "):($1+" << shift + half << "):($2<"
       << percent(chart.reference->value)
       << "?$2:" << percent(chart.reference->value) << "):($2<"
       << percent(chart.reference->value) << "?"
       << percent(chart.reference->value) << ":$2) with boxxyerror";
  return plot.str();
}

/// So many characters of a category are shown.
constexpr size_t longestCategory = 24;

/// The most characters of a category that are shown.
size_t categoryLength(const Chart &chart) {
  size_t length = 0;
  for (const std::string &category : chart.categories)
    length = std::max(length, std::min(lengthOf(category), longestCategory));
  return length;
}

/// Side by side the categories would run into each other.
bool isTurned(const Chart &chart, int panelWidth) {
  constexpr int pixelsPerCharacter = 7, margins = 80;
  return chart.categories.size() * (categoryLength(chart) + 1) *
             pixelsPerCharacter >
         size_t(panelWidth - margins);
}

void plotBars(std::ostream &script, const Chart &chart, size_t index,
              size_t nameLength, bool isTurned) {
  const size_t curves = chart.curves.size();
  const double width = 0.8 / curves;
  script << "unset logscale\nset xrange [-0.6:" << chart.categories.size() - 0.4
         << "]\nset xtics " << (isTurned ? "rotate by -55 " : "norotate ")
         << "(";
  for (size_t i = 0; i < chart.categories.size(); ++i)
    script << (i ? "," : "")
           << gnuplotString(cutInFront(chart.categories[i], longestCategory))
           << " " << i;
  script << ")\nset boxwidth " << 0.92 * width << " absolute\n";
  if (chart.reference) {
    const Interval range = rangeAround(chart);
    script << "set yrange [" << range.lowest << ":" << range.highest
           << "]\nset arrow 1 from graph 0,first "
           << percent(chart.reference->value) << " to graph 1,first "
           << percent(chart.reference->value)
           << " nohead front dt 2 lc rgb '#303030'\n";
  }
  script << "plot ";
  for (size_t c = 0; c < curves; ++c) {
    const double shift = (double(c) - (double(curves) - 1) / 2) * width;
    const std::string &name = chart.curves[c].name;
    script << (c ? ", " : "")
           << barFrom(chart, blockName(index, c), shift, width)
           << " fs solid 0.75 noborder lc rgb '" << colourOf(c) << "' "
           << (name.empty()
                   ? std::string("notitle")
                   : "title " + gnuplotString(cutBehind(name, nameLength)))
           << ", " << blockName(index, c) << " using ($1+"
           << shift
           // Error bars would leave a gap at the value.
           << "):3:(0):($4-$3) with vectors heads size graph 0.01,90 lc rgb "
              "'#303030' notitle";
  }
  script << "\n";
  if (chart.reference)
    script << "unset arrow 1\nset yrange [0:100]\n";
}

bool hasNames(const Chart &chart) {
  return std::ranges::any_of(
      chart.curves, [](const auto &curve) { return !curve.name.empty(); });
}

/// Where a picture's panels stand, side by side in rows: below each its
/// caption.
struct Panels {
  explicit Panels(std::span<const Chart> charts)
      : across(charts.size() == 1 ? 1 : 2),
        down((charts.size() + across - 1) / across) {
    size_t mostCategories = 0;
    for (const Chart &chart : charts) {
      mostCategories = std::max(mostCategories, chart.categories.size());
      captionHeight = std::max(captionHeight, heightOf(chart.caption));
    }
    width = std::max<int>(480, 16 * mostCategories + 140);
    int more = 0;
    for (const Chart &chart : charts)
      more = std::max(
          more,
          legendHeight(chart) +
              (isTurned(chart, width) ? int(5 * categoryLength(chart)) : 0));
    height = 330 + more + captionHeight;
  }

  static int heightOf(const std::vector<std::string> &caption) {
    return caption.empty() ? 0 : captionLine * int(caption.size()) + 6;
  }
  size_t nameLength() const { return width / 10; }

  /// Names stand below the curves, in columns as wide as the longest.
  int legendHeight(const Chart &chart) const {
    if (!hasNames(chart))
      return 0;
    size_t longest = 0;
    for (const ChartCurve &curve : chart.curves)
      longest = std::max(longest, std::min(lengthOf(curve.name), nameLength()));
    const int columns = std::max(1, (width - 80) / int(7 * longest + 40));
    return 16 * ((int(chart.curves.size()) + columns - 1) / columns);
  }

  /// Makes panel \p index the next one.
  void begin(std::ostream &script, size_t index,
             const std::vector<std::string> &caption) const {
    const double column = index % across, row = index / across;
    const double bottom = 1 - (row + 1) / down;
    script << "set size " << 1.0 / across << ","
           << double(height - captionHeight) / height / down << "\nset origin "
           << column / across << ","
           << bottom + double(captionHeight) / height / down
           << "\nunset label\n";
    for (size_t line = 0; line < caption.size(); ++line)
      script << "set label " << line + 1 << " "
             << gnuplotString(cutBehind(caption[line], width / 6.2))
             << " at screen " << (column + 14.0 / width) / across << ",screen "
             << bottom + double(captionHeight - captionLine * (line + 0.5)) /
                             height / down
             << " left font ',8' textcolor rgb '#606060'\n";
  }

  static constexpr int captionLine = 13;
  size_t across, down;
  int width = 0, height = 0, captionHeight = 0;
};

} // namespace

std::string cim::drawCharts(std::span<const Chart> charts,
                            PictureFormat format) {
  const Panels panels(charts);
  std::ostringstream script;
  script << gnuplotHeader(format, panels.across * panels.width,
                          panels.down * panels.height)
         << "set border 3 lc rgb '#606060'\n"
         << "set tics nomirror out scale 0.5 textcolor rgb '#404040'\n"
         << "set format x '%g'\nset format y '%g'\n"
         << "set grid y lc rgb '#e4e4e4'\n"
         << "set yrange [0:100]\n"
         // Inside it would hide the data.
         << "set key outside below center horizontal Left reverse samplen 2 "
            "height 0.5 "
            "font ',9'\n";
  for (size_t i = 0; i < charts.size(); ++i)
    writeData(script, charts[i], i);
  script << "set multiplot\n";
  for (size_t i = 0; i < charts.size(); ++i) {
    const Chart &chart = charts[i];
    panels.begin(script, i, chart.caption);
    script << "set title "
           << gnuplotString(cutBehind(chart.title, panels.width / 8))
           << "\nset xlabel "
           << gnuplotString(chart.xTitle +
                            (chart.reference ? " (line: without errors)" : ""))
           << " offset 0,0.4\nset ylabel " << gnuplotString(chart.yTitle)
           << "\n"
           // An empty legend would take room for curves without names.
           << (hasNames(chart) ? "set key on\n" : "set key off\n");
    if (chart.categories.empty())
      plotCurves(script, chart, i, panels.nameLength());
    else
      plotBars(script, chart, i, panels.nameLength(),
               isTurned(chart, panels.width));
  }
  script << "unset multiplot\n";
  return runGnuplot(script.str());
}
