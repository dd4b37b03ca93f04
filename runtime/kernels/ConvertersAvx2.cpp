//===- ConvertersAvx2.cpp - Converters for AVX2 processors ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConverterLoops.h"

const cim::kernels::ConverterTable cim::kernels::avx2Converters =
    cim::kernels::ConverterLoops<8>::table();
