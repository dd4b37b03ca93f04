//===- KeptActivations.cpp - What a part of a network has computed --------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/KeptActivations.h"

#include "runtime/executor/Executor.h"
#include "runtime/tensor/Errors.h"

using namespace cim;

static size_t totalBytes(const Executor &executor, int64_t images) {
  const size_t calls =
      (images + executor.imagesPerCall() - 1) / executor.imagesPerCall();
  size_t bytes;
  if (__builtin_mul_overflow(executor.keptBytesPerCall(), calls, &bytes))
    throw InputError("not enough memory to keep the activations of " +
                     std::to_string(images) + " images");
  return bytes;
}

KeptActivations::KeptActivations(const Executor &executor, int64_t images)
    : bytesPerCall(executor.keptBytesPerCall()),
      memory(totalBytes(executor, images)) {}
