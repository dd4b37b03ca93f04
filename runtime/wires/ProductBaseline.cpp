//===- ProductBaseline.cpp - Products for any x86-64 processor ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ProductKernels.h"

void cim::addProductBaseline(Matrix c, ConstantMatrix a, ConstantMatrix b,
                             size_t rows, size_t inner, size_t width) {
  Product<2, 4, 4>::add(c, a, b, rows, inner, width);
}
