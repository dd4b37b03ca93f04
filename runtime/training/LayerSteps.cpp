//===- LayerSteps.cpp - Layers, forward and backward ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"
#include "runtime/executor/Attributes.h"
#include "runtime/executor/ConvolutionBinding.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/DataGradient.h"
#include "runtime/kernels/Gradients.h"
#include "runtime/kernels/WeightGradient.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <stdexcept>
#include <utility>

using namespace cim;

Parameter &ParameterSet::of(const Program &program, const plan::Step &step,
                            int operand, Parameter::Kind kind) {
  const uint32_t value = step.inputs(operand);
  if (!program.isConstant(value))
    throw InputError("'" + step.name() +
                     "' cannot be trained: its parameters are computed");
  const std::string &name = program.value(value).constant();
  auto [found, isNew] = byTensor.try_emplace(name);
  Entry &entry = found->second;
  if (!isNew && entry.step != &step)
    throw InputError("'" + step.name() + "' and '" + entry.step->name() +
                     "' share the parameter '" + name +
                     "', and such cannot be trained; select one of them, or "
                     "give each a copy");
  if (!isNew)
    return *entry.parameter;
  const Tensor &tensor = program.constant(value);
  Parameter &parameter = all.emplace_back();
  entry = {&parameter, &step};
  parameter.tensor = name;
  parameter.kind = kind;
  parameter.shape = tensor.shape;
  auto values = tensor.as<float>();
  parameter.value.assign(values.begin(), values.end());
  if (kind != Parameter::Kind::runningMean &&
      kind != Parameter::Kind::runningVariance)
    parameter.gradient.resize(values.size());
  return parameter;
}

void cim::checkStatus(int status, const plan::Step &step) {
  if (status)
    throw std::runtime_error("internal error: the kernel of step " +
                             step.operation() + " failed with Halide's code " +
                             std::to_string(status));
}

kernels::ConvolutionShape cim::layerShapeOf(const Program &program,
                                            const plan::Step &step) {
  auto refuse = [&](const std::string &why) {
    throw InputError("layer '" + step.name() + "' cannot be trained: " + why +
                     "; leave it and the layers before it out");
  };
  if (!program.isConstant(step.inputs(1)))
    refuse("its weights are computed");
  if (step.operation() == "conv") {
    auto shape = imageConvolutionShape(program, step);
    if (!shape)
      refuse(
          "it is no convolution of images, or its strides, pads or dilations "
          "are out of range");
    return *shape;
  }
  const plan::Value &x = program.value(step.inputs(0));
  const bool isGemm = step.operation() == "gemm";
  if (pixelsOf(x).count != 1 || program.value(step.inputs(1)).shape_size() != 2)
    refuse("it multiplies several rows per image");
  if (isGemm && (number(step, "alpha") != 1 || integer(step, "transpose_a")))
    refuse("its product is scaled or transposed");
  if (step.inputs_size() > 2 && number(step, "beta") != 1)
    refuse("its bias is scaled");
  kernels::ConvolutionShape shape;
  shape.channelsIn = pixelsOf(x).channels;
  shape.channelsOut = pixelsOf(program.value(step.outputs(0))).channels;
  shape.inputMajor = !(isGemm && integer(step, "transpose_b"));
  return shape;
}

namespace {

using kernels::ConvolutionShape;

Border borderOf(const kernels::BorderWidths &widths) {
  return {widths.top, widths.bottom, widths.left, widths.right};
}

/// Images, or the one pixel of a row.
PlacedView viewOf(const Placement &place, int64_t channels) {
  return place.geometry.channelsLast() ? imagesOf(place)
                                       : pixelsOf(place, 1, channels);
}

/// Winograd's weights are four times a layer's, forward and backward: too much
/// memory for the largest.
kernels::ConvolutionAlgorithm algorithmOf(const TrainingBinder &binder,
                                          const ConvolutionShape &shape) {
  constexpr int64_t most = 1 << 20;
  const int64_t weights = int64_t(shape.channelsIn) / shape.groups *
                          shape.channelsOut * shape.kernelHeight *
                          shape.kernelWidth;
  return binder.strict || weights > most
             ? kernels::ConvolutionAlgorithm::direct
             : kernels::ConvolutionAlgorithm::automatic;
}

/// The same for the layer forward, which may have been measured.
kernels::ConvolutionAlgorithm forwardAlgorithm(const TrainingBinder &binder,
                                               const ConvolutionShape &shape) {
  const kernels::ConvolutionAlgorithm builtIn = algorithmOf(binder, shape);
  return builtIn == kernels::ConvolutionAlgorithm::automatic
             ? kernels::chosenAlgorithm(binder.chosen, shape,
                                        /*bfloat16=*/false)
             : builtIn;
}

/// A layer that is trained, forward. It takes its weights from the parameter,
/// which takes them from the chip.
class TrainedLayer : public WeightedStep {
public:
  TrainedLayer(TrainingBinder &binder, const plan::Step &step)
      : shape(layerShapeOf(binder.program, step)),
        convolution(shape, forwardAlgorithm(binder, shape)),
        packed(convolution.packedWeights() * sizeof(float)),
        epilogue(binder.program, step, shape.channelsOut),
        weights(binder.parameters.of(binder.program, step, 1,
                                     Parameter::Kind::weights)),
        offset(kernels::paddedChannels(shape.channelsOut) * sizeof(float)),
        input(step.inputs(0)), output(step.outputs(0)) {
    weights.inputs = int64_t(shape.channelsIn / shape.groups) *
                     shape.kernelHeight * shape.kernelWidth;
    if (step.inputs_size() < 3)
      return;
    bias =
        &binder.parameters.of(binder.program, step, 2, Parameter::Kind::bias);
    if (int64_t(bias->value.size()) != shape.channelsOut)
      throw InputError("layer '" + step.name() +
                       "' cannot be trained: its bias is not one number per "
                       "output; leave it and the layers before it out");
  }

  Border wantedBorder(int operand) const override {
    return operand == 0 && shape.heightIn + shape.widthIn > 2
               ? borderOf(convolution.border())
               : Border();
  }
  bool readsUnpaddedPixels() const override { return true; }
  size_t scratchBytes(int64_t calls) const override {
    return convolution.scratch(calls) * sizeof(float);
  }
  size_t weightBytes() const override { return packed.size(); }
  bool forgetsWeights() const override { return true; }

  void place(std::span<const Placement> values, size_t scratchOffset) override {
    scratch = scratchOffset;
    in = viewOf(values[input], shape.channelsIn);
    out = viewOf(values[output], shape.channelsOut);
    epilogue.place(values, [&](const Placement &residual) {
      return viewOf(residual, shape.channelsOut);
    });
  }

  int run(const Pass &pass) const override {
    kernels::Epilogue own = epilogue.in(pass);
    if (bias)
      own.offset = reinterpret_cast<const float *>(offset.data());
    return convolution.run(
        in.in(pass), reinterpret_cast<const float *>(packed.data()), own,
        out.in(pass), reinterpret_cast<float *>(pass.scratch + scratch));
  }

  void pack(const float *written, int64_t begin, int64_t end) override {
    const int64_t row = weights.value.size() / weights.shape[0];
    std::copy_n(written, (end - begin) * row,
                weights.value.begin() + begin * row);
  }

  int pieces() const override {
    return shape.inputMajor ? 1
                            : kernels::paddedChannels(shape.channelsOut) /
                                  kernels::channelBlock;
  }
  void repack(int piece) override {
    float *to = reinterpret_cast<float *>(packed.data());
    const int begin = piece * kernels::channelBlock;
    if (shape.inputMajor)
      convolution.pack(weights.used().data(), to);
    else
      convolution.pack(
          weights.used().data(), to, begin,
          std::min(begin + kernels::channelBlock, shape.channelsOut));
    if (bias && piece == 0)
      std::ranges::copy(bias->value, reinterpret_cast<float *>(offset.data()));
  }

private:
  ConvolutionShape shape;
  kernels::Convolution convolution;
  AlignedMemory packed;
  BoundEpilogue epilogue;
  Parameter &weights, *bias = nullptr;
  AlignedMemory offset;
  uint32_t input, output;
  PlacedView in, out;
  size_t scratch = 0;
};

class DataGradientStep : public WeightedStep {
public:
  DataGradientStep(TrainingBinder &binder, const plan::Step &step,
                   const plan::Step &forward, bool isTrained)
      : shape(layerShapeOf(binder.program, forward)),
        kernel(shape, algorithmOf(binder, shape)),
        packed(kernel.packedWeights() * sizeof(float)),
        epilogue(binder.program, step, shape.channelsIn),
        rows(shape.inputMajor ? shape.channelsIn : shape.channelsOut),
        input(step.inputs(0)), output(step.outputs(0)) {
    if (forward.epilogue().has_scale()) {
      auto factors =
          binder.program.constant(forward.epilogue().scale()).as<float>();
      scale.assign(factors.begin(), factors.end());
    }
    const Tensor &constant = binder.program.constant(forward.inputs(1));
    if (isTrained)
      weights = &binder.parameters.of(binder.program, forward, 1,
                                      Parameter::Kind::weights);
    else if (!forward.has_layer())
      kernel.pack(constant.as<float>().data(), scaleOrNull(), packedWeights());
  }

  Border wantedBorder(int operand) const override {
    return operand == 0 && shape.heightIn + shape.widthIn > 2
               ? borderOf(kernel.border())
               : Border();
  }
  size_t scratchBytes(int64_t calls) const override {
    return kernel.scratch(calls) * sizeof(float);
  }
  void place(std::span<const Placement> values, size_t scratchOffset) override {
    scratch = scratchOffset;
    in = viewOf(values[input], shape.channelsOut);
    out = viewOf(values[output], shape.channelsIn);
    epilogue.place(values, [&](const Placement &residual) {
      return viewOf(residual, shape.channelsIn);
    });
  }
  int run(const Pass &pass) const override {
    return kernel.run(in.in(pass), packedWeights(), epilogue.in(pass),
                      out.in(pass),
                      reinterpret_cast<float *>(pass.scratch + scratch));
  }
  /// All rows at once, since every result needs some of all.
  int64_t packRows() const override { return rows; }
  void pack(const float *written, int64_t, int64_t) override {
    if (!weights)
      kernel.pack(written, scaleOrNull(), packedWeights());
  }
  int pieces() const override { return weights ? kernel.phases() : 0; }
  void repack(int piece) override {
    kernel.pack(weights->used().data(), scaleOrNull(), packedWeights(), piece,
                piece + 1);
  }

private:
  const float *scaleOrNull() const {
    return scale.empty() ? nullptr : scale.data();
  }
  float *packedWeights() const {
    return reinterpret_cast<float *>(packed.data());
  }

  ConvolutionShape shape;
  kernels::DataGradient kernel;
  AlignedMemory packed;
  BoundEpilogue epilogue;
  std::vector<float> scale; ///< what follows a layer that is not trained
  Parameter *weights = nullptr;
  int64_t rows;
  uint32_t input, output;
  PlacedView in, out;
  size_t scratch = 0;
};

class WeightGradientStep : public BatchSum {
public:
  WeightGradientStep(TrainingBinder &binder, const plan::Step &step,
                     const plan::Step &forward)
      : shape(layerShapeOf(binder.program, forward)),
        kernel(shape, binder.strict ? kernels::ConvolutionAlgorithm::direct
                                    : kernels::ConvolutionAlgorithm::automatic),
        weights(binder.parameters.of(binder.program, forward, 1,
                                     Parameter::Kind::weights)),
        gradient(step.inputs(0)), input(step.inputs(1)) {
    if (forward.inputs_size() > 2)
      bias = &binder.parameters.of(binder.program, forward, 2,
                                   Parameter::Kind::bias);
  }

  Border wantedBorder(int operand) const override {
    if (shape.heightIn + shape.widthIn <= 2)
      return {};
    return borderOf(operand == 1 ? kernel.border() : kernel.gradientBorder());
  }
  size_t scratchBytes(int64_t calls) const override {
    return kernel.scratch(calls) * sizeof(float);
  }
  void place(std::span<const Placement> values, size_t scratchOffset) override {
    scratch = scratchOffset;
    g = viewOf(values[gradient], shape.channelsOut);
    x = viewOf(values[input], shape.channelsIn);
  }
  void setLanes(unsigned count, bool lastFirst) override {
    lastLaneFirst = lastFirst;
    for (unsigned lane = 0; lane < count; ++lane)
      buffers.emplace_back(laneBytes());
    isClosed.resize(count);
    sums.resize(count);
  }
  void begin(unsigned lanes) override {
    usedLanes = lanes;
    merged = 0;
    free.clear();
    for (const AlignedMemory &buffer : buffers)
      free.push_back(reinterpret_cast<float *>(buffer.data()));
    isClosed.assign(isClosed.size(), false);
  }
  size_t laneBytes() const override {
    return (kernel.packedWeights() + biasSums() + biasBuffer()) * sizeof(float);
  }
  void clear(unsigned lane) override {
    {
      std::lock_guard lock(mutex);
      merge();
      sums[lane] = free.back();
      free.pop_back();
    }
    std::fill_n(sums[lane], summands(), 0.0f);
  }
  int add(const Pass &pass, unsigned lane) override {
    const kernels::ImageView at = g.in(pass);
    if (int status =
            kernel.run(x.in(pass), at, sums[lane],
                       reinterpret_cast<float *>(pass.scratch + scratch)))
      return status;
    if (!bias)
      return 0;
    float *total = sums[lane] + kernel.packedWeights(),
          *part = total + biasSums();
    if (int status = kernels::channelSums(at, at, nullptr, nullptr, part))
      return status;
    for (size_t c = 0; c < biasSums(); ++c)
      total[c] += part[c];
    return 0;
  }
  void close(unsigned lane) override {
    std::lock_guard lock(mutex);
    isClosed[lane] = true;
  }
  int pieces() const override { return kernel.blocks(); }
  void finish(unsigned, int64_t, int piece) override {
    std::vector<const float *> parts;
    for (unsigned turn = merged == 0 ? 0 : merged - 1; turn < usedLanes; ++turn)
      parts.push_back(sums[laneOf(turn)]);
    kernel.unpack(parts, weights.gradient.data(), piece, piece + 1);
    if (!bias || piece != 0)
      return;
    for (int c = 0; c < shape.channelsOut; ++c) {
      float total = 0;
      for (const float *part : parts)
        total += part[kernel.packedWeights() + c];
      bias->gradient[c] = total;
    }
  }

private:
  /// Adds up lanes that are closed, in their order, so that those to come find
  /// memory that is still in a cache. What is left at the end, threads share
  /// (finish).
  void merge() {
    const size_t count = summands();
    for (; merged < usedLanes && isClosed[laneOf(merged)]; ++merged) {
      if (merged == 0)
        continue;
      float *total = sums[laneOf(merged - 1)],
            *part = std::exchange(sums[laneOf(merged)], total);
      for (size_t i = 0; i < count; ++i)
        total[i] += part[i];
      free.push_back(part);
    }
  }
  unsigned laneOf(unsigned turn) const {
    return lastLaneFirst ? usedLanes - 1 - turn : turn;
  }
  size_t summands() const { return kernel.packedWeights() + biasSums(); }
  size_t biasSums() const {
    return bias ? kernels::paddedChannels(shape.channelsOut) : 0;
  }
  size_t biasBuffer() const { return 2 * biasSums(); }

  ConvolutionShape shape;
  kernels::WeightGradient kernel;
  Parameter &weights, *bias = nullptr;
  /// As many as lanes; of those never needed no page is taken. Each holds
  /// sums of weights and bias, and working memory.
  std::vector<AlignedMemory> buffers;
  std::vector<float *> free;  ///< buffers
  std::vector<float *> sums;  ///< by lane
  std::vector<bool> isClosed; ///< by lane
  /// Lanes whose sum stands in the buffer of the last of them.
  unsigned merged = 0;
  unsigned usedLanes = 0;
  bool lastLaneFirst = false;
  std::mutex mutex;
  uint32_t gradient, input;
  PlacedView g, x;
  size_t scratch = 0;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindLayer(TrainingBinder &binder, int s) {
  const plan::Step &step = binder.program.plan.steps(s),
                   &forward = binder.forwardOf(s);
  const bool isTrained = binder.isTrained[binder.forward[s]];
  if (step.operation() == "data_gradient")
    return std::make_unique<DataGradientStep>(binder, step, forward, isTrained);
  if (step.operation() == "weight_gradient")
    return std::make_unique<WeightGradientStep>(binder, step, forward);
  if (isTrained && step.operation() != "batch_norm" && &step == &forward)
    return std::make_unique<TrainedLayer>(binder, step);
  return nullptr;
}
