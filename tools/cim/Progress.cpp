//===- Progress.cpp - How far, how fast, how long -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"

#include <cstdio>
#include <unistd.h>

using namespace cim;

Progress::Progress(std::string activity, int64_t total, std::string unit)
    : total(total), activity(std::move(activity)), unit(std::move(unit)),
      begin(std::chrono::steady_clock::now()) {
  if (!::isatty(STDERR_FILENO))
    return;
  drawer = std::thread([this] {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, std::chrono::milliseconds(250),
                          [this] { return finished; }))
      draw();
  });
}

Progress::~Progress() {
  if (!drawer.joinable())
    return;
  {
    std::lock_guard lock(mutex);
    finished = true;
  }
  wake.notify_one();
  drawer.join();
  if (drawn)
    std::fputs("\r\033[K", stderr);
}

void Progress::draw() {
  const int64_t count = done;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  std::string line =
      activity + "  " + grouped(count) + " of " + grouped(total) + " " + unit;
  if (count > 0 && count < total) {
    const double rate = count / seconds;
    line += "  " + grouped(static_cast<int64_t>(rate)) + "/s  " +
            duration((total - count) / rate) + " left";
  }
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn = true;
}
