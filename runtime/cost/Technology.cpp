//===- Technology.cpp - What circuits cost --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cost/Technology.h"

#include "dialects/cim/grammar/Words.h"
#include "runtime/presets/Presets.h"
#include "runtime/presets/YamlFile.h"

#include <array>
#include <span>

using namespace cim;

const PhysicalQuantity *QuantityByBits::find(unsigned bits) const {
  if (always)
    return &*always;
  auto found = byBits.find(bits);
  return found == byBits.end() ? nullptr : &found->second;
}

namespace {

struct Unit {
  std::string_view name;
  double value;
};

constexpr Unit energies[] = {{"fJ", 1e-15}, {"pJ", 1e-12}, {"nJ", 1e-9},
                             {"uJ", 1e-6},  {"mJ", 1e-3},  {"J", 1}};
constexpr Unit powers[] = {{"nW", 1e-9}, {"uW", 1e-6}, {"mW", 1e-3}, {"W", 1}};
constexpr Unit times[] = {
    {"ps", 1e-12}, {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
constexpr Unit areas[] = {{"um2", 1e-12}, {"mm2", 1e-6}};
constexpr Unit rates[] = {
    {"kS/s", 1e3}, {"MS/s", 1e6}, {"GS/s", 1e9}, {"S/s", 1}};

class TechnologyFile : YamlFile {
public:
  explicit TechnologyFile(const std::string &path)
      : YamlFile(path, "technology", "docs/cost.md") {}

  Technology read() {
    const YAML::Node root = load();
    checkKeys(root, {"format", "name", "citation", "doi", "note", "read_time",
                     "input_bits", "array", "dac", "adc", "shift_and_add",
                     "write", "others"});
    if (number(need(root, "format")) != 1)
      fail(root["format"], "this version reads format 1 only");
    result.file = path;
    result.name = text(need(root, "name"));
    result.citation = text(need(root, "citation"));
    result.doi = optionalText(root, "doi");
    result.note = optionalText(root, "note");
    result.readTime = quantity(need(root, "read_time"), times);
    result.inputBits = wholeNumber(need(root, "input_bits"), 1, 32);
    readArray(need(root, "array"));
    readDac(need(root, "dac"));
    readAdc(need(root, "adc"));
    if (const YAML::Node node = root["shift_and_add"]) {
      checkKeys(node, {"energy", "area"});
      result.shiftAndAddEnergy = optional(node, "energy", energies);
      result.shiftAndAddArea = optional(node, "area", areas);
    }
    if (const YAML::Node node = root["write"]) {
      checkKeys(node, {"energy", "time"});
      result.writeEnergy = optional(node, "energy", energies);
      result.writeTime = optional(node, "time", times);
    }
    if (const YAML::Node node = root["others"])
      readOthers(node);
    return std::move(result);
  }

private:
  PhysicalQuantity quantity(const YAML::Node &node,
                            std::span<const Unit> units) {
    const std::string words = text(node);
    for (const Unit &unit : units) {
      if (!words.ends_with(unit.name))
        continue;
      std::string_view digits(words);
      digits.remove_suffix(unit.name.size());
      while (digits.ends_with(' '))
        digits.remove_suffix(1);
      const std::optional<double> value = grammar::parseDecimal(digits);
      if (value && *value >= 0)
        return {*value * unit.value, words};
    }
    std::string names;
    for (const Unit &unit : units)
      names += (names.empty() ? "" : ", ") + std::string(unit.name);
    fail(node, "write a number of at least 0 with one of the units " + names +
                   " here, not " + grammar::quote(words));
  }

  std::optional<PhysicalQuantity> optional(const YAML::Node &map,
                                           const char *key,
                                           std::span<const Unit> units) {
    if (const YAML::Node node = map[key])
      return quantity(node, units);
    return std::nullopt;
  }

  /// One quantity, or a map from bits to quantities.
  QuantityByBits byBits(const YAML::Node &map, const char *key,
                        std::span<const Unit> units) {
    QuantityByBits values;
    const YAML::Node node = map[key];
    if (!node)
      return values;
    if (!node.IsMap()) {
      values.always = quantity(node, units);
      return values;
    }
    for (const auto &entry : node) {
      const unsigned bits = wholeNumber(entry.first, 1, 32);
      if (!values.byBits.emplace(bits, quantity(entry.second, units)).second)
        fail(entry.first, std::to_string(bits) + " bits stand there twice");
    }
    return values;
  }

  void readArray(const YAML::Node &node) {
    checkKeys(node, {"rows", "columns", "power", "area"});
    result.arrayRows = wholeNumber(need(node, "rows"), 1, 65536);
    result.arrayColumns = wholeNumber(need(node, "columns"), 1, 65536);
    result.arrayPower = optional(node, "power", powers);
    result.arrayArea = optional(node, "area", areas);
  }

  void readDac(const YAML::Node &node) {
    checkKeys(node, {"bits", "power", "energy", "area"});
    result.dacBits = wholeNumber(need(node, "bits"), 1, 32);
    result.dacPower = optional(node, "power", powers);
    result.dacEnergy = optional(node, "energy", energies);
    result.dacArea = optional(node, "area", areas);
    if (result.dacPower && result.dacEnergy)
      fail(node["energy"], "give the power of a DAC while its array is read, "
                           "or the energy of one conversion, not both");
  }

  void readAdc(const YAML::Node &node) {
    checkKeys(node, {"bits", "per_array", "rate", "energy", "area"});
    result.adcBits = wholeNumber(need(node, "bits"), 1, 32);
    if (const YAML::Node count = node["per_array"])
      result.adcsPerArray = wholeNumber(count, 1, 65536);
    result.adcRate = optional(node, "rate", rates);
    if (result.adcRate && result.adcRate->value == 0)
      fail(node["rate"], "a rate must be above 0");
    result.adcEnergy = byBits(node, "energy", energies);
    result.adcArea = byBits(node, "area", areas);
  }

  void readOthers(const YAML::Node &node) {
    if (!node.IsSequence())
      fail(node, "write a list here, of {name: ..., per: ..., energy: ...} or "
                 "area");
    for (const auto &item : node) {
      checkKeys(item, {"name", "per", "energy", "area"});
      OtherCost &other = result.others.emplace_back();
      other.name = text(need(item, "name"));
      other.per = OtherCost::Per(word(
          need(item, "per"),
          {"image", "input", "output", "mac", "array_read", "dac_conversion",
           "adc_conversion", "chip", "layer", "array", "dac", "adc"}));
      const char *wanted = other.isArea() ? "area" : "energy";
      if (item[other.isArea() ? "energy" : "area"])
        fail(item["per"], std::string("only ") + wanted + " can be given per " +
                              text(item["per"]));
      other.quantity = other.isArea() ? quantity(need(item, wanted), areas)
                                      : quantity(need(item, wanted), energies);
    }
  }

  Technology result;
};

const PresetFolder &presets() {
  static const PresetFolder folder = {"technologies", CIM_TECHNOLOGY_FOLDER,
                                      "technology", "cim technologies"};
  return folder;
}

} // namespace

Technology cim::readTechnology(const std::string &path) {
  return TechnologyFile(path).read();
}

std::vector<Technology> cim::technologies() {
  std::vector<Technology> result;
  for (const std::string &file : presetFiles(presets()))
    result.push_back(readTechnology(file));
  return result;
}

Technology cim::findTechnology(const std::string &name) {
  return readTechnology(findPreset(presets(), name));
}
