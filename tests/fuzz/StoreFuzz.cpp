//===- StoreFuzz.cpp - Stores of results that something damaged -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Store.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz::refuses([&] {
    Store store = Store::open(
        fuzz::Scratch::file("store.sqlite", fuzz::text(data, size)));
    store.trials(1, 0, 10);
  });
}
