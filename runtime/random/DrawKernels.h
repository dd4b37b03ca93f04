//===- DrawKernels.h - Draws, many at a time --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The inner loops of all draws, for vectors of \p Lanes blocks. One source file
// per instruction set instantiates them with a width of its own, so that no two
// of them share a function, and includes no header whose inline functions could
// be merged with those of other files.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_DRAWKERNELS_H
#define CIM_RUNTIME_RANDOM_DRAWKERNELS_H

#include "runtime/random/DrawTable.h"
#include "runtime/random/Elementary.h"
#include "runtime/random/PhiloxConstants.h"

#include <cstddef>

namespace cim::random {

template <int Lanes> struct Draws {
  using U = Words<Lanes>;
  using F = Floats<Lanes>;
  using I = Integers<Lanes>;
  using Half = uint64_t __attribute__((ext_vector_type(Lanes / 2)));

  struct Block {
    U word[4];
  };

  /// Half of the blocks of a vector: one counter word in the low half of each
  /// element, where a 32x32-bit multiplication wants it. High halves hold
  /// rubbish that nothing reads.
  struct Counters {
    Half c0, c1, c2, c3;

    CIM_INLINE void round(uint32_t key0, uint32_t key1) {
      constexpr uint64_t low = 0xFFFFFFFF;
      Half product0 = (c0 & low) * PhiloxConstants::multiplier0;
      Half product1 = (c2 & low) * PhiloxConstants::multiplier1;
      c0 = (product1 >> 32) ^ c1 ^ key0;
      c2 = (product0 >> 32) ^ c3 ^ key1;
      c1 = product1;
      c3 = product0;
    }
  };

  static CIM_INLINE U interleaved(Half even, Half odd) {
    return __builtin_bit_cast(U, (even & 0xFFFFFFFF) | (odd << 32));
  }

  /// Blocks \p first ... \p first + Lanes - 1 of \p stream; see Philox.h.
  static CIM_INLINE Block philox(const Stream &stream, uint32_t first,
                                 uint32_t part) {
    Half even;
    for (int i = 0; i < Lanes / 2; ++i)
      even[i] = first + 2 * i;
    Half c1 = stream.counter1, c2 = stream.counter2,
         c3 = stream.counter3 | part << PartShift;
    Counters evens{even, c1, c2, c3}, odds{even + 1, c1, c2, c3};
    uint32_t key0 = stream.key[0], key1 = stream.key[1];
#pragma clang loop unroll(full)
    for (int round = 0; round < PhiloxConstants::rounds; ++round) {
      evens.round(key0, key1);
      odds.round(key0, key1);
      key0 += PhiloxConstants::keyStep0;
      key1 += PhiloxConstants::keyStep1;
    }
    return {{interleaved(evens.c0, odds.c0), interleaved(evens.c1, odds.c1),
             interleaved(evens.c2, odds.c2), interleaved(evens.c3, odds.c3)}};
  }

  /// Uniform in (0, 1]: the high 31 bits, which convert alike everywhere.
  static CIM_INLINE F unit(U word) {
    F high = __builtin_convertvector(__builtin_bit_cast(I, word >> 1), F);
    return (high + 0.5f) * 0x1p-31f;
  }

  /// Cosine and sine of a uniform angle. The low 30 bits are an angle within
  /// a quarter around 0; the high two turn and mirror it into the others.
  struct Direction {
    F cosine, sine;
  };
  static CIM_INLINE Direction direction(U word) {
    constexpr float eighth = 0.785398163f * 0x1p-31f; // pi/4 per 2^31
    F angle =
        __builtin_convertvector(__builtin_bit_cast(I, word << 2), F) * eighth;
    F c = random::cosine<Lanes>(angle), s = random::sine<Lanes>(angle);
    I mirrored = __builtin_bit_cast(I, word << 1) >> 31;
    U sign = word & 0x80000000;
    auto select = [&](F a, F b) {
      I chosen = (__builtin_bit_cast(I, a) & ~mirrored) |
                 (__builtin_bit_cast(I, b) & mirrored);
      return __builtin_bit_cast(F, __builtin_bit_cast(U, chosen) ^ sign);
    };
    return {select(c, s), select(s, c)};
  }

  /// Box and Muller (1958): two independent normal draws.
  static CIM_INLINE void normalPair(U word0, U word1, F &first, F &second) {
    F radius =
        __builtin_elementwise_sqrt(logarithm<Lanes>(unit(word0)) * -2.0f);
    Direction at = direction(word1);
    first = radius * at.cosine;
    second = radius * at.sine;
  }

  /// Calls \p body with the first block of every vector and the place of its
  /// cells; store() knows the distance between a block's four cells.
  template <typename Value, typename Body>
  static CIM_INLINE void forEachVector(uint32_t firstGroup, uint32_t groups,
                                       Value *values, const Body &body) {
    for (uint32_t group = 0; group < groups; ++group)
      for (uint32_t lane = 0; lane < BlocksPerGroup; lane += Lanes)
        body((firstGroup + group) * BlocksPerGroup + lane,
             values + size_t(group) * CellsPerGroup + lane);
  }

  template <typename Vector, typename Value>
  static CIM_INLINE void store(Value *values, unsigned word, Vector vector) {
    __builtin_memcpy(values + word * BlocksPerGroup, &vector, sizeof vector);
  }

  static void words(const Stream &stream, uint32_t firstGroup, uint32_t groups,
                    uint32_t *values) {
    forEachVector(firstGroup, groups, values,
                  [&](uint32_t first, uint32_t *at)
                      __attribute__((always_inline)) {
                        Block block = philox(stream, first, 0);
                        for (unsigned word = 0; word < 4; ++word)
                          store(at, word, block.word[word]);
                      });
  }

  /// One draw per word: \p transform maps a word to a draw.
  template <typename Transform>
  static CIM_INLINE void perWord(const Stream &stream, uint32_t firstGroup,
                                 uint32_t groups, float *draws,
                                 const Transform &transform) {
    forEachVector(firstGroup, groups, draws,
                  [&](uint32_t first, float *at)
                      __attribute__((always_inline)) {
                        Block block = philox(stream, first, 0);
                        for (unsigned word = 0; word < 4; ++word)
                          store(at, word, transform(block.word[word]));
                      });
  }

  /// One draw per word of a normal pair: \p transform maps a normal draw.
  template <typename Transform>
  static CIM_INLINE void perNormal(const Stream &stream, uint32_t firstGroup,
                                   uint32_t groups, float *draws,
                                   const Transform &transform) {
    forEachVector(
        firstGroup, groups, draws,
        [&](uint32_t first, float *at) __attribute__((always_inline)) {
          Block block = philox(stream, first, 0);
          for (unsigned word = 0; word < 4; word += 2) {
            F one, other;
            normalPair(block.word[word], block.word[word + 1], one, other);
            store(at, word, transform(one));
            store(at, word + 1, transform(other));
          }
        });
  }

  static void normal(const Stream &stream, const DrawConstants &,
                     uint32_t firstGroup, uint32_t groups, float *draws) {
    perNormal(stream, firstGroup, groups, draws,
              [](F normal) __attribute__((always_inline)) { return normal; });
  }

  /// Uniform on +-sqrt(3).
  static void uniform(const Stream &stream, const DrawConstants &,
                      uint32_t firstGroup, uint32_t groups, float *draws) {
    perWord(stream, firstGroup, groups, draws,
            [](U word) __attribute__((always_inline)) {
              F centred =
                  __builtin_convertvector(__builtin_bit_cast(I, word), F);
              return (centred + 0.5f) * (1.7320508f * 0x1p-31f);
            });
  }

  /// The exponential of a normal draw, centred and rescaled:
  /// (exp(s z - s^2/2) - 1)/sqrt(exp(s^2) - 1).
  static void lognormal(const Stream &stream, const DrawConstants &constants,
                        uint32_t firstGroup, uint32_t groups, float *draws) {
    DrawConstants c = constants;
    perNormal(stream, firstGroup, groups, draws,
              [c](F normal) __attribute__((always_inline)) {
                return exponentialMinus1<Lanes>(normal * c.factor + c.offset) *
                       c.scale;
              });
  }

  /// An exponential draw from the high 31 bits with the sign of the lowest.
  static void laplace(const Stream &stream, const DrawConstants &,
                      uint32_t firstGroup, uint32_t groups, float *draws) {
    perWord(stream, firstGroup, groups, draws,
            [](U word) __attribute__((always_inline)) {
              F magnitude = logarithm<Lanes>(unit(word)) * -0.70710678f;
              return __builtin_bit_cast(F, __builtin_bit_cast(U, magnitude) ^
                                               (word << 31));
            });
  }

  /// R. Bailey: Polar generation of random variates with the t-distribution.
  /// Math. Comp. 62 (1994): sqrt(df (u^(-2/df) - 1)) cos(2 pi v), here with
  /// unit variance. Two words a draw, so two blocks for four cells.
  static void studentT(const Stream &stream, const DrawConstants &constants,
                       uint32_t firstGroup, uint32_t groups, float *draws) {
    DrawConstants c = constants;
    auto draw = [c](U word0, U word1) __attribute__((always_inline)) {
      F power =
          exponentialMinus1<Lanes>(logarithm<Lanes>(unit(word0)) * c.factor);
      return __builtin_elementwise_sqrt(power * c.scale) *
             direction(word1).cosine;
    };
    forEachVector(
        firstGroup, groups, draws,
        [&](uint32_t first, float *at) __attribute__((always_inline)) {
          for (unsigned part = 0; part < 2; ++part) {
            Block block = philox(stream, first, part);
            store(at, 2 * part, draw(block.word[0], block.word[1]));
            store(at, 2 * part + 1, draw(block.word[2], block.word[3]));
          }
        });
  }

  static constexpr DrawKernels table() {
    return {words, normal, uniform, lognormal, laplace, studentT};
  }
};

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_DRAWKERNELS_H
