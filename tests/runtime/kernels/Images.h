//===- Images.h - Activations with everything around them watched ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_KERNELS_IMAGES_H
#define CIM_TESTS_RUNTIME_KERNELS_IMAGES_H

#include "runtime/kernels/Epilogue.h"
#include "runtime/kernels/ImageView.h"
#include "runtime/kernels/InstructionSet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace cim::kernels {

using Random = std::mt19937;

inline int pick(Random &random, std::initializer_list<int> values) {
  return values.begin()[random() % values.size()];
}

inline float draw(Random &random) {
  return std::uniform_real_distribution<float>(-1, 1)(random);
}

inline std::vector<float> drawMany(Random &random, size_t count) {
  std::vector<float> values(count);
  for (float &value : values)
    value = draw(random);
  return values;
}

/// Floats at a multiple of 64 bytes, as kernels want them.
class AlignedFloats {
public:
  explicit AlignedFloats(size_t count, float value = 0)
      : memory(count + 16, value), count(count) {}
  float *data() {
    const size_t beyond = reinterpret_cast<uintptr_t>(memory.data()) / 4 % 16;
    return memory.data() + (16 - beyond) % 16;
  }
  float operator[](size_t i) { return data()[i]; }
  size_t size() const { return count; }

private:
  std::vector<float> memory;
  size_t count;
};

/// An image batch in memory: interior, border of zeros, and NaN in everything
/// else, so that a kernel that reads too far shows it.
class Images {
public:
  Images(int channels, int width, int height, int images,
         BorderWidths border = {}, bool padded = true, int gap = 0)
      : border(border) {
    view.channels = channels;
    view.width = width;
    view.height = height;
    view.images = images;
    view.pixelStride = padded ? paddedChannels(channels) : channels;
    view.rowStride =
        (border.left + width + border.right + gap) * view.pixelStride;
    view.imageStride =
        (border.top + height + border.bottom + gap) * view.rowStride;
    // Dense layers write whole blocks of lanes even without a pixel after them.
    const int around = 64;
    memory.assign(around + size_t(view.imageStride) * images + around, nan());
    view.data = memory.data() + around + border.top * view.rowStride +
                border.left * view.pixelStride;
    for (int n = 0; n < images; ++n)
      for (int y = -border.top; y < height + border.bottom; ++y)
        for (int x = -border.left; x < width + border.right; ++x)
          for (int c = 0; c < view.pixelStride; ++c)
            at(n, y, x, c) = 0;
  }

  float &at(int n, int y, int x, int c) const {
    return view
        .data[ptrdiff_t(n) * view.imageStride + ptrdiff_t(y) * view.rowStride +
              ptrdiff_t(x) * view.pixelStride + c];
  }

  void fill(Random &random) {
    forEach([&](int n, int y, int x, int c) { at(n, y, x, c) = draw(random); });
  }

  template <typename F> void forEach(F &&f) const {
    for (int n = 0; n < view.images; ++n)
      for (int y = 0; y < view.height; ++y)
        for (int x = 0; x < view.width; ++x)
          for (int c = 0; c < view.channels; ++c)
            f(n, y, x, c);
  }

  /// Images [first, first + count).
  ImageView part(int first, int count) const {
    ImageView result = view;
    result.data += ptrdiff_t(first) * view.imageStride;
    result.images = count;
    return result;
  }

  /// Everything but the interior is as it was when constructed: zeros in
  /// padding channels and border, NaN elsewhere.
  void expectSurroundingsUntouched() const {
    Images fresh(view.channels, view.width, view.height, view.images, border,
                 view.pixelStride % channelBlock == 0, 0);
    fresh.view = view;
    std::vector<float> copy = memory;
    fresh.view.data = copy.data() + (view.data - memory.data());
    forEach([&](int n, int y, int x, int c) { fresh.at(n, y, x, c) = 0; });
    for (size_t i = 0; i < copy.size(); ++i)
      ASSERT_TRUE(copy[i] == 0 || std::isnan(copy[i])) << "float " << i;
    // As many NaN as there were: none became zero, and none more appeared.
    const size_t count =
        std::count_if(copy.begin(), copy.end(),
                      [](float value) { return std::isnan(value); });
    const size_t zeros = size_t(view.images) * view.pixelStride *
                         (border.top + view.height + border.bottom) *
                         (border.left + view.width + border.right);
    EXPECT_EQ(count, copy.size() - zeros);
  }

  static float nan() { return std::numeric_limits<float>::quiet_NaN(); }

  ImageView view;

private:
  BorderWidths border;
  std::vector<float> memory;
};

/// An epilogue with random constants, and what it does in doubles.
struct RandomEpilogue {
  RandomEpilogue(Random &random, const Images &out)
      : scale(paddedChannels(out.view.channels), 0.5f),
        offset(paddedChannels(out.view.channels), 0.0f),
        residual(out.view.channels, out.view.width, out.view.height,
                 out.view.images, {1, 0, 2, 1}) {
    residual.fill(random);
    for (int c = 0; c < out.view.channels; ++c) {
      scale[c] = draw(random);
      offset[c] = draw(random);
    }
    if (random() % 2)
      epilogue.scale = scale.data();
    if (random() % 2)
      epilogue.offset = offset.data();
    if (random() % 2) {
      epilogue.residual = residual.view.data;
      epilogue.residualPixelStride = residual.view.pixelStride;
      epilogue.residualRowStride = residual.view.rowStride;
      epilogue.residualImageStride = residual.view.imageStride;
    }
    switch (random() % 5) {
    case 0: // relu
      epilogue.lowest = 0;
      break;
    case 1:
      epilogue.lowest = -0.2f;
      epilogue.highest = 0.6f;
      break;
    case 2: // would leave something in the padding
      epilogue.lowest = 0.1f;
      epilogue.highest = 0.6f;
      break;
    case 3: // leaky relu
      epilogue.slope = 0.1f;
      break;
    }
  }

  double apply(double v, int n, int y, int x, int c) const {
    if (epilogue.scale)
      v *= scale[c];
    if (epilogue.offset)
      v += offset[c];
    if (epilogue.residual)
      v += residual.at(n, y, x, c);
    if (v < 0)
      v *= epilogue.slope;
    return std::min<double>(std::max<double>(v, epilogue.lowest),
                            epilogue.highest);
  }

  /// For images [first, ...).
  Epilogue from(int first) const {
    Epilogue result = epilogue;
    if (result.residual)
      result.residual += ptrdiff_t(first) * result.residualImageStride;
    return result;
  }

  const Images &residualImages() const { return residual; }

  Epilogue epilogue;

private:
  std::vector<float> scale, offset;
  Images residual;
};

/// Runs a test with each instruction set of this processor.
class EveryInstructionSet : public testing::TestWithParam<InstructionSet> {
protected:
  void SetUp() override {
    if (!isSupported(GetParam()))
      GTEST_SKIP() << "this processor has no " << nameOf(GetParam());
    setInstructionSet(GetParam());
  }
  void TearDown() override { setInstructionSet(std::nullopt); }
};

#define CIM_FOR_EVERY_INSTRUCTION_SET(Suite)                                   \
  INSTANTIATE_TEST_SUITE_P(                                                    \
      , Suite,                                                                 \
      testing::Values(InstructionSet::baseline, InstructionSet::avx2,          \
                      InstructionSet::avx512),                                 \
      [](const auto &info) { return std::string(nameOf(info.param)); })

} // namespace cim::kernels

#endif // CIM_TESTS_RUNTIME_KERNELS_IMAGES_H
