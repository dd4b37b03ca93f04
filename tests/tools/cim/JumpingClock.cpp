//===- JumpingClock.cpp - A system clock that somebody sets all the time --===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded before the C library (LD_PRELOAD), so that only this process's clock
// is wrong: every reading is another number of years off, before 1970 too. As
// on a real machine, the monotonic clock goes on.
//
//===----------------------------------------------------------------------===//
#include <atomic>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t jump() {
  constexpr time_t year = 365 * 86400;
  static const time_t years[] = {0, 30, -70, 3, -1, 200};
  static std::atomic<unsigned> readings;
  return years[readings++ % 6] * year;
}

// The kernel is asked: to look up the C library's own function takes memory,
// and what hands it out under AddressSanitizer asks for the time.
extern "C" int clock_gettime(clockid_t clock, timespec *now) noexcept {
  const int status = int(syscall(SYS_clock_gettime, clock, now));
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
    now->tv_sec += jump();
  return status;
}

extern "C" int gettimeofday(timeval *now, void *) noexcept {
  timespec precise;
  const int status = clock_gettime(CLOCK_REALTIME, &precise);
  *now = {precise.tv_sec, precise.tv_nsec / 1000};
  return status;
}

extern "C" time_t time(time_t *result) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result)
    *result = now.tv_sec;
  return now.tv_sec;
}
