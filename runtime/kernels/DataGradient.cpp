//===- DataGradient.cpp - Backward to a convolution's input ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/DataGradient.h"
#include "runtime/kernels/Kernels.h"

#include <algorithm>
#include <numeric>

namespace cim::kernels {

/// Pixel x of the input meets tap t at result (x + pad - t * dilation) / stride
/// where that is whole. For x = phase + stride * q it is q + constant - j *
/// dilation / gcd for taps t = first + j * stride / gcd.
DataGradient::Taps DataGradient::tapsOf(int phase, int kernel, int stride,
                                        int dilation, int pad) {
  const int divisor = std::gcd(stride, dilation);
  Taps taps;
  taps.step = stride / divisor;
  taps.dilation = dilation / divisor;
  for (taps.first = 0; taps.first < std::min(kernel, taps.step); ++taps.first)
    if ((phase + pad - taps.first * dilation) % stride == 0)
      break;
  if (taps.first >= std::min(kernel, taps.step))
    return taps;
  taps.count = (kernel - 1 - taps.first) / taps.step + 1;
  // The last tap, which reads first, meets result q - pad.
  taps.pad = (taps.count - 1) * taps.dilation -
             (phase + pad - taps.first * dilation) / stride;
  return taps;
}

DataGradient::DataGradient(const ConvolutionShape &shape,
                           ConvolutionAlgorithm algorithm)
    : shape(shape) {
  for (int y = 0; y < std::min(shape.strideY, shape.heightIn); ++y)
    for (int x = 0; x < std::min(shape.strideX, shape.widthIn); ++x) {
      const Taps tapsX = tapsOf(x, shape.kernelWidth, shape.strideX,
                                shape.dilationX, shape.pads.left);
      const Taps tapsY = tapsOf(y, shape.kernelHeight, shape.strideY,
                                shape.dilationY, shape.pads.top);
      if (tapsX.count == 0 || tapsY.count == 0) {
        parts.push_back({x, y, tapsX, tapsY, std::nullopt, 0});
        continue;
      }
      ConvolutionShape turned;
      turned.channelsIn = shape.channelsOut;
      turned.channelsOut = shape.channelsIn;
      turned.groups = shape.groups;
      turned.inputMajor = keepsOrder() && !shape.inputMajor;
      turned.widthIn = shape.widthOut();
      turned.heightIn = shape.heightOut();
      turned.kernelWidth = tapsX.count;
      turned.kernelHeight = tapsY.count;
      turned.dilationX = tapsX.dilation;
      turned.dilationY = tapsY.dilation;
      turned.pads.left = tapsX.pad;
      turned.pads.top = tapsY.pad;
      // Whatever makes as many results as the phase has pixels.
      const int columns = (shape.widthIn - 1 - x) / shape.strideX + 1;
      const int rows = (shape.heightIn - 1 - y) / shape.strideY + 1;
      turned.pads.right = columns + (tapsX.count - 1) * tapsX.dilation -
                          turned.pads.left - turned.widthIn;
      turned.pads.bottom = rows + (tapsY.count - 1) * tapsY.dilation -
                           turned.pads.top - turned.heightIn;
      parts.push_back(
          {x, y, tapsX, tapsY, Convolution(turned, algorithm), packedFloats});
      constexpr size_t alignment = 16;
      packedFloats +=
          (parts.back().convolution->packedWeights() + alignment - 1) /
          alignment * alignment;
    }
}

BorderWidths DataGradient::border() const {
  BorderWidths border;
  for (const Phase &phase : parts) {
    if (!phase.convolution)
      continue;
    const BorderWidths wanted = phase.convolution->border();
    border.left = std::max(border.left, wanted.left);
    border.top = std::max(border.top, wanted.top);
    border.right = std::max(border.right, wanted.right);
    border.bottom = std::max(border.bottom, wanted.bottom);
  }
  return border;
}

size_t DataGradient::packedWeights() const { return packedFloats; }

size_t DataGradient::scratch(int images) const {
  size_t most = 0;
  for (const Phase &phase : parts)
    if (phase.convolution)
      most = std::max(most, phase.convolution->scratch(images));
  return most;
}

void DataGradient::pack(const float *weights, const float *scale, float *packed,
                        int begin, int end) const {
  std::vector<float> turned;
  for (int p = begin; p < end; ++p) {
    const Phase &phase = parts[p];
    if (!phase.convolution)
      continue;
    const float *own = weights;
    if (!keepsOrder() || scale) {
      turn(weights, scale, phase, turned);
      own = turned.data();
    }
    phase.convolution->pack(own, packed + phase.packed);
  }
}

void DataGradient::turn(const float *weights, const float *scale,
                        const Phase &phase, std::vector<float> &turned) const {
  const int inputs = shape.channelsIn / shape.groups,
            outputs = shape.channelsOut / shape.groups;
  const auto &[x, y, tapsX, tapsY, convolution, at] = phase;
  turned.resize(size_t(shape.channelsIn) * outputs * tapsX.count * tapsY.count);
  if (keepsOrder()) {
    float *to = turned.data();
    const int rows = shape.inputMajor ? inputs : outputs,
              columns = shape.inputMajor ? outputs : inputs;
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column)
        *to++ = *weights++ * scale[shape.inputMajor ? column : row];
    return;
  }
  // ONNX order: [channel in, output of its group, row, column], turned. A few
  // input channels at a time, whose weights lie side by side.
  const int taps = shape.kernelWidth * shape.kernelHeight;
  const ptrdiff_t count = ptrdiff_t(tapsX.count) * tapsY.count;
  constexpr int chunk = 16;
  for (int first = 0, last; first < shape.channelsIn; first = last) {
    last = std::min(first + chunk, (first / inputs + 1) * inputs);
    for (int o = 0; o < outputs; ++o) {
      const int k = first / inputs * outputs + o;
      const float factor = scale ? scale[k] : 1;
      const float *row = weights + (size_t(k) * inputs + first % inputs) * taps;
      float *to = turned.data() + (ptrdiff_t(first) * outputs + o) * count;
      for (int j = tapsY.count - 1; j >= 0; --j)
        for (int i = tapsX.count - 1; i >= 0; --i, ++to) {
          const float *from =
              row + (tapsY.first + j * tapsY.step) * shape.kernelWidth +
              tapsX.first + i * tapsX.step;
          for (ptrdiff_t c = 0; c < last - first; ++c)
            to[c * outputs * count] = factor * from[c * taps];
        }
    }
  }
}

/// What pixels get that no window meets: the residual, or nothing.
static int fill(const Epilogue &epilogue, const ImageView &out) noexcept {
  if (epilogue.residual) {
    ImageView residual = out;
    residual.data = const_cast<float *>(epilogue.residual); // only read
    residual.pixelStride = epilogue.residualPixelStride;
    residual.rowStride = epilogue.residualRowStride;
    residual.imageStride = epilogue.residualImageStride;
    return scaleOffset(residual, {}, out);
  }
  for (ptrdiff_t n = 0; n < out.images; ++n)
    for (ptrdiff_t y = 0; y < out.height; ++y)
      for (ptrdiff_t x = 0; x < out.width; ++x)
        std::fill_n(out.data + n * out.imageStride + y * out.rowStride +
                        x * out.pixelStride,
                    paddedChannels(out.channels), 0.0f);
  return 0;
}

int DataGradient::run(const ImageView &gradient, const float *packed,
                      const Epilogue &epilogue, const ImageView &out,
                      float *scratch) const noexcept {
  for (const Phase &phase : parts) {
    ImageView pixels = out;
    pixels.data += ptrdiff_t(phase.y) * out.rowStride +
                   ptrdiff_t(phase.x) * out.pixelStride;
    pixels.width = (out.width - 1 - phase.x) / shape.strideX + 1;
    pixels.height = (out.height - 1 - phase.y) / shape.strideY + 1;
    pixels.pixelStride *= shape.strideX;
    pixels.rowStride *= shape.strideY;
    Epilogue own = epilogue;
    if (own.residual) {
      own.residual += ptrdiff_t(phase.y) * epilogue.residualRowStride +
                      ptrdiff_t(phase.x) * epilogue.residualPixelStride;
      own.residualPixelStride *= shape.strideX;
      own.residualRowStride *= shape.strideY;
    }
    const int status =
        phase.convolution
            ? phase.convolution->run(gradient, packed + phase.packed, own,
                                     pixels, scratch)
            : fill(own, pixels);
    if (status)
      return status;
  }
  return 0;
}

} // namespace cim::kernels
