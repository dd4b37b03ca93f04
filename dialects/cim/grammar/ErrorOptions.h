//===- ErrorOptions.h - The grammar of memory errors ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The words in which users ask for errors (`--noise normal:0.25qs`), shared by
// the command line and by the passes that insert them. No MLIR here: options
// are checked before the compiler is loaded.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_ERROROPTIONS_H
#define CIM_DIALECTS_CIM_GRAMMAR_ERROROPTIONS_H

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// An option's value is not in the grammar; the message says what was expected,
/// without naming the option.
struct GrammarError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Unit {
  quantizationStep, ///< qs: quantization steps of the layer
  normalisedScale,  ///< ns: fraction of the range of the weights being written
  absolute,         ///< abs: the weight's own unit
  microsiemens,     ///< uS: conductance, through the device mapping
};

/// A signed amount with its unit, `0.25qs`, `-1/64qs`, `+0.01ns`.
struct Amount {
  double value = 0;
  Unit unit = Unit::quantizationStep;
};

/// `BITS[,mode=minmax|symmetric|percentile][,percentile=P][,per=tensor|channel]`,
/// `levels=FILE.csv`, `BITS,mode=lloyd`.
struct QuantizeOption {
  enum class Mode { minmax, symmetric, percentile, lloyd, levels };
  Mode mode = Mode::minmax;
  unsigned bits = 0; ///< 1 to 16; 0 for levels
  double percentile = 100;
  bool perChannel = false;
  std::vector<double> levels; ///< read from the file, ascending
};

/// `DIST:WIDTH[,PARAM=V]`.
struct NoiseOption {
  enum class Distribution {
    normal,
    uniform,
    lognormal,
    laplace,
    studentT,
    empirical
  };
  Distribution distribution = Distribution::normal;
  Amount width;         ///< standard deviation, >= 0
  double parameter = 0; ///< lognormal: shape=; student-t: df=
  /// Empirical: the cumulative distribution, read from file=.
  std::vector<double> quantileProbability, quantileValue;
  /// Factor of the width per level, read from level=; empty: 1.
  std::vector<double> levelFactor;
};

/// Signed amount, `level=FILE.csv` for one that depends on the level.
struct ShiftOption {
  Amount amount;
  std::vector<double> levelFactor;
};

/// `low=P,high=P,flip=P`, fractions of cells in [0, 1], low + high <= 1.
struct FaultsOption {
  double low = 0, high = 0, flip = 0;
};

QuantizeOption parseQuantize(std::string_view text);
NoiseOption parseNoise(std::string_view text);
ShiftOption parseShift(std::string_view text);
FaultsOption parseFaults(std::string_view text);

/// Everything that is asked of one set of layers.
struct LayerErrors {
  std::optional<QuantizeOption> quantize;
  std::optional<NoiseOption> noise;
  std::optional<ShiftOption> shift;
  std::optional<FaultsOption> faults;
};

/// The spelling of a unit: "qs", "ns", "abs", "uS".
std::string_view spelling(Unit unit);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_ERROROPTIONS_H
