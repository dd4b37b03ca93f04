//===- WeightHistogram.cpp - Weights before and after writing -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/WeightHistogram.h"
#include "runtime/programming/Programming.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>

using namespace cim;

namespace {

/// More different values than these are no levels that an eye could tell apart.
constexpr size_t mostLevels = 64;

std::vector<int64_t> count(std::span<const float> values,
                           const std::vector<double> &edges) {
  const size_t bins = edges.size() - 1;
  const double low = edges.front(), width = edges.back() - low;
  std::vector<int64_t> counts(bins);
  for (float value : values)
    ++counts[std::clamp<int64_t>((value - low) / width * bins, 0, bins - 1)];
  return counts;
}

Moments momentsOf(std::span<const float> values) {
  const double count = std::max<size_t>(1, values.size());
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (double value : values)
    squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

/// The width of the weights that a level stands for: from halfway to its lower
/// to halfway to its higher neighbour; at an end, symmetric.
double reach(const std::vector<float> &levels, size_t index) {
  if (levels.size() == 1)
    return 1;
  const double below =
      index > 0 ? levels[index] - levels[index - 1] : levels[1] - levels[0];
  const double above = index + 1 < levels.size()
                           ? levels[index + 1] - levels[index]
                           : levels[index] - levels[index - 1];
  return (below + above) / 2;
}

/// The largest value in either density.
double highestDensity(const WeightHistogram &histogram) {
  const double total = std::max<int64_t>(1, histogram.weights());
  const double width = histogram.edges[1] - histogram.edges[0];
  int64_t most = std::ranges::max(histogram.before);
  if (histogram.levels.empty())
    most = std::max(most, std::ranges::max(histogram.after));
  double highest = most / total / width;
  for (size_t i = 0; i < histogram.levels.size(); ++i)
    highest = std::max(highest, histogram.onLevel[i] / total /
                                    reach(histogram.levels, i));
  return highest > 0 ? highest : 1;
}

/// A round distance of which two to four fit into \p range, as many as there
/// is room for beside a small panel.
double tickDistance(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 2)));
  const double most = range / 2 / power;
  return (most < 2 ? 1 : most < 5 ? 2 : 5) * power;
}

/// Named data blocks of panel \p index: "$beforeN", "$afterN".
void writeData(std::ostringstream &script, const WeightHistogram &histogram,
               size_t index) {
  const double total = std::max<int64_t>(1, histogram.weights());
  const double width = histogram.edges[1] - histogram.edges[0];
  auto writeBins = [&](const char *name, const std::vector<int64_t> &counts) {
    script << '$' << name << index << " << END\n";
    script << histogram.edges.front() << " 0\n";
    for (size_t bin = 0; bin < counts.size(); ++bin) {
      const double density = counts[bin] / total / width;
      script << histogram.edges[bin] << ' ' << density << '\n'
             << histogram.edges[bin + 1] << ' ' << density << '\n';
    }
    script << histogram.edges.back() << " 0\nEND\n";
  };
  writeBins("before", histogram.before);
  if (histogram.levels.empty()) {
    writeBins("after", histogram.after);
    return;
  }
  script << "$after" << index << " << END\n";
  for (size_t i = 0; i < histogram.levels.size(); ++i)
    script << histogram.levels[i] << ' '
           << histogram.onLevel[i] / total / reach(histogram.levels, i) << '\n';
  script << "END\n";
}

constexpr const char *beforeColour = "#9fb4cc", *afterColour = "#d1495b";

void writePlot(std::ostringstream &script, const WeightHistogram &histogram,
               size_t index, bool large) {
  const double low = histogram.edges.front(), high = histogram.edges.back();
  const double margin = 0.03 * (high - low);
  script << "set xrange [" << low - margin << ":" << high + margin << "]\n"
         << "plot $before" << index << " with filledcurves y1=0 fs solid "
         << "noborder lc rgb '" << beforeColour << "' title 'before', $after"
         << index;
  if (histogram.levels.empty())
    script << " with lines lw " << (large ? 1.5 : 1);
  else
    script << " with impulses lw " << (large ? 2.5 : 1.2);
  script << " lc rgb '" << afterColour << "' title 'after"
         << (histogram.levels.empty()
                 ? std::string()
                 : " (" + std::to_string(histogram.levels.size()) +
                       (histogram.levels.size() == 1 ? " level)" : " levels)"))
         << "'\n";
}

} // namespace

int64_t WeightHistogram::weights() const {
  return std::accumulate(before.begin(), before.end(), int64_t(0));
}

WeightHistogram cim::makeHistogram(const plan::Layer &layer,
                                   const Tensor &weights, const Chip &chip,
                                   int64_t bins) {
  LayerProgram program(layer, weights);
  const std::span<const float> before = weights.as<float>();
  std::vector<float> after(before.size());
  program.writeAll(chip, after);

  WeightHistogram histogram;
  histogram.name = layer.name();
  histogram.warnings = program.warnings();
  double low = 0, high = 0;
  if (!before.empty()) {
    const auto [b, c] = std::minmax_element(before.begin(), before.end());
    const auto [d, e] = std::minmax_element(after.begin(), after.end());
    low = std::min(*b, *d);
    high = std::max(*c, *e);
  }
  if (!(high > low)) { // all weights are the same
    const double room = std::max(std::abs(low), 1e-6) / 2;
    low -= room;
    high += room;
  }
  for (int64_t edge = 0; edge <= bins; ++edge)
    histogram.edges.push_back(low + (high - low) * edge / bins);
  histogram.before = count(before, histogram.edges);
  histogram.after = count(after, histogram.edges);
  histogram.momentsBefore = momentsOf(before);
  histogram.momentsAfter = momentsOf(after);

  std::map<float, int64_t> levels;
  for (float value : after) {
    ++levels[value];
    if (levels.size() > mostLevels)
      return histogram;
  }
  for (auto [level, weightsOnIt] : levels) {
    histogram.levels.push_back(level);
    histogram.onLevel.push_back(weightsOnIt);
  }
  return histogram;
}

std::string cim::drawHistograms(std::span<const WeightHistogram> histograms,
                                const std::string &title,
                                PictureFormat format) {
  std::ostringstream script;
  const bool large = histograms.size() == 1;
  // A few panels stand in one row.
  const int across = histograms.size() <= 4
                         ? histograms.size()
                         : std::ceil(std::sqrt(histograms.size() * 1.2));
  const int down = (histograms.size() + across - 1) / across;
  const int width = large ? 720 : std::max(540, 190 * across);
  const int height = large ? 420 : 150 * down + 70;
  script << gnuplotHeader(format, width, height)
         << "set border 3 lc rgb '#606060'\n"
         << "set tics nomirror out scale 0.5 textcolor rgb '#404040'\n"
         << "set format x '%g'\nset format y '%g'\nset yrange [0:*]\n";
  for (size_t i = 0; i < histograms.size(); ++i)
    writeData(script, histograms[i], i);

  if (large) {
    script << "set title "
           << gnuplotString(cutBehind(
                  cutInFront(histograms[0].name, 45) + ": " + title, 80))
           << "\nset xlabel 'weight'\n"
           << "set ylabel 'density (share of the weights per unit)'\n"
           << "set key top right samplen 2\n"
           << "set grid y lc rgb '#e4e4e4'\n";
    writePlot(script, histograms[0], 0, true);
    return runGnuplot(script.str());
  }

  // One legend below all panels, in the words and colours of the panels.
  const double top = 1 - 54.0 / height;
  script << "set multiplot layout " << down << "," << across
         << " margins screen " << 46.0 / width << "," << 1 - 14.0 / width << ","
         << 40.0 / height << "," << top << " spacing screen " << 40.0 / width
         << "," << 44.0 / height << "\n"
         << "set label 1 "
         << gnuplotString(cutBehind("Weights: " + title, (width - 28) / 9))
         << " at screen " << 14.0 / width << ",screen " << 1 - 14.0 / height
         << " left font ',12'\n"
         << "set label 2 'before' at screen " << 1 - 64.0 / width << ",screen "
         << 10.0 / height << " right font ',12' textcolor rgb '#6f8bab'\n"
         << "set label 3 'after' at screen " << 1 - 14.0 / width << ",screen "
         << 10.0 / height << " right font ',12' textcolor rgb '" << afterColour
         << "'\n"
         << "set label 4 'x: weight; y: density (share of the "
            "weights per unit)' at screen "
         << 14.0 / width << ",screen " << 10.0 / height
         << " left font ',9' textcolor rgb '#606060'\n"
         << "unset key\nset xtics font ',8' offset 0,0.4\n"
         << "set ytics font ',8' offset 0.4,0\n";
  for (size_t i = 0; i < histograms.size(); ++i) {
    const std::vector<double> &edges = histograms[i].edges;
    const double highest = highestDensity(histograms[i]);
    script << "set title "
           << gnuplotString(cutInFront(histograms[i].name, width / across / 9))
           << " font ',9' offset 0,-0.6\nset xtics "
           << tickDistance(edges.back() - edges.front()) << "\nset ytics "
           << tickDistance(highest) << "\nset yrange [0:" << 1.05 * highest
           << "]\n";
    writePlot(script, histograms[i], i, false);
    if (i == 0)
      script << "unset label\n";
  }
  script << "unset multiplot\n";
  return runGnuplot(script.str());
}
