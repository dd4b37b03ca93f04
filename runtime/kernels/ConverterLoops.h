//===- ConverterLoops.h - Inner loops of converters -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One source file per instruction set instantiates them with the width of its
// registers, so that no two of them share a function.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_CONVERTERLOOPS_H
#define CIM_RUNTIME_KERNELS_CONVERTERLOOPS_H

#include "runtime/kernels/Converters.h"

namespace cim::kernels {

/// The loops of one instruction set.
struct ConverterTable {
  int64_t (*drive)(const float *in, int64_t count, const Drive &drive,
                   float *out);
  int64_t (*convert)(const float *sums, int64_t pixels, int blocks,
                     const AdcColumns &columns, float factor, bool isFirst,
                     float *total);
  void (*accumulate)(const float *sums, int64_t count, float factor,
                     bool isFirst, float *total);
  void (*addNoise)(const float *variance, bool isPerPixel, float factor,
                   const float *draws, int64_t pixels, int blocks, float *sums);
};
extern const ConverterTable baselineConverters, avx2Converters,
    avx512Converters;

/// \p Lanes floats are a register; they divide a block of channels.
template <int Lanes> struct ConverterLoops {
  using Floats = float __attribute__((ext_vector_type(Lanes)));
  using Integers = int32_t __attribute__((ext_vector_type(Lanes)));

  static Floats load(const float *from) {
    Floats value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  static void store(Floats value, float *to) {
    __builtin_memcpy(to, &value, sizeof value);
  }
  /// The nearest whole number, halves to even, of |value| < 2^22: adding
  /// 1.5 * 2^23 leaves no room for a fraction.
  static Floats round(Floats value) { return (value + 0x1.8p23f) - 0x1.8p23f; }
  /// What is no number stays so.
  static Floats clamp(Floats value, float lowest, float highest) {
    value = value < lowest ? Floats(lowest) : value;
    return value > highest ? Floats(highest) : value;
  }
  static int64_t sum(Integers value) {
    int64_t total = 0;
    for (int lane = 0; lane < Lanes; ++lane)
      total += value[lane];
    return total;
  }

  //===--------------------------------------------------------------------===//
  // Drives
  //===--------------------------------------------------------------------===//

  /// What a code drives, see Drive.
  enum class Mode { linear, curve, bit };

  template <Mode AsMode>
  static Floats driveOf(Floats code, const Drive &drive) {
    if constexpr (AsMode == Mode::curve) {
      const Floats at = code == code ? code - drive.lowest : Floats(0);
      const Integers index = __builtin_convertvector(at, Integers);
      Floats value;
      for (int lane = 0; lane < Lanes; ++lane)
        value[lane] = drive.curve[index[lane]];
      return code == code ? value : code;
    }
    if constexpr (AsMode == Mode::linear)
      return code * drive.step;
    const Integers signedCode = __builtin_convertvector(code, Integers);
    const Integers magnitude = __builtin_elementwise_abs(signedCode);
    const Integers isSet = (magnitude >> drive.bit) & 1;
    const Integers applied = signedCode < 0 ? -isSet : isSet;
    const Floats value = __builtin_convertvector(applied, Floats) * drive.step;
    return code == code ? value : code;
  }

  template <Mode AsMode>
  static Floats driveBlock(Floats input, const Drive &drive,
                           Integers &clipped) {
    const Floats wanted = input * drive.perInput;
    clipped -= (wanted > drive.highest + 0.5f) | (wanted < drive.lowest - 0.5f);
    return driveOf<AsMode>(round(clamp(wanted, drive.lowest, drive.highest)),
                           drive);
  }

  template <Mode AsMode>
  static int64_t driveAll(const float *in, int64_t count, const Drive &asked,
                          float *out) {
    const Drive drive = asked; // which out cannot overlap
    Integers clipped = 0;
    int64_t i = 0;
    for (; i + Lanes <= count; i += Lanes)
      store(driveBlock<AsMode>(load(in + i), drive, clipped), out + i);
    if (i < count) {
      Floats rest = 0;
      for (int64_t lane = 0; i + lane < count; ++lane)
        rest[lane] = in[i + lane];
      const Floats driven = driveBlock<AsMode>(rest, drive, clipped);
      for (int64_t lane = 0; i + lane < count; ++lane)
        out[i + lane] = driven[lane];
    }
    return sum(clipped);
  }

  static int64_t drive(const float *in, int64_t count, const Drive &drive,
                       float *out) {
    auto *loop = drive.curve      ? driveAll<Mode::curve>
                 : drive.bit >= 0 ? driveAll<Mode::bit>
                                  : driveAll<Mode::linear>;
    return loop(in, count, drive, out);
  }

  //===--------------------------------------------------------------------===//
  // Partial sums
  //===--------------------------------------------------------------------===//

  template <bool IsBent, bool IsFirst>
  static int64_t convertAll(const float *sums, int64_t pixels, int blocks,
                            const AdcColumns &columns, float factor,
                            float *total) {
    const float last = columns.lastCode, perLast = 1 / last;
    const int64_t stride = int64_t(blocks) * channelBlock;
    int64_t clipped = 0;
    for (int64_t channel = 0; channel < stride; channel += Lanes) {
      const Floats perSum = load(columns.perSum + channel);
      const Floats offset = load(columns.offset + channel);
      const Floats bend = IsBent ? load(columns.bend + channel) : Floats(0);
      const Floats step = load(columns.step + channel) * factor;
      Integers beyond = 0;
      for (int64_t at = channel; at < pixels * stride; at += stride) {
        Floats code = load(sums + at) * perSum;
        Floats deviation = offset;
        if (IsBent) {
          const Floats share = clamp(code * perLast, -1, 1);
          deviation += bend * (share - share * share * share);
        }
        code += deviation;
        beyond -= __builtin_elementwise_abs(code) > Floats(last + 0.5f);
        const Floats value = round(clamp(code, -last, last)) * step;
        store(IsFirst ? value : load(total + at) + value, total + at);
      }
      clipped += sum(beyond);
    }
    return clipped;
  }

  static int64_t convert(const float *sums, int64_t pixels, int blocks,
                         const AdcColumns &columns, float factor, bool isFirst,
                         float *total) {
    auto *loop = columns.bend ? isFirst ? convertAll<true, true>
                                        : convertAll<true, false>
                 : isFirst    ? convertAll<false, true>
                              : convertAll<false, false>;
    return loop(sums, pixels, blocks, columns, factor, total);
  }

  static void accumulate(const float *sums, int64_t count, float factor,
                         bool isFirst, float *total) {
    for (int64_t i = 0; i < count; i += Lanes) {
      const Floats value = load(sums + i) * factor;
      store(isFirst ? value : load(total + i) + value, total + i);
    }
  }

  static void addNoise(const float *variance, bool isPerPixel, float factor,
                       const float *draws, int64_t pixels, int blocks,
                       float *sums) {
    const int64_t stride = int64_t(blocks) * channelBlock;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      for (int64_t at = pixel * stride; at < (pixel + 1) * stride;
           at += Lanes) {
        const Floats square = isPerPixel
                                  ? Floats(variance[pixel * channelBlock])
                                  : load(variance + at);
        store(load(sums + at) + __builtin_elementwise_sqrt(square * factor) *
                                    load(draws + at),
              sums + at);
      }
  }

  static constexpr ConverterTable table() {
    return {drive, convert, accumulate, addNoise};
  }
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_CONVERTERLOOPS_H
