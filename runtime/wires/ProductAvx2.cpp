//===- ProductAvx2.cpp - Products for AVX2 processors -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ProductKernels.h"

void cim::addProductAvx2(Matrix c, ConstantMatrix a, ConstantMatrix b,
                         size_t rows, size_t inner, size_t width) {
  Product<4, 4, 2>::add(c, a, b, rows, inner, width);
}
