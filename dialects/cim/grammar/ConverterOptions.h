//===- ConverterOptions.h - The grammar of converters --------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The words in which users ask for what stands around a crossbar's arrays
// (`--adc 8,percentile=99.9`), as CrossbarOptions.h has those for the arrays.
// All functions throw GrammarError.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_CONVERTEROPTIONS_H
#define CIM_DIALECTS_CIM_GRAMMAR_CONVERTEROPTIONS_H

#include "dialects/cim/grammar/ErrorOptions.h"

namespace cim {

/// `BITS[,range=XMAX][,inputs=signed|unsigned][,mode=parallel|serial]`, or
/// `none`.
struct DacOption {
  unsigned bits = 0; ///< 1 to 16; 0 for none
  /// The largest input; without it, calibrated.
  std::optional<double> range;
  /// Whether inputs can be negative; without it, calibrated.
  std::optional<bool> isSigned;
  /// Every bit of an input is applied, and converted back, on its own.
  bool isSerial = false;
};

/// `BITS[,range=max|F][,percentile=P][,limit=L1/L2/...][,per=layer|tile]`, or
/// `none`.
struct AdcOption {
  enum class Range {
    max,        ///< the largest partial sum over the calibration set
    percentile, ///< that percentile of their magnitudes
    fraction,   ///< a fraction of what a column can sum up at most
    limits,     ///< numbers, in units of the layer's result
  };
  unsigned bits = 0; ///< 2 to 16; 0 for none
  Range range = Range::max;
  double value = 0; ///< percentile or fraction
  std::vector<double> limits;
  /// Every row and column tile has a range of its own.
  bool perTile = false;
};

/// `gain=S,offset=S,inl=S`, standard deviations over converters: a fraction,
/// and two numbers of least significant bits.
struct MismatchOption {
  double gain = 0, offset = 0, nonlinearity = 0;
};

/// What a cell conducts at a share of the largest input, as a share of what it
/// conducts at that: points of a line through 0.
struct CurrentVoltageCurve {
  std::vector<double> input, current;
};

DacOption parseDac(std::string_view text);
AdcOption parseAdc(std::string_view text);
MismatchOption parseMismatch(std::string_view text);
/// `global`, or `none`.
bool parseDriftCompensation(std::string_view text);
/// `WIDTHuS`, the standard deviation of a cell's conductance from read to read.
double parseReadNoise(std::string_view text);
/// The file of a curve.
CurrentVoltageCurve parseCurrentVoltage(std::string_view text);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_CONVERTEROPTIONS_H
