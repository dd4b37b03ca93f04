//===- ProductAvx512.cpp - Products for AVX-512 processors --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ProductKernels.h"

void cim::addProductAvx512(Matrix c, ConstantMatrix a, ConstantMatrix b,
                           size_t rows, size_t inner, size_t width) {
  Product<8, 8, 2>::add(c, a, b, rows, inner, width);
}
