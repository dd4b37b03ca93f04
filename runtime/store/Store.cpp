//===- Store.cpp - Results that survive -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Store.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/vfs.h>
#include <unistd.h>

using namespace cim;
namespace fs = std::filesystem;

/// "Cim1" in ASCII: says whose database it is.
static constexpr int64_t applicationId = 0x43696d31;

static constexpr const char *schema = R"(
CREATE TABLE point (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  model_sha256 TEXT NOT NULL,
  data TEXT NOT NULL,
  data_sha256 TEXT NOT NULL,
  images INTEGER NOT NULL,
  options TEXT NOT NULL,
  kernels TEXT NOT NULL,
  random INTEGER NOT NULL
);
CREATE TABLE trial (
  point INTEGER NOT NULL REFERENCES point (id),
  seed INTEGER NOT NULL,
  trial INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  correct_top5 INTEGER NOT NULL,
  program_seconds REAL NOT NULL,
  forward_seconds REAL NOT NULL,
  finished INTEGER NOT NULL,
  PRIMARY KEY (point, seed, trial)
) WITHOUT ROWID;
)";

std::string PointIdentity::hash() const {
  Sha256 hash;
  for (const std::string &part :
       {modelSha256, dataSha256, std::to_string(images), options, kernels})
    hash.update(std::to_string(part.size()) + ":" + part);
  return hash.finish();
}

/// Throws InputError unless \p path can be a store: SQLite itself would take
/// some files that are none for empty ones.
static void checkFile(const std::string &path, bool mayBeNew) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (!fs::exists(status)) {
    if (mayBeNew)
      return;
    throw InputError("there is no store '" + path + "'");
  }
  if (!fs::is_regular_file(status))
    throw InputError("'" + path + "' is no file; name a store or a new file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw InputError("the store '" + path +
                     "' cannot be read; check its permissions");
  char begin[16] = {};
  file.read(begin, sizeof begin);
  const bool isEmpty = file.gcount() == 0;
  if (isEmpty ? !mayBeNew
              : std::string(begin, file.gcount()) !=
                    std::string("SQLite format 3\0", 16))
    throw InputError("'" + path +
                     "' is no store but another kind of file; name a store or "
                     "a new file");
}

Store::Store(const std::string &path, Database::Access access)
    : database(path, access) {}

void Store::checkKind() {
  if (database.number("PRAGMA application_id") != applicationId)
    throw InputError("'" + path() +
                     "' is a database of another program, not a store; name a "
                     "store or a new file");
  const int64_t found = database.number("PRAGMA user_version");
  if (found != version)
    throw InputError("the store '" + path() + "' is of version " +
                     std::to_string(found) + ", but this cim knows version " +
                     std::to_string(version) +
                     "; use the cim that wrote it, or a new file");
}

void Store::checkHealth() {
  Statement check(database, "PRAGMA quick_check(1)");
  if (!check.step() || check.text(0) != "ok")
    throw InputError("the store '" + path() +
                     "' is damaged; keep a copy, save what is left of it with "
                     "sqlite3's .recover, or name a new file");
  while (check.step())
    ;
}

Store Store::open(const std::string &path) {
  checkFile(path, /*mayBeNew=*/false);
  Store store(path, Database::Access::read);
  store.checkKind();
  store.checkHealth();
  return store;
}

Store Store::temporary() {
  Store store("", Database::Access::memory);
  store.database.execute(schema);
  return store;
}

Store::Sharing Store::sharingAt(const std::string &path) {
  // NFS, SMB, CIFS, Ceph, Lustre, GPFS, AFS, FUSE (sshfs and others), 9p,
  // BeeGFS, PanFS, VirtualBox: linux/magic.h and their own headers.
  constexpr uint32_t networks[] = {
      0x6969,     0x517b,     0xff534d42, 0xfe534d42, 0x00c36400,
      0x0bd00bd0, 0x47504653, 0x5346414f, 0x65735546, 0x01021997,
      0x19830326, 0xaad7aaea, 0x786f4256};
  const fs::path folder = fs::absolute(path).parent_path();
  struct statfs system;
  if (::statfs(folder.c_str(), &system) != 0)
    return Sharing::amongProcesses; // opening will say what is wrong
  return std::find(std::begin(networks), std::end(networks),
                   uint32_t(system.f_type)) == std::end(networks)
             ? Sharing::amongProcesses
             : Sharing::alone;
}

Store Store::openOrCreate(const std::string &path, Sharing sharing) {
  checkFile(path, /*mayBeNew=*/true);
  std::error_code ignored;
  const bool hasLog = fs::exists(path + "-wal", ignored);
  Store store(path, Database::Access::write);
  Database &database = store.database;
  database.setTidiesOnClose(!hasLog);
  if (sharing == Sharing::alone)
    database.takeAlone();
  auto isEmpty = [&] {
    return database.number("SELECT count(*) FROM sqlite_schema") == 0;
  };
  if (isEmpty()) {
    Transaction transaction(database);
    if (isEmpty()) { // still
      database.execute(schema);
      database.execute("PRAGMA application_id = " +
                       std::to_string(applicationId));
      database.execute("PRAGMA user_version = " + std::to_string(version));
    }
    transaction.commit();
  }
  store.checkKind();
  store.checkHealth();
  database.setTidiesOnClose(true);
  if (sharing == Sharing::alone) {
    // The log needs memory that machines would have to share.
    database.execute("PRAGMA journal_mode = TRUNCATE");
    database.execute("PRAGMA synchronous = FULL");
    return store;
  }
  // Readers and a writer do not wait for each other; a killed process loses
  // only what it has not committed.
  database.useLog();
  database.execute("PRAGMA synchronous = NORMAL");
  return store;
}

std::optional<Store::KnownPoint> Store::find(const PointIdentity &point) {
  Statement find(database, "SELECT id, random FROM point WHERE hash = ?");
  find.bind(point.hash());
  if (!find.step())
    return std::nullopt;
  return KnownPoint{find.integer(0), find.integer(1) != 0};
}

int64_t Store::add(const PointIdentity &point, const std::string &model,
                   const std::string &data, bool isRandom) {
  Statement add(database,
                "INSERT OR IGNORE INTO point (hash, model, "
                "model_sha256, data, data_sha256, images, options, "
                "kernels, random) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(point.hash())
      .bind(model)
      .bind(point.modelSha256)
      .bind(data)
      .bind(point.dataSha256)
      .bind(point.images)
      .bind(point.options)
      .bind(point.kernels)
      .bind(int64_t(isRandom))
      .run();
  const std::optional<KnownPoint> known = find(point);
  if (!known) // such as where somebody gave the table a trigger
    throw InputError("'" + path() + "' is damaged: it does not keep points");
  return known->id;
}

std::map<int64_t, StoredTrial> Store::trials(int64_t point, uint64_t seed,
                                             int64_t end) {
  if (!readTrials)
    readTrials.emplace(database,
                       "SELECT trial, correct, correct_top5, program_seconds, "
                       "forward_seconds FROM trial WHERE point = ? AND seed = "
                       "? AND trial >= 0 AND trial < ?");
  readTrials->bind(point).bind(int64_t(seed)).bind(end);
  std::map<int64_t, StoredTrial> found;
  while (readTrials->step())
    found[readTrials->integer(0)] = {
        readTrials->integer(1), readTrials->integer(2), readTrials->number(3),
        readTrials->number(4)};
  return found;
}

bool Store::contains(int64_t point, uint64_t seed, int64_t trial) {
  if (!containsTrial)
    containsTrial.emplace(database,
                          "SELECT count(*) FROM trial WHERE point = ? AND seed "
                          "= ? AND trial = ?");
  containsTrial->bind(point).bind(int64_t(seed)).bind(trial);
  const bool found = containsTrial->step() && containsTrial->integer(0) > 0;
  while (containsTrial->step())
    ;
  return found;
}

void Store::put(int64_t point, uint64_t seed, int64_t trial,
                const StoredTrial &result) {
  if (!putTrial)
    putTrial.emplace(database, "INSERT OR IGNORE INTO trial VALUES "
                               "(?, ?, ?, ?, ?, ?, ?, ?)");
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  putTrial->bind(point)
      .bind(int64_t(seed))
      .bind(trial)
      .bind(result.correct)
      .bind(result.correctTop5)
      .bind(result.programSeconds)
      .bind(result.forwardSeconds)
      .bind(now)
      .run();
}

std::vector<StoredPoint> Store::points() {
  Statement read(database, "SELECT id, model, data, model_sha256, data_sha256, "
                           "images, options, kernels, random FROM point ORDER "
                           "BY id");
  std::vector<StoredPoint> points;
  while (read.step())
    points.push_back({read.integer(0),
                      {read.text(3), read.text(4), read.integer(5),
                       read.text(6), read.text(7)},
                      read.text(1),
                      read.text(2),
                      read.integer(8) != 0});
  return points;
}

void Store::forEachChips(const std::function<void(StoredChips)> &visit) {
  Statement read(database, "SELECT point, seed, trial, correct, "
                           "program_seconds + forward_seconds, finished FROM "
                           "trial ORDER BY point, seed, trial");
  StoredChips chips;
  auto hand = [&] {
    if (!chips.trials.empty())
      visit(std::move(chips));
    chips = {};
  };
  while (read.step()) {
    const int64_t point = read.integer(0);
    const uint64_t seed = uint64_t(read.integer(1));
    if (point != chips.point || seed != chips.seed)
      hand();
    chips.point = point;
    chips.seed = seed;
    chips.trials.push_back(read.integer(2));
    chips.correct.push_back(read.integer(3));
    chips.seconds += read.number(4);
    chips.lastFinished = std::max(chips.lastFinished, read.integer(5));
  }
  hand();
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

namespace cim {
struct StoreMerger {
  Database &into;
  const std::function<bool()> &stop;

  static Database &databaseOf(Store &store) { return store.database; }

  static std::vector<std::string> kernelsOf(Database &database) {
    Statement names(database, "SELECT DISTINCT kernels FROM point ORDER BY 1");
    std::vector<std::string> list;
    while (names.step())
      list.push_back(names.text(0));
    return list;
  }

  /// Nothing when it was stopped.
  std::optional<MergeResult::Input> add(const std::string &path) {
    Store store = Store::open(path);
    Database &from = store.database;
    // One view of all of it until it is closed: a sweep may be adding to it.
    from.execute("BEGIN");
    MergeResult::Input input{path, from.number("SELECT count(*) FROM trial"),
                             kernelsOf(from)};
    std::map<int64_t, int64_t> ids = addPoints(from);
    if (!addTrials(path, from, ids))
      return std::nullopt;
    return input;
  }

  /// Returns this store's identifiers by those of \p from.
  std::map<int64_t, int64_t> addPoints(Database &from) {
    Statement read(from, "SELECT id, hash, model, model_sha256, data, "
                         "data_sha256, images, options, kernels, random FROM "
                         "point ORDER BY id");
    Statement add(into, "INSERT OR IGNORE INTO point (hash, model, "
                        "model_sha256, data, data_sha256, images, options, "
                        "kernels, random) VALUES (?,?,?,?,?,?,?,?,?)");
    Statement find(into, "SELECT id FROM point WHERE hash = ?");
    std::map<int64_t, int64_t> ids;
    while (read.step()) {
      for (int column = 1; column <= 5; ++column)
        add.bind(read.text(column));
      add.bind(read.integer(6)).bind(read.text(7)).bind(read.text(8));
      add.bind(read.integer(9)).run();
      find.bind(read.text(1));
      while (find.step())
        ids[read.integer(0)] = find.integer(0);
    }
    return ids;
  }

  /// False when it was stopped.
  bool addTrials(const std::string &path, Database &from,
                 const std::map<int64_t, int64_t> &ids) {
    Statement read(from, "SELECT point, seed, trial, correct, correct_top5, "
                         "program_seconds, forward_seconds, finished FROM "
                         "trial ORDER BY point, seed, trial");
    Statement add(into, "INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT DO UPDATE SET finished = min(finished, "
                        "excluded.finished) WHERE correct = excluded.correct "
                        "AND correct_top5 = excluded.correct_top5 "
                        "RETURNING point");
    while (read.step()) {
      if (stop && stop())
        return false;
      const auto id = ids.find(read.integer(0));
      if (id == ids.end())
        throw InputError("the store '" + path +
                         "' is damaged: it has trials of a point that it does "
                         "not have; leave it out");
      add.bind(id->second);
      for (int column = 1; column <= 4; ++column)
        add.bind(read.integer(column));
      add.bind(read.number(5)).bind(read.number(6)).bind(read.integer(7));
      bool agrees = false;
      while (add.step())
        agrees = true;
      if (!agrees)
        throw InputError(
            "the store '" + path +
            "' disagrees with the ones before it about trial " +
            std::to_string(read.integer(2)) + " of seed " +
            std::to_string(uint64_t(read.integer(1))) +
            " of one point; they were written by different builds of cim, so "
            "compute one of them again");
    }
    return true;
  }
};
} // namespace cim

std::optional<MergeResult> cim::mergeStores(std::span<const std::string> inputs,
                                            const std::string &output,
                                            const std::function<bool()> &stop) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(output, ignored)))
    throw InputError("'" + output +
                     "' exists already; name a new file for the merged store, "
                     "or remove it first");
  auto fail = [&] {
    throw InputError("the store '" + output + "' cannot be made: " +
                     std::error_code(errno, std::generic_category()).message());
  };
  // A folder of its own: processes of several machines, or containers, may have
  // the same number.
  std::string folder = output + ".tmpXXXXXX";
  if (!::mkdtemp(folder.data()))
    fail();
  struct Removal {
    const std::string &folder;
    ~Removal() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } removal{folder};
  const std::string temporary = folder + "/store";

  MergeResult result;
  {
    Store store = Store::openOrCreate(temporary);
    Database &into = StoreMerger::databaseOf(store);
    // Nobody else sees the file before it is whole.
    into.execute("PRAGMA journal_mode = DELETE");
    {
      Transaction transaction(into);
      StoreMerger merger{into, stop};
      for (const std::string &input : inputs) {
        auto added = merger.add(input);
        if (!added)
          return std::nullopt;
        result.inputs.push_back(std::move(*added));
      }
      result.points = into.number("SELECT count(*) FROM point");
      result.trials = into.number("SELECT count(*) FROM trial");
      result.kernels = StoreMerger::kernelsOf(into);
      transaction.commit();
    }
  }
  // A link never replaces a file; where there are none, a name has to do.
  if (::link(temporary.c_str(), output.c_str()) != 0 &&
      (errno == EEXIST || std::rename(temporary.c_str(), output.c_str()) != 0))
    fail();
  return result;
}
