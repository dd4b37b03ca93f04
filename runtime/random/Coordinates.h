//===- Coordinates.h - Which random number belongs where --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every random number is a pure function of its coordinates, whatever the order
// of execution. The coordinates are laid out in Philox's key and counter so
// that no two share a block:
//
//   key[0], key[1]   seed, low and high word
//   counter[0]       block: 4 cells (see addressOf)
//   counter[1]       trial
//   counter[2]       bits 0-23 layer, bits 24-31 source
//   counter[3]       bits 0-21 write epoch, bits 22-27 slice,
//                    bit 28 sign, bits 29-31 part
//
// `part` numbers the blocks of a draw that needs more than one word per cell.
// The layout and the numbers of the sources never change: published results
// depend on them.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_COORDINATES_H
#define CIM_RUNTIME_RANDOM_COORDINATES_H

#include <cassert>
#include <cstdint>

namespace cim::random {

/// What a random number decides. New sources get new numbers.
enum class Source : uint8_t {
  writeNoise = 0, ///< the error of one cell at one write
  faults = 1,     ///< which cells are stuck, and where
  flip = 2,       ///< inverted bits of the stored codes; slice = bit
  // Of device models, per cell:
  programming = 3, ///< the error of one write
  variation = 4,   ///< between cells, at write epoch 0 for all writes
  drift = 5,       ///< the exponent
  relaxation = 6,
  // Of pulses after the first of a cell that is verified; the write epoch is
  // epoch * 64 + pulse:
  noisePulse = 7,       ///< as writeNoise
  programmingPulse = 8, ///< as programming
  // Of many cells at once (CorrelatedErrors.h):
  column = 9,
  array = 10,
  die = 11,
  // Of converters, per output channel and row tile:
  adcGain = 20,
  adcOffset = 21,
  adcNonlinearity = 22,
  /// Of cells at every read, per result; slice and epoch count images.
  readNoise = 23,
  // Of converters, per row of a group's matrix:
  dacGain = 24,
  dacOffset = 25,
  dacNonlinearity = 26,
  // Of training, whose epochs take the place of write epochs:
  trainingOrder = 32,  ///< which image comes when
  augmentation = 33,   ///< how an image is seen; cell = image
  initialisation = 34, ///< the weights that training from scratch begins with
};

/// Everything but the cell.
struct Coordinates {
  uint64_t seed = 0;
  uint64_t trial = 0; ///< below 2^32
  uint32_t layer = 0; ///< index among all crossbar layers, below 2^24
  Source source = Source::writeNoise;
  uint32_t epoch = 0;    ///< how often the layer was written before, below 2^22
  uint32_t slice = 0;    ///< of a weight's bits, low first, below 64
  bool negative = false; ///< the cell of a differential pair
};

/// Philox's key and the part of its counter that all cells share.
struct Stream {
  uint32_t key[2];
  uint32_t counter1, counter2, counter3;

  Stream(const Coordinates &at)
      : key{uint32_t(at.seed), uint32_t(at.seed >> 32)},
        counter1(uint32_t(at.trial)),
        counter2(at.layer | uint32_t(at.source) << 24),
        counter3(at.epoch | at.slice << 22 | uint32_t(at.negative) << 28) {
    assert(at.trial < uint64_t(1) << 32 && at.layer < 1u << 24 &&
           at.epoch < 1u << 22 && at.slice < 64);
  }
};

/// The write epoch of pulse \p pulse (1 to 63) of a write, for sources that
/// count pulses, too. Writes that are 65,536 apart share them; the upper half
/// of all epochs, which training injects errors by, those of 32,768 from there,
/// and so not those of the first rewrites.
constexpr uint32_t epochOfPulse(uint32_t epoch, unsigned pulse) {
  constexpr uint32_t upperHalf = 1u << 21;
  return ((epoch * 64 + pulse) ^ (epoch & upperHalf)) % (1u << 22);
}

/// Position of a bit field of counter[3].
constexpr unsigned PartShift = 29;

/// Cells come in groups of 64: 16 blocks side by side, so that vectors of up to
/// 16 blocks yield cells in memory order.
constexpr unsigned BlocksPerGroup = 16;
constexpr unsigned CellsPerGroup = 4 * BlocksPerGroup;

/// One word of one block.
struct Address {
  uint32_t block;
  unsigned word; ///< 0 to 3
};

/// Where the word of \p cell (below 2^34) stands.
constexpr Address addressOf(uint64_t cell) {
  return {
      uint32_t(cell / CellsPerGroup * BlocksPerGroup + cell % BlocksPerGroup),
      unsigned(cell / BlocksPerGroup % 4)};
}

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_COORDINATES_H
