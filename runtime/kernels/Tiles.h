//===- Tiles.h - Register tiles of the direct convolution ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one list that the kernel's generator and the choice at run time share.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_TILES_H
#define CIM_RUNTIME_KERNELS_TILES_H

#include "runtime/kernels/InstructionSet.h"

#include <span>

namespace cim::kernels {

/// Results that stay in registers while all products of a window are added up:
/// a rectangle of pixels times a number of channel blocks.
struct Tile {
  int width, height; ///< pixels
  int blocks;        ///< of 16 channels
  int speed;         ///< percent of the peak, measured on large results

  bool operator==(const Tile &) const = default;
};

/// Small enough for every result.
inline constexpr Tile smallestTile = {1, 1, 1, 13};

// 32 registers of one block each.
inline constexpr Tile avx512Tiles[] = {
    {8, 1, 2, 98}, {7, 1, 2, 98}, {4, 2, 2, 97}, {4, 1, 4, 97}, {5, 1, 4, 95},
    {2, 2, 4, 94}, {6, 1, 2, 94}, {3, 1, 4, 94}, {2, 2, 2, 89}, {16, 1, 1, 78},
    {8, 2, 1, 78}, {8, 1, 1, 76}, {4, 4, 1, 78}, {2, 1, 4, 72}, {4, 1, 1, 52},
    {1, 1, 8, 38}, {1, 1, 4, 30}, smallestTile};
// 16 registers of half a block.
inline constexpr Tile avx2Tiles[] = {
    {6, 1, 1, 95}, {5, 1, 1, 92}, {4, 1, 1, 90}, {2, 2, 1, 90},
    {2, 1, 2, 90}, {1, 1, 4, 50}, smallestTile};
// 16 registers of a quarter of a block.
inline constexpr Tile baselineTiles[] = {
    {2, 1, 1, 90}, {1, 1, 2, 60}, smallestTile};

/// The tiles that kernels for \p set have.
constexpr std::span<const Tile> tilesOf(InstructionSet set) {
  switch (set) {
  case InstructionSet::amx:
  case InstructionSet::avx512bf16:
  case InstructionSet::avx512:
    return avx512Tiles;
  case InstructionSet::avx2:
    return avx2Tiles;
  case InstructionSet::baseline:
    break;
  }
  return baselineTiles;
}

/// The tiles of kernels that load an input once for three taps. Where two
/// blocks fit into the registers nothing is gained.
inline constexpr Tile sharingTiles[] = {
    {8, 2, 1, 92}, {4, 4, 1, 92}, {16, 1, 1, 89}};
constexpr std::span<const Tile> sharingTilesOf(InstructionSet set) {
  if (set >= InstructionSet::avx512)
    return sharingTiles;
  return {};
}

/// Widths of the depthwise kernels' tiles, one row of one block.
inline constexpr int wideDepthwiseTiles[] = {8, 7, 6, 5, 4, 3, 2, 1};
inline constexpr int narrowDepthwiseTiles[] = {4, 3, 2, 1};
constexpr std::span<const int> depthwiseTilesOf(InstructionSet set) {
  if (set >= InstructionSet::avx512)
    return wideDepthwiseTiles;
  return narrowDepthwiseTiles;
}

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_TILES_H
