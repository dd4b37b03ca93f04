//===- GrammarFuzz.cpp - Options that were mistyped -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CellOptions.h"
#include "dialects/cim/grammar/ConverterOptions.h"
#include "dialects/cim/grammar/CrossbarOptions.h"
#include "dialects/cim/grammar/DeviceOption.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/LayerSelection.h"
#include "runtime/data/DataSpec.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// The text as the value of every option.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view text = fuzz::text(data, size);
  fuzz::refuses([&] { parseQuantize(text); });
  fuzz::refuses([&] { parseNoise(text); });
  fuzz::refuses([&] { parseShift(text); });
  fuzz::refuses([&] { parseFaults(text); });
  fuzz::refuses([&] { parseDevice(text); });
  fuzz::refuses([&] { parseDuration(text); });
  fuzz::refuses([&] { parseCrossbar(text); });
  fuzz::refuses([&] { parseCells(text); });
  fuzz::refuses([&] { parseConductance(text); });
  fuzz::refuses([&] { parseCellBits(text); });
  fuzz::refuses([&] { parsePacking(text); });
  fuzz::refuses([&] { parseWireResistance(text); });
  fuzz::refuses([&] { parseCorrelated(text); });
  fuzz::refuses([&] { parseWriteVerify(text); });
  fuzz::refuses([&] { parseReadDisturb(text); });
  fuzz::refuses([&] { parseDac(text); });
  fuzz::refuses([&] { parseAdc(text); });
  fuzz::refuses([&] { parseMismatch(text); });
  fuzz::refuses([&] { parseDriftCompensation(text); });
  fuzz::refuses([&] { parseReadNoise(text); });
  fuzz::refuses([&] { parseSelection(text); });
  fuzz::refuses([&] { parseDurations(text); });
  fuzz::refuses([&] { parseDataSpec(text); });
  fuzz::refuses([&] { parseNormalization(text); });
  fuzz::refuses([&] {
    const LayerIdentity layers[] = {{"layer1.0.conv1", "C1"},
                                    {"layer1.0.conv2", "C2"}};
    selectLayers(text, layers);
  });
  return 0;
}
