//===- ReferenceConvolution.h - What a convolution is -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_KERNELS_REFERENCECONVOLUTION_H
#define CIM_TESTS_RUNTIME_KERNELS_REFERENCECONVOLUTION_H

#include "runtime/kernels/Convolution.h"
#include "tests/runtime/kernels/Images.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace cim::kernels {

struct Case {
  ConvolutionShape shape;
  int images = 1;
  bool padded = true; ///< channels of the input
};

inline std::string describe(const Case &c) {
  const ConvolutionShape &s = c.shape;
  auto text = [](auto... values) {
    std::string result;
    ((result += std::to_string(values) + " "), ...);
    return result;
  };
  return "channels, groups " + text(s.channelsIn, s.channelsOut, s.groups) +
         "image " + text(s.widthIn, s.heightIn) + "kernel " +
         text(s.kernelWidth, s.kernelHeight) + "stride " +
         text(s.strideX, s.strideY) + "dilation " +
         text(s.dilationX, s.dilationY) + "pads " +
         text(s.pads.left, s.pads.top, s.pads.right, s.pads.bottom) +
         "images " + text(c.images) + (c.padded ? "" : "unpadded");
}

/// The definition of ONNX's Conv, and the sum of magnitudes.
inline std::pair<double, double> convolve(const ConvolutionShape &s,
                                          const Images &in,
                                          const std::vector<float> &weights,
                                          int n, int y, int x, int k) {
  const int inputs = s.channelsIn / s.groups,
            outputs = s.channelsOut / s.groups;
  double sum = 0, magnitude = 0;
  for (int c = 0; c < inputs; ++c)
    for (int dy = 0; dy < s.kernelHeight; ++dy)
      for (int dx = 0; dx < s.kernelWidth; ++dx) {
        const int iy = y * s.strideY + dy * s.dilationY - s.pads.top;
        const int ix = x * s.strideX + dx * s.dilationX - s.pads.left;
        if (iy < 0 || iy >= s.heightIn || ix < 0 || ix >= s.widthIn)
          continue;
        const size_t index =
            s.inputMajor ? size_t(c) * s.channelsOut + k
                         : ((size_t(k) * inputs + c) * s.kernelHeight + dy) *
                                   s.kernelWidth +
                               dx;
        const double product =
            double(weights[index]) * in.at(n, iy, ix, k / outputs * inputs + c);
        sum += product;
        magnitude += std::abs(product);
      }
  return {sum, magnitude};
}

/// A square image and kernel, "same" padding.
inline ConvolutionShape shape(int channelsIn, int channelsOut, int size,
                              int kernel, int stride = 1) {
  ConvolutionShape s;
  s.channelsIn = channelsIn;
  s.channelsOut = channelsOut;
  s.widthIn = s.heightIn = size;
  s.kernelWidth = s.kernelHeight = kernel;
  s.strideX = s.strideY = stride;
  const int pad = kernel / 2;
  s.pads = {pad, pad, pad, pad};
  return s;
}

} // namespace cim::kernels

#endif // CIM_TESTS_RUNTIME_KERNELS_REFERENCECONVOLUTION_H
