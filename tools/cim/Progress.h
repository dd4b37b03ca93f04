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
  /// \p total counts of \p unit, for example 10,000 images.
  Progress(std::string activity, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// To be counted up by whoever does the work.
  std::atomic<int64_t> done = 0;
  /// May change when it turns out that there is more or less to do.
  std::atomic<int64_t> total;

private:
  void draw();

  std::string activity;
  std::string unit;
  std::chrono::steady_clock::time_point begin;
  std::mutex mutex;
  std::condition_variable wake;
  bool finished = false;
  bool drawn = false;
  std::thread drawer;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_PROGRESS_H
