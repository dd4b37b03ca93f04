//===- ConvolutionStep.cpp - Layers with weights --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"
#include "runtime/executor/Attributes.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Convolution.h"

#include <climits>
#include <optional>

using namespace cim;

namespace {

class ConvolutionStep : public BoundStep {
public:
  /// \p pixels: rows of the matrix, for gemm and matmul.
  ConvolutionStep(const Program &program, const plan::Step &step,
                  const kernels::ConvolutionShape &shape, bool strict,
                  BoundEpilogue epilogue, std::optional<int64_t> pixels)
      : shape(shape),
        convolution(shape, strict ? kernels::ConvolutionAlgorithm::direct
                                  : kernels::ConvolutionAlgorithm::automatic),
        packed(convolution.packedWeights() * sizeof(float)),
        epilogue(std::move(epilogue)), pixels(pixels), input(step.inputs(0)),
        output(step.outputs(0)) {
    if (!step.has_layer())
      convolution.pack(program.constant(step.inputs(1)).as<float>().data(),
                       packedWeights());
  }

  Border wantedBorder(int operand) const override {
    if (operand != 0 || pixels)
      return {};
    kernels::BorderWidths border = convolution.border();
    return {border.top, border.bottom, border.left, border.right};
  }

  bool readsUnpaddedPixels() const override { return true; }

  size_t scratchBytes(int64_t calls) const override {
    return convolution.scratch(calls) * sizeof(float);
  }

  void place(std::span<const Placement> values, size_t scratchOffset) override {
    scratch = scratchOffset;
    in = view(values[input], shape.channelsIn);
    out = view(values[output], shape.channelsOut);
    epilogue.place(values, [&](const Placement &residual) {
      return view(residual, shape.channelsOut);
    });
  }

  int run(std::byte *arena, int64_t calls) const override {
    return convolution.run(in.in(arena, calls), packedWeights(),
                           epilogue.in(arena), out.in(arena, calls),
                           reinterpret_cast<float *>(arena + scratch));
  }

  void pack(const float *written, int64_t begin, int64_t end) override {
    if (shape.inputMajor)
      return convolution.pack(written, packedWeights());
    // The kernel counts from the first row.
    int64_t row = int64_t(shape.channelsIn / shape.groups) *
                  shape.kernelHeight * shape.kernelWidth;
    convolution.pack(written - begin * row, packedWeights(), begin, end);
  }

  int64_t packRows() const override {
    return shape.inputMajor ? shape.channelsIn : kernels::channelBlock;
  }

  size_t weightBytes() const override { return packed.size(); }

private:
  PlacedView view(const Placement &place, int64_t channels) const {
    return pixels ? pixelsOf(place, *pixels, channels) : imagesOf(place);
  }
  float *packedWeights() const {
    return reinterpret_cast<float *>(packed.data());
  }

  kernels::ConvolutionShape shape;
  kernels::Convolution convolution;
  AlignedMemory packed;
  BoundEpilogue epilogue;
  std::optional<int64_t> pixels;
  uint32_t input, output;
  PlacedView in, out;
  size_t scratch = 0;
};

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

std::unique_ptr<BoundStep> bindImages(const Program &program,
                                      const plan::Step &step, bool strict) {
  const plan::Value &x = program.value(step.inputs(0));
  const plan::Value &weights = program.value(step.inputs(1));
  const plan::Value &y = program.value(step.outputs(0));
  if (x.layout() != plan::CHANNELS_LAST || y.layout() != plan::CHANNELS_LAST)
    return nullptr;
  auto bias = biasOf(program, step, y.shape(1), 1);
  if (!bias)
    return nullptr;
  auto strides = integers(step, "strides"), pads = integers(step, "pads"),
       dilations = integers(step, "dilations");
  // Sizes are verified to be below 2^31; so are these, or the window would not
  // fit into the image.
  for (auto list : {strides, pads, dilations})
    for (int64_t n : list)
      if (n < 0 || n > INT_MAX)
        return nullptr;
  kernels::ConvolutionShape shape;
  shape.channelsIn = x.shape(1);
  shape.channelsOut = y.shape(1);
  shape.groups = integer(step, "groups");
  shape.heightIn = x.shape(2);
  shape.widthIn = x.shape(3);
  shape.kernelHeight = weights.shape(2);
  shape.kernelWidth = weights.shape(3);
  shape.strideY = strides[0];
  shape.strideX = strides[1];
  shape.dilationY = dilations[0];
  shape.dilationX = dilations[1];
  shape.pads.top = pads[0];
  shape.pads.left = pads[1];
  shape.pads.bottom = pads[2];
  shape.pads.right = pads[3];
  return std::make_unique<ConvolutionStep>(
      program, step, shape, strict,
      BoundEpilogue(program, step, shape.channelsOut, {}, *bias), std::nullopt);
}

std::unique_ptr<BoundStep> bindMatrix(const Program &program,
                                      const plan::Step &step, bool strict) {
  const bool isGemm = step.operation() == "gemm";
  const plan::Value &x = program.value(step.inputs(0));
  const plan::Value &weights = program.value(step.inputs(1));
  const plan::Value &y = program.value(step.outputs(0));
  if (x.layout() != plan::ROW_MAJOR || y.layout() != plan::ROW_MAJOR ||
      x.shape_size() < 2 || weights.shape_size() != 2 ||
      (isGemm && integer(step, "transpose_a")))
    return nullptr;
  const bool outputMajor = isGemm && integer(step, "transpose_b");
  Pixels in = pixelsOf(x), out = pixelsOf(y);
  // Results are stored in whole blocks of channels; and an epilogue's channel
  // is dimension 1.
  if (in.count != 1 && (out.channels % kernels::channelBlock != 0 ||
                        (step.has_epilogue() && x.shape_size() > 2)))
    return nullptr;
  if (in.channels > INT_MAX || out.channels > INT_MAX || in.count > INT_MAX)
    return nullptr;
  auto bias =
      biasOf(program, step, out.channels, isGemm ? number(step, "beta") : 1);
  if (!bias)
    return nullptr;
  kernels::ConvolutionShape shape;
  shape.channelsIn = in.channels;
  shape.channelsOut = out.channels;
  shape.widthIn = in.count;
  shape.inputMajor = !outputMajor;
  std::vector<float> factors;
  if (isGemm && number(step, "alpha") != 1)
    factors.assign(out.channels, number(step, "alpha"));
  return std::make_unique<ConvolutionStep>(
      program, step, shape, strict,
      BoundEpilogue(program, step, out.channels, factors, *bias), in.count);
}

} // namespace

std::unique_ptr<BoundStep> cim::bindConvolution(const Program &program,
                                                const plan::Step &step,
                                                bool strict) {
  const bool isConv = step.operation() == "conv";
  if (!isConv && step.operation() != "gemm" && step.operation() != "matmul")
    return nullptr;
  if (!program.isConstant(step.inputs(1)) ||
      program.isConstant(step.inputs(0)) ||
      !BoundEpilogue::isSupported(program, step))
    return nullptr;
  return isConv ? bindImages(program, step, strict)
                : bindMatrix(program, step, strict);
}
