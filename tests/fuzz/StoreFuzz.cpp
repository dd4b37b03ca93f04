//===- StoreFuzz.cpp - Stores of results that something damaged -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Results.h"
#include "runtime/store/Store.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// Everything that reads a store, and what writes into it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // What SQLite left beside another input's database is not this one's.
  const std::filesystem::path folder = fuzz::Scratch::folder() / "store";
  std::filesystem::remove_all(folder);
  const std::string path =
      fuzz::Scratch::file("store/store.sqlite", fuzz::text(data, size));
  fuzz::refuses([&] {
    Store store = Store::open(path);
    for (const StoredPoint &point : store.points())
      store.trials(point.id, 0, 10);
  });
  fuzz::refuses([&] {
    Store store = Store::open(path);
    studiesOf(store);
  });
  fuzz::refuses([&] {
    const std::string inputs[] = {path};
    mergeStores(inputs, (folder / "merged.sqlite").string());
  });
  return fuzz::refuses([&] {
    Store store = Store::openOrCreate(path, Store::Sharing::alone);
    const int64_t point = store.add({}, "model", "data", true);
    store.put(point, 0, 0, {});
  });
}
