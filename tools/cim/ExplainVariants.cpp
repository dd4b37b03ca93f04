//===- ExplainVariants.cpp - Networks with some of the errors -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ExplainVariants.h"
#include "tools/cim/Calibration.h"

#include <algorithm>

using namespace cim;

ErrorSources::ErrorSources(std::vector<ErrorRequest> requests,
                           std::vector<LayerIdentity> identities)
    : asked(std::move(requests)), layers(std::move(identities)) {
  for (const LayerOption &option : ErrorFlags::layerOptions())
    if (option.isSource &&
        std::any_of(asked.begin(), asked.end(), [&](const ErrorRequest &asks) {
          return !(asks.*option.field).empty();
        }))
      sources.push_back(option.name);
}

/// The values that \p requests ask for.
static std::vector<std::string>
valuesOf(const std::vector<ErrorRequest> &requests, const std::string &source) {
  std::vector<std::string> values;
  for (const LayerOption &option : ErrorFlags::layerOptions())
    if (source == option.name)
      for (const ErrorRequest &request : requests)
        if (const std::string &value = request.*option.field;
            !value.empty() &&
            std::find(values.begin(), values.end(), value) == values.end())
          values.push_back(value);
  return values;
}

std::string ErrorSources::valueOf(const std::string &source) const {
  const std::vector<std::string> values = valuesOf(asked, source);
  return values.size() == 1 ? values[0] : "several";
}

ErrorSources::Names ErrorSources::needsOf(const std::string &source) const {
  const Names present = all();
  Names needs;
  auto need = [&](const char *name) {
    if (source != name && present.contains(name))
      needs.insert(name);
  };
  // Slices hold the bits of a code; without it there is nothing to slice.
  bool isInSteps =
      std::any_of(asked.begin(), asked.end(), [](const ErrorRequest &request) {
        return !request.cellBits.empty();
      });
  for (const std::string &value : valuesOf(asked, source))
    isInSteps |=
        value.find("qs") != value.npos || value.find("flip") != value.npos;
  if (isInSteps)
    need("quantize");
  if (source == "adc-mismatch")
    need("adc");
  if (source == "iv" || source == "dac-mismatch")
    need("dac");
  if (source == "write-verify")
    for (const char *verified : {"device", "noise"})
      need(verified);
  return needs;
}

std::optional<ErrorSources::Names>
ErrorSources::without(const std::string &source) const {
  Names rest = all();
  rest.erase(source);
  for (const std::string &other : rest)
    if (needsOf(other).contains(source))
      return std::nullopt;
  return rest;
}

/// As `--conductance` takes it.
static std::string windowText(const plan::Crossbar &crossbar) {
  return Json(crossbar.lowest_conductance()).dump() + ":" +
         Json(crossbar.highest_conductance()).dump() +
         (crossbar.clip_to_window() ? ",clip" : "");
}

void ErrorSources::fix(const plan::Plan &whole) {
  fixed = fixedRanges(whole);
  // A window may be the device's, and must not go when the device does: other
  // errors are in uS.
  for (int layer = 0; layer < whole.layers_size(); ++layer)
    if (whole.layers(layer).has_device()) {
      ErrorRequest &window = fixed.emplace_back();
      window.layers = patternOfLayer(layer);
      window.conductance = windowText(whole.layers(layer).crossbar());
    }
}

bool ErrorSources::selects(const ErrorRequest &request, size_t layer) const {
  return selectLayers(request.layers, layers)[layer];
}

/// The source with which \p option comes and goes, or null: itself, or for
/// slices the codes that they hold, for a compensation what it is against.
static const char *causeOf(const LayerOption &option) {
  if (option.field == &ErrorRequest::cellBits)
    return "quantize";
  if (option.field == &ErrorRequest::driftCompensation)
    return "device";
  return option.isSource ? option.name : nullptr;
}

std::vector<ErrorRequest>
ErrorSources::requests(const Names &chosen, std::optional<size_t> layer) const {
  std::vector<ErrorRequest> result, wanted = asked;
  wanted.insert(wanted.end(), fixed.begin(), fixed.end());
  for (const ErrorRequest &request : wanted) {
    ErrorRequest place, errors;
    place.layers = errors.layers = request.layers;
    bool hasPlace = false, hasErrors = false;
    for (const LayerOption &option : ErrorFlags::layerOptions()) {
      const std::string &value = request.*option.field;
      const char *cause = causeOf(option);
      const bool isError = cause != nullptr;
      if (value.empty() || (isError && !chosen.contains(cause)))
        continue;
      (isError ? errors : place).*option.field = value;
      (isError ? hasErrors : hasPlace) = true;
    }
    if (hasPlace)
      result.push_back(place);
    if (!hasErrors)
      continue;
    if (layer) {
      if (!selects(request, *layer))
        continue;
      errors.layers = patternOfLayer(*layer);
    }
    result.push_back(errors);
  }
  return result;
}
