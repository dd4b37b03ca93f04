//===- PlanFuzz.cpp - Plans and tensors that were edited badly ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/tensor/TensorFile.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// A plan in text, a safetensors and an .npy file, a TensorProto.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  fuzz::refuses([&] { readPlan(fuzz::Scratch::file("model.plan", bytes)); });
  fuzz::refuses([&] {
    readSafetensors(fuzz::Scratch::file("model.safetensors", bytes));
  });
  fuzz::refuses([&] { readNpy(fuzz::Scratch::file("x.npy", bytes)); });
  return fuzz::refuses(
      [&] { loadCompiler().readTensor(fuzz::Scratch::file("x.pb", bytes)); });
}
