//===- HalideHandlers.h - What Halide calls back ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_HALIDEHANDLERS_H
#define CIM_RUNTIME_KERNELS_HALIDEHANDLERS_H

#include <cstddef>

namespace cim::kernels {

/// While it lives, the one allocation that a kernel of this thread makes comes
/// from \p memory, aligned to 64 bytes, so that running allocates nothing.
class ScratchScope {
public:
  ScratchScope(float *memory, size_t count);
  ~ScratchScope();
  ScratchScope(const ScratchScope &) = delete;
  ScratchScope &operator=(const ScratchScope &) = delete;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_HALIDEHANDLERS_H
