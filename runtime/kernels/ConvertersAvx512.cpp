//===- ConvertersAvx512.cpp - Converters for AVX-512 processors ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConverterLoops.h"

const cim::kernels::ConverterTable cim::kernels::avx512Converters =
    cim::kernels::ConverterLoops<16>::table();
