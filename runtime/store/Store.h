//===- Store.h - Results that survive ---------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_STORE_STORE_H
#define CIM_RUNTIME_STORE_STORE_H

#include "runtime/store/Database.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// Everything that a result depends on, but for the seed and the trial.
struct PointIdentity {
  std::string modelSha256; ///< of the network's file and tensors
  std::string dataSha256;  ///< of the images and labels that are used
  int64_t images = 0;
  /// The options that change numbers, as canonical JSON (sorted keys, tables by
  /// their contents).
  std::string options;
  /// What decides last bits: version, precision, instruction set, revision of
  /// the kernels, and the choice among them where times were measured.
  std::string kernels;

  bool operator==(const PointIdentity &) const = default;
  /// SHA-256 over all of it, in hexadecimal.
  std::string hash() const;
};

/// One chip's result.
struct StoredTrial {
  int64_t correct = 0, correctTop5 = 0;
  double programSeconds = 0, forwardSeconds = 0;
};

/// A point as it stands in a store.
struct StoredPoint {
  int64_t id = 0;
  PointIdentity identity;
  std::string model, data; ///< what the user called them
  bool isRandom = false;   ///< chips differ
};

/// The chips of one point under one seed, by their numbers.
struct StoredChips {
  int64_t point = 0;
  uint64_t seed = 0;
  std::vector<int64_t> trials; ///< ascending
  std::vector<int64_t> correct;
  double seconds = 0;       ///< of writing and running all of them
  int64_t lastFinished = 0; ///< Unix time
};

/// Trials in an SQLite file; the schema is in docs/store.md. Several processes
/// may use one store at once, on one machine. All functions throw InputError.
class Store {
public:
  /// How a store is shared among processes.
  enum class Sharing {
    amongProcesses, ///< of one machine, by a write-ahead log
    alone           ///< works on network file systems, too
  };
  /// `alone` where \p path is on a network file system.
  static Sharing sharingAt(const std::string &path);
  /// Opens the store at \p path, or makes it. A file that is no store, is
  /// damaged or of another version is refused and left as it is.
  static Store openOrCreate(const std::string &path) {
    return openOrCreate(path, sharingAt(path));
  }
  static Store openOrCreate(const std::string &path, Sharing sharing);
  /// A store in memory, forgotten with this object.
  static Store temporary();
  /// Opens the store at \p path to read.
  static Store open(const std::string &path);

  /// The identifier of \p point, which is added when it is new. \p model and
  /// \p data are what the user calls them. \p isRandom: chips differ.
  int64_t add(const PointIdentity &point, const std::string &model,
              const std::string &data, bool isRandom);

  struct KnownPoint {
    int64_t id;
    bool isRandom;
  };
  std::optional<KnownPoint> find(const PointIdentity &point);

  /// The finished trials of one point below \p end, by number.
  std::map<int64_t, StoredTrial> trials(int64_t point, uint64_t seed,
                                        int64_t end);
  bool contains(int64_t point, uint64_t seed, int64_t trial);
  /// Keeps a trial, for good when this returns. One that is there already stays
  /// as it is.
  void put(int64_t point, uint64_t seed, int64_t trial,
           const StoredTrial &result);

  /// All points, in the order in which they were added.
  std::vector<StoredPoint> points();
  /// Hands all chips to \p visit, one point and seed after the other.
  void forEachChips(const std::function<void(StoredChips)> &visit);

  /// The version of the schema that this program reads and writes.
  static constexpr int64_t version = 1;
  const std::string &path() const { return database.path(); }

private:
  friend struct StoreMerger;
  Store(const std::string &path, Database::Access access);
  void checkKind();
  void checkHealth();

  Database database;
  std::optional<Statement> containsTrial, putTrial, readTrials;
};

/// What mergeStores() put together.
struct MergeResult {
  struct Input {
    std::string path;
    int64_t trials = 0;
    std::vector<std::string> kernels; ///< in ascending order
  };
  std::vector<Input> inputs;
  int64_t points = 0, trials = 0;
  std::vector<std::string> kernels; ///< of all, in ascending order
};

/// Writes the union of the stores \p inputs into a new store at \p output,
/// whole or not at all. Stores that disagree about a trial are refused, and so
/// is an \p output that exists. The inputs are only read. Nothing is returned,
/// or written, when \p stop ended it.
std::optional<MergeResult>
mergeStores(std::span<const std::string> inputs, const std::string &output,
            const std::function<bool()> &stop = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_STORE_STORE_H
