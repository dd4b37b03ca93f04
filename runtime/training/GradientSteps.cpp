//===- GradientSteps.cpp - Backward through steps without parameters ------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Gradients.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <array>
#include <functional>

using namespace cim;
using kernels::ImageView;

namespace {

class ActivationGradient : public BoundStep {
public:
  ActivationGradient(const plan::Step &step, const plan::Step &forward)
      : gradient(step.inputs(0)), result(step.inputs(1)),
        output(step.outputs(0)) {
    const plan::Epilogue &source = forward.epilogue();
    const std::string &operation = forward.operation();
    if (operation == "relu" || source.activation() == plan::RELU) {
      activation.lowest = 0;
    } else if (operation == "clip") {
      activation.lowest = number(forward, "lowest");
      activation.highest = number(forward, "highest");
    } else if (operation == "leaky_relu") {
      activation.slope = number(forward, "alpha");
    } else if (source.activation() == plan::CLIP) {
      activation.lowest = source.lowest();
      activation.highest = source.highest();
    } else {
      activation.slope = source.lowest();
    }
    if (activation.slope == 0) // the sign of a result of zero says nothing
      activation.lowest = 0;
  }

  bool runsInPlace() const override { return true; }
  void place(std::span<const Placement> values, size_t) override {
    g = elementsOf(values[gradient]);
    y = elementsOf(values[result]);
    out = elementsOf(values[output]);
  }
  int run(const Pass &pass) const override {
    return kernels::activationGradient(g.in(pass), y.in(pass), activation,
                                       out.in(pass));
  }

private:
  kernels::Epilogue activation;
  uint32_t gradient, result, output;
  PlacedView g, y, out;
};

/// A step on images: of its operands' views and scratch memory as large as the
/// first operand makes a view of its result.
class ImageGradient : public BoundStep {
public:
  using Kernel =
      std::function<int(std::span<const ImageView> operands,
                        const ImageView &scratch, const ImageView &out)>;
  ImageGradient(const plan::Step &step, bool wantsScratch, Kernel kernel)
      : step(step), wantsScratch(wantsScratch), kernel(std::move(kernel)) {}

  static bool isPossible(const Program &program, const plan::Step &step) {
    auto isImage = [&](uint32_t v) {
      return program.value(v).layout() == plan::CHANNELS_LAST;
    };
    return std::ranges::all_of(step.inputs(), isImage) &&
           isImage(step.outputs(0));
  }
  size_t scratchBytes(int64_t calls) const override {
    return wantsScratch ? calls * scratchPerCall : 0;
  }
  /// Bytes of one call's first operand without a border.
  void setScratch(size_t bytes) { scratchPerCall = bytes; }

  void place(std::span<const Placement> values, size_t offset) override {
    scratch = offset;
    operands.clear();
    for (uint32_t input : step.inputs())
      operands.push_back(imagesOf(values[input]));
    out = imagesOf(values[step.outputs(0)]);
  }
  int run(const Pass &pass) const override {
    std::array<ImageView, 2> views;
    for (size_t i = 0; i < operands.size(); ++i)
      views[i] = operands[i].in(pass);
    ImageView buffer = views[0];
    buffer.data = reinterpret_cast<float *>(pass.scratch + scratch);
    buffer.pixelStride = kernels::paddedChannels(buffer.channels);
    buffer.rowStride = buffer.pixelStride * buffer.width;
    buffer.imageStride = buffer.rowStride * buffer.height;
    return kernel({views.data(), operands.size()}, buffer, out.in(pass));
  }

private:
  const plan::Step &step;
  bool wantsScratch;
  Kernel kernel;
  size_t scratchPerCall = 0, scratch = 0;
  std::vector<PlacedView> operands;
  PlacedView out;
};

kernels::PoolingShape poolingShape(const plan::Step &step) {
  auto kernel = integers(step, "kernel"), strides = integers(step, "strides"),
       pads = integers(step, "pads"), dilations = integers(step, "dilations");
  kernels::PoolingShape shape;
  shape.kernelHeight = kernel[0];
  shape.kernelWidth = kernel[1];
  shape.strideY = strides[0];
  shape.strideX = strides[1];
  shape.dilationY = dilations[0];
  shape.dilationX = dilations[1];
  shape.pads = {int(pads[1]), int(pads[0]), int(pads[3]), int(pads[2])};
  if (step.operation() == "average_pool")
    shape.countIncludesPads = integer(step, "count_include_pad");
  return shape;
}

/// The gradient of a slice's operand: zero but where the slice was taken.
/// Dimensions are n, c, y, x.
int scatterSlice(const ImageView &gradient, std::span<const int64_t> starts,
                 std::span<const int64_t> steps, const ImageView &out) {
  for (ptrdiff_t n = 0; n < out.images; ++n)
    for (ptrdiff_t y = 0; y < out.height; ++y)
      for (ptrdiff_t x = 0; x < out.width; ++x)
        std::fill_n(out.data + n * out.imageStride + y * out.rowStride +
                        x * out.pixelStride,
                    kernels::paddedChannels(out.channels), 0.0f);
  for (ptrdiff_t n = 0; n < gradient.images; ++n)
    for (ptrdiff_t y = 0; y < gradient.height; ++y)
      for (ptrdiff_t x = 0; x < gradient.width; ++x) {
        const float *from = gradient.data + n * gradient.imageStride +
                            y * gradient.rowStride + x * gradient.pixelStride;
        float *to = out.data + n * out.imageStride +
                    (starts[2] + y * steps[2]) * out.rowStride +
                    (starts[3] + x * steps[3]) * out.pixelStride + starts[1];
        for (ptrdiff_t c = 0; c < gradient.channels; ++c)
          to[c * steps[1]] = from[c];
      }
  return 0;
}

} // namespace

std::unique_ptr<BoundStep> cim::bindGradient(TrainingBinder &binder, int s) {
  const plan::Step &step = binder.program.plan.steps(s),
                   &forward = binder.forwardOf(s);
  const std::string &operation = step.operation();
  if (operation == "activation_gradient")
    return std::make_unique<ActivationGradient>(step, forward);
  using Views = std::span<const ImageView>;
  ImageGradient::Kernel kernel;
  if (operation == "max_pool_gradient") {
    kernel = [shape = poolingShape(forward)](Views in, const ImageView &scratch,
                                             const ImageView &out) {
      if (int status = kernels::largestTaps(shape, in[1], scratch))
        return status;
      return kernels::maxPoolGradient(shape, in[0], scratch, out);
    };
  } else if (operation == "average_pool_gradient") {
    kernel = [shape = poolingShape(forward)](Views in, const ImageView &,
                                             const ImageView &out) {
      return kernels::averagePoolGradient(shape, in[0], out);
    };
  } else if (operation == "global_average_pool_gradient") {
    kernel = [](Views in, const ImageView &, const ImageView &out) {
      return kernels::globalAveragePoolGradient(in[0], out);
    };
  } else if (operation == "slice_gradient") {
    auto starts = integers(forward, "starts"),
         steps = integers(forward, "steps");
    kernel = [starts, steps](Views in, const ImageView &,
                             const ImageView &out) {
      return scatterSlice(in[0], starts, steps, out);
    };
  } else {
    return nullptr;
  }
  if (!ImageGradient::isPossible(binder.program, step))
    throw InputError("node '" + forward.name() + "' (" + forward.operation() +
                     ") does not work on images, so that no gradient passes "
                     "through it; train layers behind it only");
  const bool wantsScratch = operation == "max_pool_gradient";
  auto bound =
      std::make_unique<ImageGradient>(step, wantsScratch, std::move(kernel));
  if (wantsScratch) {
    const plan::Value &value = binder.program.value(step.inputs(0));
    bound->setScratch(kernels::paddedChannels(value.shape(1)) * value.shape(2) *
                      value.shape(3) * sizeof(float));
  }
  return bound;
}
