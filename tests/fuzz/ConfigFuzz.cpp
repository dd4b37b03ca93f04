//===- ConfigFuzz.cpp - Files of options that were edited badly -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Scratch.h"
#include "tools/cim/ConfigFile.h"

#include <CLI/CLI.hpp>

using namespace cim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string path =
      fuzz::Scratch::file("experiment.yaml", fuzz::text(data, size));
  return fuzz::refuses([&] {
    CLI::App app("A command with options of every kind", "eval");
    std::string text;
    std::vector<std::string> list;
    bool flag = false;
    app.add_option("--config", text);
    app.add_option("--quantize", text);
    app.add_option("--noise", text);
    app.add_option("--layer", list);
    app.add_option("--vary", list);
    app.add_flag("--profile", flag);
    expandConfigFile(app, {"--config", path});
  });
}
