//===- Workers.h - A fixed set of threads -----------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_THREADS_WORKERS_H
#define CIM_RUNTIME_THREADS_WORKERS_H

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cim {

/// The cores that this process may use: its affinity counts, which
/// std::thread::hardware_concurrency() ignores. At least 1.
unsigned usableCores();

/// A fixed set of threads, started once and reused for every task. Worker 0 is
/// the calling thread, so that one worker needs no thread at all.
class Workers {
public:
  /// \p count workers; 0: usableCores(). Throws
  /// InputError when the system refuses so many threads.
  explicit Workers(unsigned count);
  ~Workers();
  Workers(const Workers &) = delete;
  Workers &operator=(const Workers &) = delete;

  unsigned count() const { return threads.size() + 1; }

  /// Calls \p task once per worker, with the worker's number, and returns when
  /// all calls have. When calls throw, one of the exceptions is thrown on; the
  /// others are lost. Not to be called by two threads at once.
  void run(const std::function<void(unsigned worker)> &task);

private:
  void stop();
  void serve(unsigned worker);
  void call(const std::function<void(unsigned)> &task, unsigned worker);

  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable started, finished;
  const std::function<void(unsigned)> *current = nullptr;
  // Written under the mutex.
  std::atomic<uint64_t> round = 0;
  std::atomic<unsigned> running = 0;
  bool stopping = false;
  std::exception_ptr failure;
};

} // namespace cim

#endif // CIM_RUNTIME_THREADS_WORKERS_H
