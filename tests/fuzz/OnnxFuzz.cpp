//===- OnnxFuzz.cpp - Models that nobody exported -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// An ONNX file, all the way to a plan.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::refuses([&] {
    CompileRequest request;
    request.model = fuzz::Scratch::file("model.onnx", fuzz::text(data, size));
    request.foldingMemory = 256e6; // a machine's fuzzers share its memory
    loadCompiler().compile(request);
  });
}
