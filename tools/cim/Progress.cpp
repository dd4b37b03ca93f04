//===- Progress.cpp - How far, how fast, how long -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

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
  erase();
}

void Progress::erase() {
  if (!drawn)
    return;
  if (drawnLines > 0)
    std::fprintf(stderr, "\033[%dA", drawnLines);
  std::fputs("\r\033[J", stderr);
  drawnLines = 0;
  drawn = false;
}

std::string Progress::text() {
  std::lock_guard lock(mutex);
  return line();
}

std::string Progress::line() const {
  const int64_t worked = done, count = worked + spared, all = total;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  std::string line = activity + "  " + grouped(count) +
                     (all > 0 ? " of " + grouped(all) : "") + " " + unit;
  if (worked > 0 && (all <= 0 || count < all)) {
    const double rate = worked / seconds;
    line += "  " + grouped(static_cast<int64_t>(rate)) + "/s";
    if (all > 0)
      line += "  " + duration((all - count) / rate) + " left";
  }
  return line;
}

void Progress::setActivity(std::string now) {
  std::lock_guard lock(mutex);
  activity = std::move(now);
}

void Progress::show(const std::string &lines) {
  if (!drawer.joinable())
    return;
  winsize size = {};
  // Terminals that do not know their size are taken for a usual one.
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
    size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  if (size.ws_row < 4)
    return;
  std::vector<std::string> list;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    list.push_back(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  const size_t room = size.ws_row - 2;
  if (list.size() > room)
    list.erase(list.begin() + 1, list.end() - (room - 1));
  std::string shown;
  for (const std::string &line : list)
    shown += firstColumns(line, size.ws_col) + "\033[K\n";
  std::lock_guard lock(mutex);
  erase();
  above = shown;
  draw();
}

void Progress::draw() {
  if (drawnLines > 0)
    std::fprintf(stderr, "\033[%dA", drawnLines);
  drawnLines = std::count(above.begin(), above.end(), '\n');
  std::fprintf(stderr, "\r%s%s\033[K", above.c_str(), line().c_str());
  std::fflush(stderr);
  drawn = true;
}
