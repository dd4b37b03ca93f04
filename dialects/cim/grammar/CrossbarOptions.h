//===- CrossbarOptions.h - The grammar of crossbars ----------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The words in which users ask for crossbars (`--crossbar 128x128`), as
// ErrorOptions.h has those for errors. All functions throw GrammarError.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_CROSSBAROPTIONS_H
#define CIM_DIALECTS_CIM_GRAMMAR_CROSSBAROPTIONS_H

#include "dialects/cim/grammar/ErrorOptions.h"

namespace cim {

/// `ROWSxCOLUMNS` of one array, each from 1 to 65536.
struct ArraySize {
  unsigned rows = 0, columns = 0;
};

/// `differential`, or `offset[,reference=ideal|real]`.
struct CellsOption {
  enum class Scheme {
    differential, ///< two cells per weight, G+ - G-
    offset,       ///< one cell, against a reference column
  };
  Scheme scheme = Scheme::differential;
  bool idealReference = false; ///< offset: reference cells have no errors
};

/// `GMIN:GMAX[,clip]`, the conductance window in uS, 0 <= GMIN < GMAX <= 1e6,
/// as wide as isWindow (Ranges.h) demands.
struct ConductanceOption {
  double lowest = 0, highest = 100;
  /// Conductances after errors are clipped to the window, not only at zero.
  bool clip = false;
};

/// `OHM`, and any of `,row=OHM`, `,column=OHM`, `,drive=one|both`,
/// `,mode=exact|first-order`: resistances of the wires, per segment; the plain
/// number may be left out where both others are there. At most 1e6 ohm.
struct WireResistanceOption {
  double row = 0, column = 0;
  bool driveBothEnds = false; ///< rows have drivers at both ends
  bool firstOrder = false;    ///< a formula instead of the exact solution

  bool any() const { return row > 0 || column > 0; }
};

/// How the groups of grouped convolutions share arrays.
enum class Packing {
  naive, ///< every group has arrays of its own
  dense, ///< whole groups share an array, along its diagonal
};

ArraySize parseCrossbar(std::string_view text);
CellsOption parseCells(std::string_view text);
ConductanceOption parseConductance(std::string_view text);
/// Bits that one cell stores, 1 to 16.
unsigned parseCellBits(std::string_view text);
WireResistanceOption parseWireResistance(std::string_view text);
Packing parsePacking(std::string_view text);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_CROSSBAROPTIONS_H
