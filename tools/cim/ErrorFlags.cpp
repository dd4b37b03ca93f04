//===- ErrorFlags.cpp - Errors and crossbars on the command line ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CellOptions.h"
#include "dialects/cim/grammar/ConverterOptions.h"
#include "dialects/cim/grammar/CrossbarOptions.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/devices/DeviceModels.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

using namespace cim;

namespace {

/// Runs a parser of the error grammar and says which option was wrong.
template <typename Parser>
void checkGrammar(const std::string &option, const std::string &text,
                  Parser parse) {
  try {
    parse(text);
  } catch (const GrammarError &error) {
    throw UsageError(option + ": " + error.what());
  }
}

constexpr LayerOption namedOptions[] = {
    {"quantize", &ErrorFlags::quantize, &ErrorRequest::quantize,
     [](std::string_view text) { parseQuantize(text); }, false, true},
    {"device", &ErrorFlags::device, &ErrorRequest::device,
     [](std::string_view text) { resolveDevice(parseDevice(text)); }, false,
     true},
    {"noise", &ErrorFlags::noise, &ErrorRequest::noise,
     [](std::string_view text) { parseNoise(text); }, false, true},
    {"write-verify", &ErrorFlags::writeVerify, &ErrorRequest::writeVerify,
     [](std::string_view text) { parseWriteVerify(text); }, false, true},
    {"correlated", &ErrorFlags::correlated, &ErrorRequest::correlated,
     [](std::string_view text) { parseCorrelated(text); }, false, true},
    {"shift", &ErrorFlags::shift, &ErrorRequest::shift,
     [](std::string_view text) { parseShift(text); }, false, true},
    {"read-disturb", &ErrorFlags::readDisturb, &ErrorRequest::readDisturb,
     [](std::string_view text) { parseReadDisturb(text); }, false, true},
    {"faults", &ErrorFlags::faults, &ErrorRequest::faults,
     [](std::string_view text) { parseFaults(text); }, false, true},
    {"crossbar", &ErrorFlags::crossbar, &ErrorRequest::crossbar,
     [](std::string_view text) { parseCrossbar(text); }, true, false},
    {"cells", &ErrorFlags::cells, &ErrorRequest::cells,
     [](std::string_view text) { parseCells(text); }, true, false},
    {"conductance", &ErrorFlags::conductance, &ErrorRequest::conductance,
     [](std::string_view text) { parseConductance(text); }, true, false},
    {"cell-bits", &ErrorFlags::cellBits, &ErrorRequest::cellBits,
     [](std::string_view text) { parseCellBits(text); }, true, false},
    {"wire-resistance", &ErrorFlags::wireResistance,
     &ErrorRequest::wireResistance,
     [](std::string_view text) { parseWireResistance(text); }, true, true},
    {"packing", &ErrorFlags::packing, &ErrorRequest::packing,
     [](std::string_view text) { parsePacking(text); }, true, false},
    {"dac", &ErrorFlags::dac, &ErrorRequest::dac,
     [](std::string_view text) { parseDac(text); }, true, true},
    {"adc", &ErrorFlags::adc, &ErrorRequest::adc,
     [](std::string_view text) { parseAdc(text); }, true, true},
    {"dac-mismatch", &ErrorFlags::dacMismatch, &ErrorRequest::dacMismatch,
     [](std::string_view text) { parseMismatch(text); }, true, true},
    {"adc-mismatch", &ErrorFlags::adcMismatch, &ErrorRequest::adcMismatch,
     [](std::string_view text) { parseMismatch(text); }, true, true},
    {"iv", &ErrorFlags::currentVoltage, &ErrorRequest::currentVoltage,
     [](std::string_view text) { parseCurrentVoltage(text); }, true, true},
    {"read-noise", &ErrorFlags::readNoise, &ErrorRequest::readNoise,
     [](std::string_view text) { parseReadNoise(text); }, true, true},
    {"drift-compensation", &ErrorFlags::driftCompensation,
     &ErrorRequest::driftCompensation,
     [](std::string_view text) { parseDriftCompensation(text); }, true, false},
};

/// `PATTERN:OPTION=VALUE`. Patterns and values may hold colons, values equals
/// signs.
ErrorRequest parseOverride(const std::string &text) {
  const std::string option = "--layer '" + text + "'";
  const size_t equals = text.find('=');
  const size_t colon =
      equals == text.npos ? text.npos : text.rfind(':', equals);
  if (colon == text.npos || colon == 0)
    throw UsageError(option + ": write PATTERN:OPTION=VALUE, for example "
                              "role:C2:noise=normal:0.5qs");
  ErrorRequest request;
  request.layers = text.substr(0, colon);
  const std::string name = text.substr(colon + 1, equals - colon - 1);
  const std::string value = text.substr(equals + 1);
  checkGrammar(option, request.layers, checkLayerPattern);
  std::vector<std::string> names;
  for (const LayerOption &known : namedOptions) {
    if (name == known.name) {
      checkGrammar(option, value, known.parse);
      request.*known.field = value;
      return request;
    }
    names.push_back(known.name);
  }
  const auto near = nearNames(name, names);
  throw UsageError(option + ": '" + name + "' is no option of a layer" +
                   (near.empty()
                        ? "; use quantize, device, noise, write-verify, "
                          "correlated, shift, read-disturb, faults, crossbar, "
                          "cells, conductance, cell-bits, wire-resistance, "
                          "packing, dac, adc, dac-mismatch, adc-mismatch, iv, "
                          "read-noise or drift-compensation"
                        : "; did you mean '" + near[0] + "'?"));
}

} // namespace

void ErrorFlags::addTo(CLI::App &app) {
  const char *group = "Errors";
  addCodesAndDeviceTo(app);
  addNoiseTo(app);
  app.add_option("--shift", shift,
                 "The same amount for every cell, for example +1/64qs or "
                 "-0.01ns")
      ->type_name("AMOUNT")
      ->group(group);
  app.add_option("--faults", faults,
                 "low=P,high=P,flip=P: fractions of cells stuck low, stuck "
                 "high, and of stored bits inverted")
      ->type_name("FAULTS")
      ->group(group);
  addWriteVerifyTo(app);
  addCellErrorsTo(app);
  app.add_option("--layers", layers,
                 "Only these layers: names with * and ?, role:C1, role:C2, "
                 "first:K, last:K, a leading ! excludes (default: all)")
      ->type_name("PATTERN")
      ->group(group);
  addOverridesTo(app);
  addCrossbarsTo(app);
  addConvertersTo(app);
  addReadErrorsTo(app);
}

void ErrorFlags::addNoiseTo(CLI::App &app) {
  app.add_option("--noise", noise,
                 "DIST:WIDTH[,PARAM=V]: normal, uniform, lognormal, laplace, "
                 "student-t or empirical; WIDTH with its unit qs, ns, abs or "
                 "uS, for example normal:0.25qs")
      ->type_name("NOISE")
      ->group("Errors");
}

void ErrorFlags::addWriteVerifyTo(CLI::App &app) {
  app.add_option("--write-verify", writeVerify,
                 "TOLERANCE[,pulses=N]: cells are pulsed until they are that "
                 "close to their conductance, at most N times (default: 20), "
                 "for example 1uS,pulses=10; needs --crossbar")
      ->type_name("VERIFY")
      ->group("Errors");
}

void ErrorFlags::addCellErrorsTo(CLI::App &app) {
  const char *group = "Errors";
  app.add_option("--correlated", correlated,
                 "column=WIDTH,array=WIDTH,die=WIDTH: normal errors that all "
                 "cells of a column, an array or the chip have in common, for "
                 "example column=0.5uS")
      ->type_name("WIDTHS")
      ->group(group);
  app.add_option("--read-disturb", readDisturb,
                 "AMOUNT[,per=READS][,exponent=P][,reads=N]: a shift that "
                 "grows with the reads of a cell (default: those of the "
                 "images), for example -0.5uS,per=1e6")
      ->type_name("DISTURB")
      ->group(group);
}

void ErrorFlags::addMappingTo(CLI::App &app) {
  addCodesAndDeviceTo(app);
  addNoiseTo(app);
  addWriteVerifyTo(app);
  addOverridesTo(app);
  addCrossbarsTo(app);
  addConvertersTo(app);
}

void ErrorFlags::addCodesAndDeviceTo(CLI::App &app) {
  const char *group = "Errors";
  app.add_option("--quantize", quantize,
                 "BITS, and any of ,mode=minmax|symmetric|percentile|lloyd "
                 ",percentile=P ,per=tensor|channel; or levels=FILE.csv")
      ->type_name("Q")
      ->group(group);
  app.add_option("--device", device,
                 "NAME[@TIME][,force]: every cell follows a model of 'cim "
                 "devices' or of a YAML file, TIME after programming, for "
                 "example pcm-joshi2020@1d; needs --crossbar")
      ->type_name("DEVICE")
      ->group(group);
}

void ErrorFlags::addOverridesTo(CLI::App &app) {
  app.add_option("--layer", overrides,
                 "PATTERN:OPTION=VALUE: another option for some layers, for "
                 "example role:C2:noise=normal:0.5qs; may be repeated")
      ->type_name("OVERRIDE")
      ->allow_extra_args(false)
      ->group("Errors");
}

void ErrorFlags::addCrossbarsTo(CLI::App &app) {
  const char *group = "Crossbars";
  app.add_option("--crossbar", crossbar,
                 "Put the weights onto arrays of so many rows and columns, for "
                 "example 128x128")
      ->type_name("RxC")
      ->group(group);
  app.add_option("--cells", cells,
                 "differential (default): a pair of cells per weight; or "
                 "offset[,reference=ideal]: one, against a reference column")
      ->type_name("CELLS")
      ->group(group);
  app.add_option("--conductance", conductance,
                 "The window of a cell in uS (default: the device's, else "
                 "0:100); ,clip keeps "
                 "errors inside it")
      ->type_name("GMIN:GMAX")
      ->group(group);
  app.add_option("--cell-bits", cellBits,
                 "Bits that a cell stores; a quantized weight is cut into "
                 "slices (default: one analogue cell holds all)")
      ->type_name("C")
      ->group(group);
  app.add_option("--wire-resistance", wireResistance,
                 "Ohm per segment of wire (IR drop), and any of ,row=OHM "
                 ",column=OHM ,drive=one|both ,mode=exact|first-order, for "
                 "example 1.5 (default: none)")
      ->type_name("OHM")
      ->group(group);
  app.add_option("--packing", packing,
                 "naive (default), or dense: groups of a convolution share "
                 "arrays, along the diagonal")
      ->type_name("HOW")
      ->group(group);
}

void ErrorFlags::addConvertersTo(CLI::App &app) {
  const char *group = "Crossbars";
  app.add_option("--dac", dac,
                 "BITS[,range=X][,inputs=signed|unsigned][,mode=serial]: "
                 "round what enters the arrays (default range: calibrated)")
      ->type_name("DAC")
      ->group(group);
  app.add_option("--adc", adc,
                 "BITS, and one of ,range=max (default) ,percentile=P "
                 ",range=F of the worst case ,limit=L; ,per=tile: round and "
                 "clip what leaves each tile")
      ->type_name("ADC")
      ->group(group);
}

void ErrorFlags::addReadErrorsTo(CLI::App &app) {
  const char *group = "Crossbars";
  app.add_option("--dac-mismatch", dacMismatch,
                 "gain=S,offset=S,inl=S: how DACs differ, standard deviations "
                 "as a fraction, and in steps of the DAC")
      ->type_name("MISMATCH")
      ->group(group);
  app.add_option("--adc-mismatch", adcMismatch,
                 "gain=S,offset=S,inl=S: how ADCs differ, standard deviations "
                 "as a fraction, and in steps of the ADC")
      ->type_name("MISMATCH")
      ->group(group);
  app.add_option("--iv", currentVoltage,
                 "A cell's current over its input, INPUT,CURRENT as shares of "
                 "the largest; needs --dac")
      ->type_name("FILE.csv")
      ->group(group);
  app.add_option("--read-noise", readNoise,
                 "Standard deviation of a cell's conductance at every read, "
                 "for example 0.5uS")
      ->type_name("WIDTH")
      ->group(group);
  app.add_option("--drift-compensation", driftCompensation,
                 "global: multiply a layer's results by what its cells have "
                 "lost in common since programming (default: none); needs a "
                 "--device")
      ->type_name("HOW")
      ->group(group);
}

/// Whether \p flags ask for an error in the layers of `--layers`.
static bool hasErrors(const ErrorFlags &flags) {
  return std::ranges::any_of(namedOptions, [&](const LayerOption &option) {
    return !option.isMapping && !(flags.*option.flag).empty();
  });
}

bool ErrorFlags::any() const { return hasErrors(*this) || !overrides.empty(); }

bool ErrorFlags::usesLayers() const {
  return !layers.empty() && hasErrors(*this);
}

void ErrorFlags::refuseConverters(const std::string &reason) const {
  for (const ErrorRequest &request : requests())
    if (request.asksForConverters())
      throw UsageError(reason + "; leave out --dac, --adc, --dac-mismatch, "
                                "--adc-mismatch, --iv and --read-noise");
}

bool ErrorFlags::hasConverters() const {
  auto isConverter = [](const std::string &override) {
    const ErrorRequest request = parseOverride(override);
    return !request.dac.empty() || !request.adc.empty();
  };
  return !dac.empty() || !adc.empty() ||
         std::any_of(overrides.begin(), overrides.end(), isConverter);
}

std::vector<ErrorRequest> ErrorFlags::check() const {
  std::vector<ErrorRequest> asked = requests();
  if (!layers.empty() && !usesLayers())
    throw UsageError("--layers has no effect without an error such as "
                     "--quantize or --noise; what belongs to crossbars is the "
                     "same in all layers, unless --layer PATTERN:OPTION=VALUE "
                     "says otherwise");
  return asked;
}

std::vector<ErrorRequest> ErrorFlags::requests() const {
  std::vector<ErrorRequest> requests;
  // `--layers` says which layers have errors; all stand on crossbars.
  ErrorRequest mapping, errors;
  if (!layers.empty()) {
    checkGrammar("--layers", layers, checkLayerPattern);
    errors.layers = layers;
  }
  bool hasMapping = false, hasErrors = false;
  for (const LayerOption &option : namedOptions) {
    const std::string &value = this->*option.flag;
    if (value.empty())
      continue;
    checkGrammar(std::string("--") + option.name, value, option.parse);
    (option.isMapping ? mapping : errors).*option.field = value;
    (option.isMapping ? hasMapping : hasErrors) = true;
  }
  if (hasMapping)
    requests.push_back(mapping);
  if (hasErrors)
    requests.push_back(errors);
  for (const std::string &text : overrides)
    requests.push_back(parseOverride(text));
  return requests;
}

std::string *ErrorFlags::find(std::string_view name) {
  for (const LayerOption &option : namedOptions)
    if (name == option.name)
      return &(this->*option.flag);
  return name == "layers" ? &layers : nullptr;
}

std::span<const LayerOption> ErrorFlags::layerOptions() { return namedOptions; }

std::vector<std::string> ErrorFlags::names() {
  std::vector<std::string> names;
  for (const LayerOption &option : namedOptions)
    names.push_back(option.name);
  names.push_back("layers");
  return names;
}

void ErrorFlags::describe(Json &options) const {
  for (const LayerOption &option : namedOptions)
    if (!(this->*option.flag).empty())
      options[option.name] = this->*option.flag;
  if (!layers.empty())
    options["layers"] = layers;
  if (!overrides.empty())
    options["layer"] = overrides;
}

std::string ErrorFlags::text(bool withLayers) const {
  std::string text, mapping;
  auto add = [](std::string &list, const std::string &item) {
    list += (list.empty() ? "" : ", ") + item;
  };
  for (const LayerOption &option : namedOptions)
    if (!(this->*option.flag).empty())
      add(option.isMapping ? mapping : text,
          std::string(option.name) + " " + this->*option.flag);
  if (withLayers && !layers.empty() && !text.empty())
    text += " in " + layers;
  if (!mapping.empty())
    add(text, mapping);
  for (const std::string &item : overrides)
    add(text, item);
  return text.empty() ? "none" : text;
}
