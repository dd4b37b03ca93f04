//===- StoreTest.cpp - Results that survive -------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Store.h"
#include "runtime/store/Claims.h"
#include "runtime/store/Database.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace cim;
namespace fs = std::filesystem;
using testing::HasSubstr;

namespace {

class StoreTest : public testing::Test {
protected:
  std::string path(const std::string &name) const { return folder.path(name); }

  template <typename Function> std::string errorOf(Function function) {
    try {
      function();
    } catch (const InputError &error) {
      return error.what();
    }
    return "";
  }

  static PointIdentity point(const std::string &options) {
    return {"model", "data", 100, options, "0 f32 avx2"};
  }

private:
  const test::TemporaryFolder folder;
};

TEST_F(StoreTest, RemembersTrials) {
  constexpr uint64_t seed = ~uint64_t(0); // all 64 bits
  {
    Store store = Store::openOrCreate(path("s"));
    EXPECT_FALSE(store.find(point("a")));
    const int64_t id = store.add(point("a"), "m", "d", true);
    EXPECT_EQ(store.add(point("a"), "m", "d", true), id);
    EXPECT_NE(store.add(point("b"), "m", "d", false), id);
    store.put(id, seed, 0, {90, 99, 0.5, 1.5});
    store.put(id, seed, 7, {91, 98, 0, 0});
    store.put(id, seed, 7, {1, 1, 0, 0}); // stays as it was
    store.put(id, 3, 1, {50, 60, 0, 0});
  }
  Store store = Store::open(path("s"));
  auto known = store.find(point("a"));
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->isRandom);
  EXPECT_FALSE(store.find(point("b"))->isRandom);
  const auto trials = store.trials(known->id, seed, 100);
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials.at(0).correctTop5, 99);
  EXPECT_EQ(trials.at(0).forwardSeconds, 1.5);
  EXPECT_EQ(trials.at(7).correct, 91);
  EXPECT_EQ(store.trials(known->id, seed, 7).size(), 1u);
  EXPECT_TRUE(store.contains(known->id, 3, 1));
  EXPECT_FALSE(store.contains(known->id, 3, 0));
}

TEST_F(StoreTest, WaitsForAProgramThatMakesIt) {
  {
    Store::openOrCreate(path("s"));
  }
  // As it is when another program has just made it, but writes still.
  Database other(path("s"), Database::Access::write);
  other.execute("PRAGMA journal_mode = DELETE");
  std::optional<Transaction> transaction(other);
  std::string error = "none yet";
  std::thread opening(
      [&] { error = errorOf([&] { Store::openOrCreate(path("s")); }); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  transaction->commit();
  opening.join();
  EXPECT_EQ(error, "");
}

TEST_F(StoreTest, EveryPartOfTheIdentityCounts) {
  PointIdentity a = point("a");
  for (auto change : {+[](PointIdentity &p) { p.modelSha256 = "x"; },
                      +[](PointIdentity &p) { p.dataSha256 = "x"; },
                      +[](PointIdentity &p) { p.images = 1; },
                      +[](PointIdentity &p) { p.options = "x"; },
                      +[](PointIdentity &p) { p.kernels = "x"; },
                      +[](PointIdentity &p) {
                        p.modelSha256 = "mode";
                        p.dataSha256 = "ldata";
                      }}) {
    PointIdentity b = a;
    change(b);
    EXPECT_NE(a.hash(), b.hash());
  }
}

TEST_F(StoreTest, ManyThreadsWithConnectionsOfTheirOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Store store = Store::openOrCreate(path("s"));
      const int64_t id = store.add(point("a"), "m", "d", true);
      for (int64_t trial = t; trial < 200; trial += 2) // each done twice
        store.put(id, 0, trial, {trial, trial, 0, 0});
    });
  for (std::thread &thread : threads)
    thread.join();
  Store store = Store::open(path("s"));
  EXPECT_EQ(store.trials(store.find(point("a"))->id, 0, 1000).size(), 200u);
}

TEST_F(StoreTest, HandsOutWholePoints) {
  Store store = Store::temporary();
  const int64_t a = store.add(point("a"), "m", "d", true),
                b = store.add(point("b"), "n", "e", false);
  store.put(b, 0, 0, {40, 50, 1, 2});
  store.put(a, 1, 9, {30, 50, 0, 0});
  store.put(a, 1, 2, {20, 50, 0.5, 0.25});
  store.put(a, 0, 5, {10, 50, 0, 0});
  const std::vector<StoredPoint> points = store.points();
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[1].identity.hash(), point("b").hash());
  EXPECT_EQ(points[1].model, "n");
  EXPECT_FALSE(points[1].isRandom);
  std::vector<StoredChips> all;
  store.forEachChips(
      [&](StoredChips chips) { all.push_back(std::move(chips)); });
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].trials, (std::vector<int64_t>{5}));
  EXPECT_EQ(all[1].trials, (std::vector<int64_t>{2, 9}));
  EXPECT_EQ(all[1].correct, (std::vector<int64_t>{20, 30}));
  EXPECT_EQ(all[1].seed, 1u);
  EXPECT_EQ(all[1].seconds, 0.75);
  EXPECT_GT(all[1].lastFinished, 1'700'000'000);
  EXPECT_EQ(all[2].point, b);
}

TEST_F(StoreTest, OneProcessAloneOnNetworkFileSystems) {
  using Sharing = Store::Sharing;
  {
    Store store = Store::openOrCreate(path("s"), Sharing::alone);
    const int64_t id = store.add(point("a"), "m", "d", true);
    store.put(id, 0, 0, {90, 99, 0, 0});
    // A log, or the memory that it needs, would be beside it.
    EXPECT_FALSE(fs::exists(path("s-wal")));
    EXPECT_FALSE(fs::exists(path("s-shm")));
    EXPECT_THAT(
        errorOf([&] { Store::openOrCreate(path("s"), Sharing::alone); }),
        HasSubstr("--shard"));
    store.put(id, 0, 1, {91, 99, 0, 0});
    // Between two writes it can be read.
    EXPECT_EQ(errorOf([&] { Store::open(path("s")); }), "");
  }
  // One that was shared before can be taken alone, and shared again.
  for (Sharing sharing : {Sharing::amongProcesses, Sharing::alone}) {
    Store store = Store::openOrCreate(path("s"), sharing);
    EXPECT_EQ(store.trials(store.find(point("a"))->id, 0, 9).size(), 2u);
  }
  EXPECT_EQ(Store::sharingAt("/dev/shm/s"), Sharing::amongProcesses);
}

TEST_F(StoreTest, IsNotReadInTheMiddleOfAWrite) {
  {
    Store store = Store::openOrCreate(path("s"), Store::Sharing::alone);
    store.add(point("a"), "m", "d", true);
  }
  Database other(path("s"), Database::Access::write);
  other.execute("PRAGMA cache_size = 1"); // so that it writes before the end
  Transaction transaction(other);
  other.execute("UPDATE point SET options = hex(zeroblob(100000))");
  // What is left where the process is killed now.
  for (const char *end : {"", "-journal"})
    fs::copy_file(path("s") + end, path("killed") + end);
  EXPECT_THAT(errorOf([&] { Store::open(path("killed")); }),
              HasSubstr("in the middle of a write"));
  Store store = Store::openOrCreate(path("killed"));
  EXPECT_EQ(store.points().at(0).identity.options, "a");
}

TEST_F(StoreTest, ReadsOneStateOfAFileThatIsWritten) {
  // More than SQLite keeps in memory of a file.
  constexpr size_t size = 10'000'000;
  for (auto sharing : {Store::Sharing::alone, Store::Sharing::amongProcesses}) {
    const std::string name = path(std::to_string(int(sharing)));
    Store::openOrCreate(name, sharing)
        .add(point(std::string(size, 'a')), "m", "d", true);
    Store reading = Store::open(name);
    Database other(name, Database::Access::write);
    other.execute("UPDATE point SET options = replace(options, 'a', 'b')");
    if (sharing == Store::Sharing::amongProcesses)
      other.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_TRUE(reading.points().at(0).identity.options ==
                std::string(size, 'a'));
    EXPECT_TRUE(Store::open(name).points().at(0).identity.options ==
                std::string(size, 'b'));
  }
}

TEST_F(StoreTest, LeavesNothingBesideWhatItReads) {
  Store::openOrCreate(path("s")).add(point("a"), "m", "d", true);
  {
    Store store = Store::open(path("s"));
    EXPECT_EQ(store.points().size(), 1u);
    EXPECT_FALSE(fs::exists(path("s-wal")));
  }
  EXPECT_FALSE(fs::exists(path("s-shm")));
}

TEST_F(StoreTest, MergesByIdentityNotByNumber) {
  {
    Store a = Store::openOrCreate(path("a")),
          b = Store::openOrCreate(path("b"));
    a.put(a.add(point("x"), "m", "d", true), 0, 0, {1, 1, 0, 0});
    b.put(b.add(point("y"), "m", "d", true), 0, 0, {2, 2, 0, 0});
    b.put(b.add(point("x"), "m", "d", true), 0, 1, {3, 3, 0, 0});
  }
  const std::string inputs[] = {path("a"), path("b")};
  const auto result = mergeStores(inputs, path("c"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->points, 2);
  EXPECT_EQ(result->trials, 3);
  Store c = Store::open(path("c"));
  const auto x = c.trials(c.find(point("x"))->id, 0, 9);
  ASSERT_EQ(x.size(), 2u);
  EXPECT_EQ(x.at(0).correct, 1);
  EXPECT_EQ(x.at(1).correct, 3);
  EXPECT_EQ(c.trials(c.find(point("y"))->id, 0, 9).at(0).correct, 2);
}

TEST_F(StoreTest, MergesOneViewOfAStoreThatGrows) {
  Store store = Store::openOrCreate(path("a"));
  auto addPoint = [&](int number) {
    const int64_t id = store.add(point(std::to_string(number)), "m", "d", true);
    store.put(id, 0, 0, {number, number, 0, 0});
  };
  addPoint(0);
  {
    std::jthread sweep([&](std::stop_token stop) {
      for (int number = 1; !stop.stop_requested(); ++number)
        addPoint(number);
    });
    const std::string inputs[] = {path("a")};
    for (int merge = 0; merge < 20; ++merge) {
      const std::string merged = path("merged" + std::to_string(merge));
      std::optional<MergeResult> result;
      EXPECT_EQ(errorOf([&] { result = mergeStores(inputs, merged); }), "");
      if (result)
        EXPECT_EQ(result->inputs[0].trials, result->trials);
    }
  }
}

TEST_F(StoreTest, MergesBesideWhatAnotherMergeLeft) {
  Store::openOrCreate(path("a")).add(point("x"), "m", "d", true);
  // A process of this number, in another container, that was killed.
  const std::string left = path("c") + ".tmp" + std::to_string(::getpid());
  Store::openOrCreate(left).add(point("y"), "m", "d", true);
  const std::string inputs[] = {path("a")};
  EXPECT_EQ(mergeStores(inputs, path("c"))->points, 1);
  EXPECT_EQ(Store::open(left).points().size(), 1u);
}

TEST_F(StoreTest, LeavesNothingOfAMergeThatWasStopped) {
  {
    Store a = Store::openOrCreate(path("a"));
    const int64_t id = a.add(point("x"), "m", "d", true);
    for (int64_t trial : {0, 1, 2})
      a.put(id, 0, trial, {1, 1, 0, 0});
  }
  const std::string inputs[] = {path("a")};
  int asked = 0;
  EXPECT_FALSE(mergeStores(inputs, path("c"), [&] { return ++asked == 2; }));
  EXPECT_EQ(asked, 2);
  for (const fs::directory_entry &file : fs::directory_iterator(path("")))
    EXPECT_FALSE(file.path().filename().string().starts_with("c"))
        << file.path();
}

TEST_F(StoreTest, RefusesWhatIsNoStore) {
  std::ofstream(path("text")) << "SQLite is great";
  EXPECT_THAT(errorOf([&] { Store::openOrCreate(path("text")); }),
              HasSubstr("no store"));
  std::ofstream(path("header"))
      << std::string("SQLite format 3\0", 16) << std::string(5000, 'x');
  EXPECT_NE(errorOf([&] { Store::openOrCreate(path("header")); }), "");
  EXPECT_THAT(errorOf([&] { Store::openOrCreate(path("")); }),
              HasSubstr("no file"));
  EXPECT_THAT(errorOf([&] { Store::openOrCreate(path("no/store")); }),
              HasSubstr("cannot be opened"));
  EXPECT_THAT(errorOf([&] { Store::open(path("nowhere")); }),
              HasSubstr("there is no store"));
}

TEST_F(StoreTest, ClaimsExcludeEachOther) {
  {
    Claims one(path("s")), other(path("s")); // as two processes would
    {
      Claim claim(one, 5);
      EXPECT_TRUE(claim.isOurs());
      EXPECT_FALSE(Claim(other, 5).isOurs());
      EXPECT_TRUE(Claim(other, 6).isOurs());
    }
    EXPECT_TRUE(Claim(other, 5).isOurs());
  }
  EXPECT_FALSE(fs::exists(path("s-claims")));
  // Without a place for the file every piece is free.
  Claims nowhere(path("no/store"));
  EXPECT_TRUE(Claim(nowhere, 1).isOurs());
}

} // namespace
