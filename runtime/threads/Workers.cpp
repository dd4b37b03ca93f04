//===- Workers.cpp - A fixed set of threads -------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/threads/Workers.h"

#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <chrono>
#include <sched.h>
#include <string>
#include <system_error>
#include <utility>

using namespace cim;

unsigned cim::usableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
    return CPU_COUNT(&cores);
  // More processors than the set has room for.
  return std::max(1u, std::thread::hardware_concurrency());
}

Workers::Workers(unsigned count) {
  if (count == 0)
    count = usableCores();
  try {
    for (unsigned worker = 1; worker < count; ++worker)
      threads.emplace_back([this, worker] { serve(worker); });
  } catch (const std::system_error &) {
    stop();
    throw InputError("cannot start " + std::to_string(count) +
                     " threads; ask for fewer with --threads");
  }
}

Workers::~Workers() { stop(); }

void Workers::stop() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  started.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

/// Waits a moment for \p condition. A thread that sleeps wakes up some fifty
/// microseconds late, and tasks of a few hundred follow each other.
template <typename Condition> static void linger(const Condition &condition) {
  using namespace std::chrono;
  const auto end = steady_clock::now() + microseconds(100);
  while (!condition() && steady_clock::now() < end)
    std::this_thread::yield();
}

void Workers::run(const std::function<void(unsigned)> &task) {
  {
    std::lock_guard lock(mutex);
    current = &task;
    running = threads.size();
    ++round;
  }
  started.notify_all();
  call(task, 0);
  linger([&] { return running == 0; });
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return running == 0; });
  current = nullptr;
  if (failure)
    std::rethrow_exception(std::exchange(failure, nullptr));
}

void Workers::serve(unsigned worker) {
  uint64_t served = 0;
  for (;;) {
    linger([&] { return round != served; });
    std::unique_lock lock(mutex);
    started.wait(lock, [&] { return stopping || round != served; });
    if (stopping)
      return;
    served = round;
    const auto *task = current;
    lock.unlock();
    call(*task, worker);
    lock.lock();
    if (--running == 0)
      finished.notify_one();
  }
}

void Workers::call(const std::function<void(unsigned)> &task, unsigned worker) {
  try {
    task(worker);
  } catch (...) {
    std::lock_guard lock(mutex);
    if (!failure)
      failure = std::current_exception();
  }
}
