//===- PoolingStep.cpp - Pooling and local normalisation of images --------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/Views.h"
#include "runtime/executor/Window.h"
#include "runtime/kernels/Kernels.h"

#include <climits>

using namespace cim;

namespace {

/// A step from one image to another, without weights or an epilogue.
template <typename Kernel> class ImageStep : public BoundStep {
public:
  ImageStep(const plan::Step &step, Kernel kernel)
      : kernel(kernel), input(step.inputs(0)), output(step.outputs(0)) {}

  void place(std::span<const Placement> values, size_t) override {
    in = imagesOf(values[input]);
    out = imagesOf(values[output]);
  }

  int run(const Pass &pass) const override {
    return kernel(in.in(pass), out.in(pass));
  }

private:
  Kernel kernel;
  uint32_t input, output;
  PlacedView in, out;
};

template <typename Kernel>
std::unique_ptr<BoundStep> makeImageStep(const plan::Step &step,
                                         Kernel kernel) {
  return std::make_unique<ImageStep<Kernel>>(step, kernel);
}

/// True when \p step has one computed image as its operand, and an image as its
/// result.
bool isOnImages(const Program &program, const plan::Step &step) {
  return step.inputs_size() == 1 && !step.has_epilogue() &&
         !program.isConstant(step.inputs(0)) &&
         program.value(step.inputs(0)).layout() == plan::CHANNELS_LAST &&
         program.value(step.outputs(0)).layout() == plan::CHANNELS_LAST;
}

} // namespace

std::unique_ptr<BoundStep> cim::bindPooling(const Program &program,
                                            const plan::Step &step) {
  if (!isOnImages(program, step))
    return nullptr;
  using kernels::ImageView;
  if (step.operation() == "global_average_pool")
    return makeImageStep(step, kernels::globalAveragePool);
  const bool isMax = step.operation() == "max_pool";
  if (!isMax && step.operation() != "average_pool")
    return nullptr;

  auto kernel = integers(step, "kernel");
  for (int64_t n : kernel)
    if (n < 0 || n > INT_MAX)
      return nullptr;
  kernels::PoolingShape shape;
  if (!readWindow(step, shape, INT_MAX))
    return nullptr;
  shape.kernelHeight = kernel[0];
  shape.kernelWidth = kernel[1];
  if (isMax)
    return makeImageStep(step,
                         [shape](const ImageView &in, const ImageView &out) {
                           return kernels::maxPool(shape, in, out);
                         });
  shape.countIncludesPads = integer(step, "count_include_pad");
  return makeImageStep(step,
                       [shape](const ImageView &in, const ImageView &out) {
                         return kernels::averagePool(shape, in, out);
                       });
}

std::unique_ptr<BoundStep> cim::bindNormalization(const Program &program,
                                                  const plan::Step &step) {
  if (step.operation() != "lrn" || !isOnImages(program, step))
    return nullptr;
  kernels::LrnParameters parameters;
  parameters.size = std::min<int64_t>(integer(step, "size"), INT_MAX / 4);
  parameters.alpha = number(step, "alpha");
  parameters.beta = number(step, "beta");
  parameters.bias = number(step, "bias");
  return makeImageStep(step, [parameters](const kernels::ImageView &in,
                                          const kernels::ImageView &out) {
    return kernels::lrn(parameters, in, out);
  });
}
