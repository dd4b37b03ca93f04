//===- SweepWork.h - The chips of a sweep, computed or remembered -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_SWEEPWORK_H
#define CIM_TOOLS_CIM_SWEEPWORK_H

#include "runtime/store/Claims.h"
#include "runtime/store/Store.h"
#include "tools/cim/PointWork.h"
#include "tools/cim/Progress.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cim {

/// Which part of the work is this process's.
struct Shard {
  int64_t index = 1, count = 1;

  /// The diagonal, so that neither the chips of a point nor the points of a
  /// sweep without random errors all fall to one shard.
  bool has(int64_t point, int64_t trial) const {
    return (point + trial) % count == index - 1;
  }
};

/// The chips of a sweep: what its store remembers, and what is computed on top.
class SweepWork {
public:
  struct Plan {
    int64_t trials;                   ///< at least
    std::optional<double> untilWidth; ///< stop there instead
    Shard shard;
    /// Called now and then, when another chip is finished.
    std::function<void(Progress &)> watch;
  };

  /// \p isReadOnly: the store cannot be written.
  SweepWork(Plan plan, std::vector<Point> points, PointWork &work, Store &store,
            bool isReadOnly);

  /// Computes what is missing; false when it was interrupted.
  bool run();

  /// What is known of each point; without chips where nothing is.
  std::vector<Result> results() const;

private:
  void refresh(Point &point) const;
  /// The chips that the point needs and has not got; with untilWidth the next.
  std::vector<int64_t> missing(size_t point) const;
  /// Chips 0 to n - 1 of \p point that decide when to stop, and whether they
  /// are enough.
  std::pair<int64_t, bool> sequence(const Point &point) const;
  /// An upper bound for progress.
  int64_t missingAtLeast(size_t point) const;
  uint64_t pieceOf(size_t point, int64_t trial) const;
  bool runPoint(size_t point);
  bool runUntilNarrow(size_t point);
  bool runTrial(size_t point, int64_t trial);

  Plan plan;
  std::vector<Point> points;
  PointWork &work;
  std::string storePath;
  std::optional<Claims> claims;
  std::unique_ptr<Progress> progress;
  bool computedNow = false; ///< in this pass
};

} // namespace cim

#endif // CIM_TOOLS_CIM_SWEEPWORK_H
