//===- TileMap.h - Arrays and what they hold --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_TILEMAP_H
#define CIM_RUNTIME_PICTURES_TILEMAP_H

#include "runtime/pictures/Gnuplot.h"
#include "runtime/plan/plan.pb.h"

#include <cstdint>
#include <string>

namespace cim {

/// At most so many arrays fit a picture.
constexpr uint64_t mostDrawnArrays = 20'000;

/// Draws every array of \p plan as a box, row 0 at its top, the part that holds
/// weights in the colour of its layer (negative cells in a lighter one), and a
/// legend of the layers with the number of their arrays and the fraction of
/// their cells in use. Throws InputError for more arrays than fit, or without
/// gnuplot.
std::string drawTileMap(const plan::Plan &plan, const std::string &title,
                        PictureFormat format);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_TILEMAP_H
