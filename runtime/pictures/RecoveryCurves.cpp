//===- RecoveryCurves.cpp - What retraining wins back, drawn --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/RecoveryCurves.h"

#include <iterator>
#include <sstream>

using namespace cim;

static constexpr const char *colours[] = {"#404040", "#2e86ab", "#d1495b",
                                          "#6a994e"};

std::string cim::drawRecovery(std::span<const RecoveryCurve> curves,
                              double exact, double injected,
                              const std::string &title, PictureFormat format) {
  constexpr int width = 900, height = 460;
  std::ostringstream script;
  script << gnuplotHeader(format, width, height)
         << "set border 3 lc rgb '#606060'\n"
         << "set tics nomirror out scale 0.5 textcolor rgb '#404040'\n"
         << "set format '%g'\nset grid y lc rgb '#e4e4e4'\n"
         << "set label 1 " << gnuplotString(cutBehind(title, width / 9))
         << " at screen " << 14.0 / width << ",screen " << 1 - 16.0 / height
         << " left font ',12'\n";
  for (size_t c = 0; c < curves.size(); ++c) {
    script << "$curve" << c << " << END\n";
    for (const RecoveryCurvePoint &point : curves[c].points)
      script << point.layers << ' ' << point.weights << ' '
             << 100 * point.retrained << ' ' << 100 * point.rewritten << '\n';
    script << "END\n";
  }
  // Turned ticks reach beyond the right panel.
  const double right = 1 - 46.0 / width;
  script << "set multiplot layout 1,2 margins screen " << 60.0 / width << ","
         << right << "," << 56.0 / height << "," << 1 - 66.0 / height
         << " spacing screen " << 60.0 / width << ",0\n"
         << "set key vertical maxrows 2 at screen " << 1 - 14.0 / width
         << ",screen " << 1 - 28.0 / height << " right top samplen 1.5\n";
  struct Panel {
    int column;
    const char *label;
  };
  for (const Panel &panel :
       {Panel{1, "the last K layers, of which layers are retrained"},
        Panel{2, "weights rewritten"}}) {
    script << "set xlabel '" << panel.label << "'\n"
           << (panel.column == 1 ? "set ylabel 'accuracy, %'\n"
                                 : "unset ylabel\nset xtics rotate by -30\n")
           << "plot " << 100 * exact
           << " with lines lw 1 lc rgb '#b0b0b0' title 'without errors', "
           << 100 * injected
           << " with lines lw 1 dt 3 lc rgb '#808080' title 'after writing'";
    for (size_t c = 0; c < curves.size(); ++c) {
      const char *colour = colours[c % std::size(colours)];
      script << ", $curve" << c << " using " << panel.column
             << ":3 with lines lw 1 dt 2 lc rgb '" << colour << "' notitle"
             << ", $curve" << c << " using " << panel.column
             << ":4 with linespoints lw 1.5 pt 7 ps 0.5 lc rgb '" << colour
             << "' title " << gnuplotString(curves[c].name);
    }
    script << "\nunset key\nunset label 1\n";
    if (panel.column == 1)
      script << "set label 2 'dashed: after retraining; solid: after "
                "rewriting' at screen "
             << 14.0 / width << ",screen " << 1 - 38.0 / height
             << " left font ',9' textcolor rgb '#606060'\n";
  }
  script << "unset multiplot\n";
  return runGnuplot(script.str());
}
