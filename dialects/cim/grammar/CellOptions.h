//===- CellOptions.h - The grammar of what cells do -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The words in which users ask for errors beside those of every single write:
// shared by neighbours, corrected while writing, or grown by reading. As
// ErrorOptions.h. All functions throw GrammarError.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_CELLOPTIONS_H
#define CIM_DIALECTS_CIM_GRAMMAR_CELLOPTIONS_H

#include "dialects/cim/grammar/ErrorOptions.h"

namespace cim {

/// `column=WIDTH,array=WIDTH,die=WIDTH`, any of them, with one unit: standard
/// deviations of normal errors that all cells of a column, of an array, or of
/// the chip have in common.
struct CorrelatedOption {
  double column = 0, array = 0, die = 0;
  Unit unit = Unit::microsiemens;
};

/// `TOLERANCE[,pulses=N]`: cells are written again until they are as close as
/// that to the conductance they are meant to have, at most N times in all.
struct WriteVerifyOption {
  static constexpr unsigned mostPulses = 64;
  Amount tolerance; ///< at least 1e-30, in uS
  unsigned pulses = 20;
};

/// `AMOUNT[,per=READS][,exponent=P][,reads=N]`: a shift by
/// AMOUNT · (reads / per)^P.
struct ReadDisturbOption {
  Amount amount;
  double per = 1, exponent = 1;
  std::optional<double> reads; ///< counted where it is not given
};

CorrelatedOption parseCorrelated(std::string_view text);
WriteVerifyOption parseWriteVerify(std::string_view text);
ReadDisturbOption parseReadDisturb(std::string_view text);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_CELLOPTIONS_H
