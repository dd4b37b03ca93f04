//===- HalideHandlers.cpp - What Halide calls back ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/HalideHandlers.h"

#include "HalideRuntime.h"

#include <cassert>
#include <cstdlib>

namespace cim::kernels {

namespace {

struct Scratch {
  float *memory = nullptr;
  size_t bytes = 0;
  bool used = false;
};
thread_local Scratch scratch;

void *allocate(void *, size_t bytes) {
  if (!scratch.used && bytes <= scratch.bytes) {
    scratch.used = true;
    return scratch.memory;
  }
  constexpr size_t alignment = 128;
  return std::aligned_alloc(alignment,
                            (bytes + alignment - 1) / alignment * alignment);
}

void release(void *, void *pointer) {
  if (pointer && pointer == scratch.memory)
    scratch.used = false;
  else
    std::free(pointer);
}

/// A kernel that refuses its operands returns an error code, which its caller
/// handles. Halide's own handler would end the process.
void ignoreMessage(void *, const char *) {}

/// Runs when the library is loaded, before any kernel.
[[maybe_unused]] const bool installed = [] {
  halide_set_custom_malloc(allocate);
  halide_set_custom_free(release);
  halide_set_error_handler(ignoreMessage);
  return true;
}();

} // namespace

ScratchScope::ScratchScope(float *memory, size_t count) {
  assert(!scratch.memory && "scopes do not nest");
  scratch = {memory, count * sizeof(float)};
}

ScratchScope::~ScratchScope() { scratch = {}; }

} // namespace cim::kernels
