//===- Interrupt.cpp - Ctrl-C -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Interrupt.h"

#include <atomic>
#include <csignal>

using namespace cim;

namespace {

std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free,
              "used in a signal handler");

void remember(int) { signalled = true; }

} // namespace

void cim::catchSignals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  ::sigaction(SIGPIPE, &action, nullptr);
  ::sigaction(SIGXFSZ, &action, nullptr);
}

bool cim::interrupted() { return signalled.load(std::memory_order_relaxed); }

void cim::checkInterrupted() {
  if (interrupted())
    throw Interrupted();
}
