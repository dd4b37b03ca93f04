//===- ConvertersBaseline.cpp - Converters for any x86-64 processors ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConverterLoops.h"

const cim::kernels::ConverterTable cim::kernels::baselineConverters =
    cim::kernels::ConverterLoops<4>::table();
