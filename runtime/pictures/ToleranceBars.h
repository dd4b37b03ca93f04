//===- ToleranceBars.h - The tolerance of layers as a picture ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_TOLERANCEBARS_H
#define CIM_RUNTIME_PICTURES_TOLERANCEBARS_H

#include "runtime/pictures/Gnuplot.h"

#include <span>
#include <string>

namespace cim {

/// One layer: the accuracy with errors in it alone, as fractions.
struct ToleranceBar {
  std::string name, role;
  double accuracy = 0;
  double lowest = 0, highest = 0; ///< interval over chips
};

/// Draws a bar from the exact accuracy to each layer's, in the colour of its
/// role, with the interval over chips; the network's input at the top. \p title
/// says which errors these are. Throws InputError.
std::string drawTolerance(std::span<const ToleranceBar> bars, double exact,
                          const std::string &title, PictureFormat format);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_TOLERANCEBARS_H
