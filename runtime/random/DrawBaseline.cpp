//===- DrawBaseline.cpp - Draws for any x86-64 processors -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/DrawKernels.h"

const cim::random::DrawKernels cim::random::baselineDraws =
    cim::random::Draws<4>::table();
