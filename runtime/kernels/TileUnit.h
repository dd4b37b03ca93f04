//===- TileUnit.h - Products of bfloat16 on matrix tiles --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A unit of Bfloat16Convolution for AMX (Intel, Instruction Set Extensions
// Programming Reference, chapter 3): eight tiles of 16 rows of 64 bytes. Sums
// stand in tiles 0 to 3, inputs in 4 and 5, weights in 6 and 7. Two pixel tiles
// times two channel blocks load four tiles for four products; each of the four
// sums waits for its last product (52 cycles) while the others go on.
//
// The tile operations are a template parameter, so that the same code runs on
// processors without AMX, in tests.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_TILEUNIT_H
#define CIM_RUNTIME_KERNELS_TILEUNIT_H

#include "runtime/kernels/Bfloat16Convolution.h"

namespace cim::kernels {

/// \p Tiles has, for tile numbers 0 to 7,
/// - `begin()` and `end()`: all tiles get 16 rows of 64 bytes; are released;
/// - `zero<T>()`, `load<T>(const void *, ptrdiff_t rowBytes)` and
///   `store<T>(void *, ptrdiff_t rowBytes)`;
/// - `multiplyAdd<Sum, A, B>()`: TDPBF16PS;
///
/// and `round` and `roundPixels` as a unit does.
template <typename Tiles> struct TileUnit {
  static constexpr const char *name = Tiles::name;
  static constexpr int rows = 16; ///< pixels of a tile
  static constexpr int mostPixels = 4 * rows, mostBlocks = 2;

  static void begin() { Tiles::begin(); }
  static void end() { Tiles::end(); }
  static void round(const float *from, uint16_t *to, ptrdiff_t count) {
    Tiles::round(from, to, count);
  }
  static void roundPixels(const float *from, int fromStride, uint16_t *to,
                          int toStride, int channels, ptrdiff_t count) {
    Tiles::roundPixels(from, fromStride, to, toStride, channels, count);
  }
  static void round(const Lanes &from, Bfloat16Lanes &to) {
    Tiles::round(from, to);
  }

  static int pixelsFor(int64_t remaining, int blocks) {
    if (remaining <= rows)
      return rows;
    return blocks > 1 || remaining <= 2 * rows ? 2 * rows : 4 * rows;
  }

  static void multiply(const PairProducts &products, int pixels, int blocks,
                       float *sums) {
    if (blocks == 2)
      pixels == rows ? multiply<1, 2>(products, sums)
                     : multiply<2, 2>(products, sums);
    else if (pixels == rows)
      multiply<1, 1>(products, sums);
    else if (pixels == 2 * rows)
      multiply<2, 1>(products, sums);
    else
      multiply<4, 1>(products, sums);
  }

private:
  static constexpr int firstInput = 4, firstWeight = 6;

  /// \p I: which pixel tile.
  template <int I, int Blocks>
  static void multiplyPixels(const uint16_t *in, ptrdiff_t rowStride) {
    constexpr int input = firstInput + I % 2;
    Tiles::template load<input>(in + I * rows * rowStride,
                                rowStride * sizeof(uint16_t));
    Tiles::template multiplyAdd<I * Blocks, input, firstWeight>();
    if constexpr (Blocks > 1)
      Tiles::template multiplyAdd<I * Blocks + 1, input, firstWeight + 1>();
  }

  template <int PixelTiles, int Blocks>
  static void multiply(const PairProducts &products, float *sums) {
    constexpr int count = PixelTiles * Blocks;
    constexpr ptrdiff_t weightRow = pairedLanes * sizeof(uint16_t);
    Tiles::template zero<0>();
    if constexpr (count > 1)
      Tiles::template zero<1>();
    if constexpr (count > 2) {
      Tiles::template zero<2>();
      Tiles::template zero<3>();
    }
    const uint16_t *weights = products.weights;
    for (int row = 0; row < products.segmentRows; ++row)
      for (int column = 0; column < products.segmentColumns; ++column) {
        const uint16_t *in =
            products.in + row * products.rowStep + column * products.columnStep;
        for (int t = 0; t < products.tiles; ++t) {
          Tiles::template load<firstWeight>(weights, weightRow);
          if constexpr (Blocks > 1)
            Tiles::template load<firstWeight + 1>(
                weights + products.blockStride, weightRow);
          multiplyPixels<0, Blocks>(in, products.pixelStride);
          if constexpr (PixelTiles > 1)
            multiplyPixels<1, Blocks>(in, products.pixelStride);
          if constexpr (PixelTiles > 2) {
            multiplyPixels<2, Blocks>(in, products.pixelStride);
            multiplyPixels<3, Blocks>(in, products.pixelStride);
          }
          in += 2 * pairsPerTile;
          weights += pairsPerTile * pairedLanes;
        }
      }
    storeTile<0, PixelTiles, Blocks>(sums);
    if constexpr (count > 1)
      storeTile<1, PixelTiles, Blocks>(sums);
    if constexpr (count > 2) {
      storeTile<2, PixelTiles, Blocks>(sums);
      storeTile<3, PixelTiles, Blocks>(sums);
    }
  }

  /// Sums are (lane, pixel, block).
  template <int T, int PixelTiles, int Blocks>
  static void storeTile(float *sums) {
    constexpr int pixelTile = T / Blocks, block = T % Blocks;
    Tiles::template store<T>(sums + (block * PixelTiles + pixelTile) * rows *
                                        channelBlock,
                             channelBlock * sizeof(float));
  }
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_TILEUNIT_H
