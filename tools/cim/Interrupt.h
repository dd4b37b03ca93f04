//===- Interrupt.h - Ctrl-C -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_INTERRUPT_H
#define CIM_TOOLS_CIM_INTERRUPT_H

namespace cim {

/// The user asked to stop; everything finished so far has been kept. `cim`
/// exits with status 130.
struct Interrupted {};

/// From now on SIGINT and SIGTERM are only remembered (a second one ends the
/// process as usual), and writing to a closed pipe or beyond a size limit is an
/// error to be reported, not the end.
void catchSignals();

/// Whether such a signal has come. Safe to call from any thread.
bool interrupted();

/// Throws Interrupted if so.
void checkInterrupted();

} // namespace cim

#endif // CIM_TOOLS_CIM_INTERRUPT_H
