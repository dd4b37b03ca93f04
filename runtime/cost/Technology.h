//===- Technology.h - What circuits cost -----------------------*- C++ -*--===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What one array, converter or operation takes, as a YAML file of the user's
// says (docs/cost.md). Everything else about a chip follows from the mapping.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_COST_TECHNOLOGY_H
#define CIM_RUNTIME_COST_TECHNOLOGY_H

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cim {

/// A number as it stands in the file, "1.67 pJ", and its value in joules,
/// watts, seconds, square metres or hertz.
struct PhysicalQuantity {
  double value = 0;
  std::string text;
};

/// A quantity that may depend on a converter's bits; without any, it is the
/// same for all.
struct QuantityByBits {
  std::optional<PhysicalQuantity> always;
  std::map<unsigned, PhysicalQuantity> byBits;

  bool isEmpty() const { return !always && byBits.empty(); }
  /// nullptr where the file says nothing about \p bits.
  const PhysicalQuantity *find(unsigned bits) const;
};

/// Something that the fixed fields do not know: a buffer, a bus.
struct OtherCost {
  /// What it is counted by: events of one image, or parts of the chip.
  enum class Per {
    image,
    input,
    output,
    mac,
    arrayRead,
    dacConversion,
    adcConversion,
    chip,
    layer,
    array,
    dac,
    adc
  };
  std::string name;
  Per per = Per::image;
  /// Energy of an event, or area of a part.
  PhysicalQuantity quantity;

  bool isArea() const { return per >= Per::chip; }
};

/// A technology file; docs/cost.md defines the fields.
struct Technology {
  std::string name, citation, doi, note, file;
  /// Of one analogue read of an array, in seconds.
  PhysicalQuantity readTime;
  /// Bits of an input and of an ADC where the network's options do not say.
  unsigned inputBits = 0, adcBits = 0;
  /// Arrays of another size cost in proportion to their cells.
  unsigned arrayRows = 0, arrayColumns = 0;
  std::optional<PhysicalQuantity> arrayPower, arrayArea;
  /// An input of more bits than a DAC's takes several reads.
  unsigned dacBits = 0;
  std::optional<PhysicalQuantity> dacPower, dacEnergy, dacArea;
  /// ADCs that share the columns of one array (or pair of arrays).
  unsigned adcsPerArray = 1;
  std::optional<PhysicalQuantity> adcRate;
  QuantityByBits adcEnergy, adcArea;
  /// Of the digital addition of each conversion's result.
  std::optional<PhysicalQuantity> shiftAndAddEnergy, shiftAndAddArea;
  /// Of one pulse at one cell; a write that is not verified is one pulse.
  std::optional<PhysicalQuantity> writeEnergy, writeTime;
  std::vector<OtherCost> others;
};

/// Reads a technology file (YAML). Throws InputError with the file and the
/// line.
Technology readTechnology(const std::string &path);

/// The technologies that come with Cimulator, by name. Throws InputError when
/// their folder is missing or a file is broken.
std::vector<Technology> technologies();

/// The technology that \p name means: one of technologies(), or a file of the
/// user's. Throws GrammarError for an unknown name, and InputError.
Technology findTechnology(const std::string &name);

} // namespace cim

#endif // CIM_RUNTIME_COST_TECHNOLOGY_H
