//===- CopyStep.cpp - Steps that only move numbers ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/Kernels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

using namespace cim;

namespace {

/// A box of an image, copied into a box of the result of the same extent. Axes
/// are y, x, channel. The operand's positions are start, start + step, ...
struct Box {
  uint32_t operand = 0;
  std::array<int64_t, 3> extent{}, from{}, step{1, 1, 1}, to{};
};

/// Copies boxes that do not overlap; what they leave of the result is `value`.
class CopyStep : public BoundStep {
public:
  CopyStep(const plan::Step &step, std::vector<Box> boxes, bool fills,
           float value)
      : output(step.outputs(0)), boxes(std::move(boxes)), fills(fills),
        value(value) {}

  void place(std::span<const Placement> values, size_t) override {
    out = imagesOf(values[output]);
    in.clear();
    for (const Box &box : boxes)
      in.push_back(imagesOf(values[box.operand]));
  }

  Bfloat16Storage bfloat16Storage() const override {
    return Bfloat16Storage::all;
  }

  int run(const Pass &pass) const override {
    if (out.oneCall().isBfloat16)
      run<uint16_t>(pass, kernels::toBfloat16(value));
    else
      run<float>(pass, value);
    return 0;
  }

private:
  template <typename Number> void run(const Pass &pass, Number filling) const {
    const kernels::ImageView to = out.in(pass);
    if (fills || to.channels != to.pixelStride)
      fill(to, filling);
    for (size_t b = 0; b < boxes.size(); ++b)
      copy<Number>(boxes[b], in[b].in(pass), to);
  }

  template <typename Number>
  static void fill(const kernels::ImageView &to, Number value) {
    for (int n = 0; n < to.images; ++n)
      for (int y = 0; y < to.height; ++y) {
        Number *row = reinterpret_cast<Number *>(to.data) + n * to.imageStride +
                      y * to.rowStride;
        std::fill_n(row, to.width * to.pixelStride, Number(0));
        if (value != 0)
          for (int x = 0; x < to.width; ++x)
            std::fill_n(row + x * to.pixelStride, to.channels, value);
      }
  }

  template <typename Number>
  static void copy(const Box &box, const kernels::ImageView &from,
                   const kernels::ImageView &to) {
    const auto [height, width, channels] = box.extent;
    for (int n = 0; n < to.images; ++n)
      for (int64_t y = 0; y < height; ++y) {
        const Number *source =
            reinterpret_cast<const Number *>(from.data) + n * from.imageStride +
            (box.from[0] + y * box.step[0]) * from.rowStride +
            box.from[1] * from.pixelStride + box.from[2];
        Number *target = reinterpret_cast<Number *>(to.data) +
                         n * to.imageStride + (box.to[0] + y) * to.rowStride +
                         box.to[1] * to.pixelStride + box.to[2];
        for (int64_t x = 0; x < width; ++x) {
          if (box.step[2] == 1)
            std::memcpy(target, source, channels * sizeof(Number));
          else
            for (int64_t c = 0; c < channels; ++c)
              target[c] = source[c * box.step[2]];
          source += box.step[1] * from.pixelStride;
          target += to.pixelStride;
        }
      }
  }

  uint32_t output;
  std::vector<Box> boxes;
  bool fills;
  float value;
  PlacedView out;
  std::vector<PlacedView> in;
};

/// ONNX dimension of each of a box's axes.
constexpr std::array<int, 3> dimension = {2, 3, 1};

/// What \p step, a slice or with a slice in it, takes of its operand; nothing
/// when it selects images.
std::optional<Box> sliceOf(const Program &program, const plan::Step &step) {
  auto starts = integers(step, "starts"), sizes = integers(step, "sizes"),
       steps = integers(step, "steps");
  if (starts[0] != 0 || steps[0] != 1 ||
      sizes[0] != program.value(step.inputs(0)).shape(0))
    return std::nullopt;
  Box box{step.inputs(0)};
  for (int axis = 0; axis < 3; ++axis) {
    int d = dimension[axis];
    box.from[axis] = starts[d];
    box.extent[axis] = sizes[d];
    // A step that is never taken may be larger than memory.
    box.step[axis] = sizes[d] > 1 ? steps[d] : 1;
  }
  return box;
}

std::unique_ptr<BoundStep> bindSlice(const Program &program,
                                     const plan::Step &step) {
  std::optional<Box> box = sliceOf(program, step);
  if (!box)
    return nullptr;
  return std::make_unique<CopyStep>(step, std::vector{*box}, false, 0);
}

/// \p whole: what is padded.
std::unique_ptr<BoundStep> bindPad(const plan::Step &step, const Box &whole) {
  auto pads = integers(step, "pads"); // of N, C, H, W: begins, ends
  if (text(step, "mode") != "constant" || pads[0] != 0 || pads[4] != 0)
    return nullptr;
  Box box = whole;
  for (int axis = 0; axis < 3; ++axis) {
    // A negative pad cuts away.
    int64_t begin = pads[dimension[axis]], end = pads[4 + dimension[axis]];
    int64_t cut = std::max<int64_t>(-begin, 0);
    box.from[axis] += cut * box.step[axis];
    box.to[axis] = std::max<int64_t>(begin, 0);
    box.extent[axis] -= cut + std::max<int64_t>(-end, 0);
    if (box.extent[axis] < 0)
      return nullptr;
  }
  return std::make_unique<CopyStep>(step, std::vector{box}, true,
                                    number(step, "value"));
}

/// All of an image.
Box wholeOf(const Program &program, uint32_t value) {
  Box box{value};
  for (int axis = 0; axis < 3; ++axis)
    box.extent[axis] = program.value(value).shape(dimension[axis]);
  return box;
}

std::unique_ptr<BoundStep> bindConcat(const Program &program,
                                      const plan::Step &step) {
  auto axis = std::ranges::find(dimension, integer(step, "axis"));
  if (axis == dimension.end())
    return nullptr;
  std::vector<Box> boxes;
  int64_t position = 0;
  for (uint32_t input : step.inputs()) {
    Box box = wholeOf(program, input);
    box.to[axis - dimension.begin()] = position;
    position += program.value(input).shape(*axis);
    boxes.push_back(box);
  }
  return std::make_unique<CopyStep>(step, std::move(boxes), false, 0);
}

/// Between images and rows.
class RelayoutStep : public BoundStep {
public:
  RelayoutStep(const plan::Step &step, bool toImages)
      : toImages(toImages), input(step.inputs(0)), output(step.outputs(0)) {}

  void place(std::span<const Placement> values, size_t) override {
    images = imagesOf(values[toImages ? output : input]);
    rows = values[toImages ? input : output];
  }

  int run(const Pass &pass) const override {
    // Rows are dense within one call only.
    for (int64_t call = 0; call < pass.calls; ++call) {
      auto *dense =
          reinterpret_cast<float *>(pass.at(rows) + call * rows.geometry.bytes);
      kernels::ImageView view = images.oneCall();
      view.data = images.in(pass).data + call * view.images * view.imageStride;
      int status = toImages ? kernels::toChannelsLast(dense, view)
                            : kernels::toRowMajor(view, dense);
      if (status)
        return status;
    }
    return 0;
  }

private:
  bool toImages;
  uint32_t input, output;
  PlacedView images;
  Placement rows;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindCopy(const Program &program,
                                         const plan::Step &step) {
  auto isComputedImage = [&](uint32_t index) {
    return !program.isConstant(index) &&
           program.value(index).layout() == plan::CHANNELS_LAST;
  };
  if (step.has_epilogue() ||
      !std::ranges::all_of(step.inputs(), isComputedImage) ||
      !isComputedImage(step.outputs(0)))
    return nullptr;
  if (step.operation() == "slice")
    return bindSlice(program, step);
  if (step.operation() == "pad")
    return bindPad(step, wholeOf(program, step.inputs(0)));
  if (step.operation() == "slice_pad") // made by composeCopies
    return bindPad(step, *sliceOf(program, step));
  if (step.operation() == "concat")
    return bindConcat(program, step);
  return nullptr;
}

std::unique_ptr<BoundStep> cim::bindRelayout(const Program &program,
                                             const plan::Step &step) {
  if (step.operation() != "relayout" || step.has_epilogue() ||
      program.isConstant(step.inputs(0)))
    return nullptr;
  bool fromImages =
      program.value(step.inputs(0)).layout() == plan::CHANNELS_LAST;
  bool toImages =
      program.value(step.outputs(0)).layout() == plan::CHANNELS_LAST;
  if (fromImages == toImages)
    return nullptr;
  return std::make_unique<RelayoutStep>(step, toImages);
}
