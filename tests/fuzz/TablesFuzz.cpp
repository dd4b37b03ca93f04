//===- TablesFuzz.cpp - Tables and devices that were edited badly ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Tables.h"
#include "runtime/cost/Technology.h"
#include "runtime/devices/DeviceModels.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// A CSV file of every kind, and a YAML file of a device and of a technology.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string table =
      fuzz::Scratch::file("table.csv", fuzz::text(data, size));
  fuzz::refuses([&] { grammar::readLevels(table); });
  fuzz::refuses([&] { grammar::readLevelFactors(table, true); });
  fuzz::refuses([&] { grammar::readCumulativeDistribution(table); });
  fuzz::refuses([&] { grammar::readCurrentVoltageCurve(table); });
  const std::string description =
      fuzz::Scratch::file("description.yaml", fuzz::text(data, size));
  fuzz::refuses([&] { readTechnology(description); });
  return fuzz::refuses([&] { readDeviceModel(description); });
}
