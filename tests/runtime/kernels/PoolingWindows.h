//===- PoolingWindows.h - Pooling as ONNX defines it ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_KERNELS_POOLINGWINDOWS_H
#define CIM_TESTS_RUNTIME_KERNELS_POOLINGWINDOWS_H

#include "runtime/kernels/Kernels.h"
#include "tests/runtime/kernels/Images.h"

namespace cim::kernels {

/// How many windows of \p span pixels a dimension of \p image pixels has,
/// between \p before and \p after of padding.
inline int countWindows(int image, int before, int after, int span, int stride,
                        bool ceil) {
  const int room = before + image + after - span;
  const int result = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  // No window begins behind the image and its first pads.
  return (result - 1) * stride >= image + before ? result - 1 : result;
}

/// What a window of a pooling sees: the taps inside the image, and how many
/// taps an average divides by.
struct Window {
  double largest = -std::numeric_limits<double>::infinity();
  double sum = 0;
  int counted = 0;
};

inline Window look(const PoolingShape &s, const Images &in, int n, int y, int x,
                   int c) {
  Window window;
  const ImageView &view = in.view;
  for (int dy = 0; dy < s.kernelHeight; ++dy)
    for (int dx = 0; dx < s.kernelWidth; ++dx) {
      const int iy = y * s.strideY + dy * s.dilationY - s.pads.top;
      const int ix = x * s.strideX + dx * s.dilationX - s.pads.left;
      const bool inside =
          iy >= 0 && iy < view.height && ix >= 0 && ix < view.width;
      const bool inPadded = iy >= -s.pads.top && ix >= -s.pads.left &&
                            iy < view.height + s.pads.bottom &&
                            ix < view.width + s.pads.right;
      window.counted += s.countIncludesPads ? inPadded : inside;
      if (!inside)
        continue;
      window.largest = std::max<double>(window.largest, in.at(n, iy, ix, c));
      window.sum += in.at(n, iy, ix, c);
    }
  return window;
}

} // namespace cim::kernels

#endif // CIM_TESTS_RUNTIME_KERNELS_POOLINGWINDOWS_H
