//===- DrawAvx2.cpp - Draws for AVX2 processors ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/DrawKernels.h"

const cim::random::DrawKernels cim::random::avx2Draws =
    cim::random::Draws<8>::table();
