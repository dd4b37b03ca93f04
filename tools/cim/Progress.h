//===- Progress.h - How far, how fast, how long -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_PROGRESS_H
#define CIM_TOOLS_CIM_PROGRESS_H

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace cim {

/// A line on stderr with rate and time left, redrawn a few times a second until
/// destruction, which removes it. Draws nothing unless stderr is a terminal.
class Progress {
public:
  /// \p total counts of \p unit, for example 10,000 images; 0: nobody knows.
  Progress(std::string activity, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// "sweeping 3 points  400 of 1,000 images  96/s  6 s left".
  std::string text();
  /// What is being done now.
  void setActivity(std::string now);
  /// Shows \p lines above the progress, as many as there is room for: the first
  /// and the last ones.
  void show(const std::string &lines);

  /// To be counted up by whoever does the work.
  std::atomic<int64_t> done = 0;
  /// Counts what need not be done, because an earlier run did it, for example:
  /// it takes part in how far, but not in how fast.
  std::atomic<int64_t> spared = 0;
  /// May change when it turns out that there is more or less to do.
  std::atomic<int64_t> total;

private:
  // With the mutex held:
  std::string line() const;
  void draw();
  void erase();

  std::string activity;
  std::string unit;
  std::chrono::steady_clock::time_point begin;
  std::mutex mutex;
  std::condition_variable wake;
  bool finished = false;
  std::string above;  ///< whole lines
  int drawnLines = 0; ///< on the screen, above that of progress
  bool drawn = false;
  std::thread drawer;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_PROGRESS_H
