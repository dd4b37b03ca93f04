//===- ConvolutionBinding.cpp - Layers as convolutions --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/ConvolutionBinding.h"

#include "runtime/executor/Attributes.h"
#include "runtime/executor/Window.h"

#include <climits>

using namespace cim;

Border ConvolutionBinding::border() const {
  if (pixels)
    return {};
  const kernels::BorderWidths widths = kernels::windowBorder(shape);
  return {widths.top, widths.bottom, widths.left, widths.right};
}

std::optional<kernels::ConvolutionShape>
cim::imageConvolutionShape(const Program &program, const plan::Step &step) {
  const plan::Value &x = program.value(step.inputs(0));
  const plan::Value &weights = program.value(step.inputs(1));
  const plan::Value &y = program.value(step.outputs(0));
  if (x.layout() != plan::CHANNELS_LAST || y.layout() != plan::CHANNELS_LAST)
    return std::nullopt;
  kernels::ConvolutionShape shape;
  // So that kernels count pixels in an int.
  if (!readWindow(step, shape, 1 << 20))
    return std::nullopt;
  shape.channelsIn = x.shape(1);
  shape.channelsOut = y.shape(1);
  shape.groups = integer(step, "groups");
  shape.heightIn = x.shape(2);
  shape.widthIn = x.shape(3);
  shape.kernelHeight = weights.shape(2);
  shape.kernelWidth = weights.shape(3);
  return shape;
}

namespace {

/// The bias of a layer, one number per channel, from an operand that may be
/// missing; nothing when it is computed or has another form.
std::optional<std::vector<float>> biasOf(const Program &program,
                                         const plan::Step &step,
                                         int64_t channels, double factor) {
  if (step.inputs_size() < 3)
    return std::vector<float>();
  if (!program.isConstant(step.inputs(2)))
    return std::nullopt;
  const Tensor &tensor = program.constant(step.inputs(2));
  std::span<const float> terms = tensor.as<float>();
  bool perChannel = tensor.elements() == channels && !tensor.shape.empty() &&
                    tensor.shape.back() == channels;
  if (!perChannel && tensor.elements() != 1)
    return std::nullopt;
  std::vector<float> bias(channels);
  for (int64_t c = 0; c < channels; ++c)
    bias[c] = terms[perChannel ? c : 0] * factor;
  return bias;
}

std::optional<ConvolutionBinding> bindImages(const Program &program,
                                             const plan::Step &step) {
  auto shape = imageConvolutionShape(program, step);
  if (!shape)
    return std::nullopt;
  auto bias = biasOf(program, step, shape->channelsOut, 1);
  if (!bias)
    return std::nullopt;
  return ConvolutionBinding{
      *shape, BoundEpilogue(program, step, shape->channelsOut, {}, *bias),
      std::nullopt};
}

std::optional<ConvolutionBinding> bindMatrix(const Program &program,
                                             const plan::Step &step) {
  const bool isGemm = step.operation() == "gemm";
  const plan::Value &x = program.value(step.inputs(0));
  const plan::Value &weights = program.value(step.inputs(1));
  const plan::Value &y = program.value(step.outputs(0));
  if (x.layout() != plan::ROW_MAJOR || y.layout() != plan::ROW_MAJOR ||
      x.shape_size() < 2 || weights.shape_size() != 2 ||
      (isGemm && integer(step, "transpose_a")))
    return std::nullopt;
  const bool outputMajor = isGemm && integer(step, "transpose_b");
  Pixels in = pixelsOf(x), out = pixelsOf(y);
  // Results are stored in whole blocks of channels; and the channels of an
  // epilogue's terms are dimension 1.
  const bool hasTerms =
      step.epilogue().has_scale() || step.epilogue().has_offset();
  if ((in.count != 1 && out.channels % kernels::channelBlock != 0) ||
      (hasTerms && x.shape_size() > 2))
    return std::nullopt;
  if (in.channels > INT_MAX || out.channels > INT_MAX || in.count > INT_MAX)
    return std::nullopt;
  auto bias =
      biasOf(program, step, out.channels, isGemm ? number(step, "beta") : 1);
  if (!bias)
    return std::nullopt;
  kernels::ConvolutionShape shape;
  shape.channelsIn = in.channels;
  shape.channelsOut = out.channels;
  shape.widthIn = in.count;
  shape.inputMajor = !outputMajor;
  std::vector<float> factors;
  if (isGemm && number(step, "alpha") != 1)
    factors.assign(out.channels, number(step, "alpha"));
  return ConvolutionBinding{
      shape, BoundEpilogue(program, step, out.channels, factors, *bias),
      in.count};
}

} // namespace

std::optional<ConvolutionBinding>
cim::bindAsConvolution(const Program &program, const plan::Step &step) {
  const bool isConv = step.operation() == "conv";
  if (!isConv && step.operation() != "gemm" && step.operation() != "matmul")
    return std::nullopt;
  if (!program.isConstant(step.inputs(1)) ||
      program.isConstant(step.inputs(0)) ||
      !BoundEpilogue::isSupported(program, step))
    return std::nullopt;
  return isConv ? bindImages(program, step) : bindMatrix(program, step);
}
