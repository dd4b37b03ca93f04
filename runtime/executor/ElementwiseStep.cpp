//===- ElementwiseStep.cpp - Number by number -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Kernels.h"

#include <algorithm>
#include <optional>

using namespace cim;

namespace {

/// epilogue(x).
class ScaleOffsetStep : public BoundStep {
public:
  ScaleOffsetStep(uint32_t input, uint32_t output, BoundEpilogue epilogue)
      : input(input), output(output), epilogue(std::move(epilogue)) {}

  void place(std::span<const Placement> values, size_t) override {
    in = elementsOf(values[input]);
    out = elementsOf(values[output]);
    epilogue.place(values, elementsOf);
  }

  bool runsInPlace() const override { return true; }

  int run(const Pass &pass) const override {
    return kernels::scaleOffset(in.in(pass), epilogue.in(pass), out.in(pass));
  }

private:
  uint32_t input, output;
  BoundEpilogue epilogue;
  PlacedView in, out;
};

/// epilogue(a op b), images of one pixel broadcast.
class BinaryStep : public BoundStep {
public:
  BinaryStep(kernels::BinaryOperation operation, const plan::Step &step,
             BoundEpilogue epilogue)
      : operation(operation), left(step.inputs(0)), right(step.inputs(1)),
        output(step.outputs(0)), epilogue(std::move(epilogue)) {}

  void place(std::span<const Placement> values, size_t) override {
    out = elementsOf(values[output]);
    a = broadcast(elementsOf(values[left]));
    b = broadcast(elementsOf(values[right]));
    epilogue.place(values, elementsOf);
  }

  bool runsInPlace() const override { return true; }

  int run(const Pass &pass) const override {
    return kernels::binary(operation, a.in(pass), b.in(pass), epilogue.in(pass),
                           out.in(pass));
  }

private:
  /// \p operand with the size of the result.
  PlacedView broadcast(const PlacedView &operand) const {
    kernels::ImageView view = operand.oneCall();
    if (view.width < out.oneCall().width)
      view.pixelStride = 0;
    if (view.height < out.oneCall().height)
      view.rowStride = 0;
    view.width = out.oneCall().width;
    view.height = out.oneCall().height;
    return operand.withView(view);
  }

  kernels::BinaryOperation operation;
  uint32_t left, right, output;
  BoundEpilogue epilogue;
  PlacedView a, b, out;
};

bool haveSameShape(const plan::Value &a, const plan::Value &b) {
  return a.layout() == b.layout() && std::ranges::equal(a.shape(), b.shape());
}

/// Channels of \p y as the elementwise kernels see it: of images; or all
/// elements of a value of rows, if its dimension 1 has them all, as epilogues
/// mean it.
std::optional<int64_t> channelsOf(const plan::Value &y) {
  if (y.shape_size() < 2)
    return std::nullopt;
  if (y.layout() == plan::CHANNELS_LAST)
    return y.shape(1);
  for (int d = 0; d < y.shape_size(); ++d)
    if (d != 1 && y.shape(d) != 1)
      return std::nullopt;
  return y.shape(1);
}

/// The constant \p index as one number per channel of \p y, or nothing when it
/// varies otherwise.
std::optional<std::vector<float>>
perChannel(const Program &program, uint32_t index, const plan::Value &y) {
  auto channels = channelsOf(y);
  const Tensor &tensor = program.constant(index);
  if (!channels)
    return std::nullopt;
  std::span<const float> numbers = tensor.as<float>();
  if (tensor.elements() == 1)
    return std::vector<float>(*channels, numbers[0]);
  // Aligned at the last dimension, the channels must stand at dimension 1.
  size_t fromEnd = y.shape_size() - 1;
  if (tensor.elements() != *channels || tensor.shape.size() < fromEnd ||
      tensor.shape[tensor.shape.size() - fromEnd] != *channels)
    return std::nullopt;
  return std::vector<float>(numbers.begin(), numbers.end());
}

std::unique_ptr<BoundStep> bindWithConstant(const Program &program,
                                            const plan::Step &step) {
  const plan::Value &y = program.value(step.outputs(0));
  bool constantFirst = program.isConstant(step.inputs(0));
  uint32_t x = step.inputs(constantFirst), c = step.inputs(!constantFirst);
  if (program.isConstant(x) || !haveSameShape(program.value(x), y))
    return nullptr;
  auto numbers = perChannel(program, c, y);
  if (!numbers)
    return nullptr;
  std::vector<float> factors;
  if (step.operation() == "mul") {
    factors = std::move(*numbers);
    numbers->clear();
  } else if (step.operation() == "sub") {
    if (constantFirst)
      factors.assign(numbers->size(), -1);
    else
      for (float &number : *numbers)
        number = -number;
  }
  return std::make_unique<ScaleOffsetStep>(
      x, step.outputs(0),
      BoundEpilogue(program, step, *channelsOf(y), factors, *numbers));
}

std::unique_ptr<BoundStep> bindBinary(const Program &program,
                                      const plan::Step &step,
                                      kernels::BinaryOperation operation) {
  const plan::Value &y = program.value(step.outputs(0));
  if (program.isConstant(step.inputs(0)) || program.isConstant(step.inputs(1)))
    return bindWithConstant(program, step);
  for (uint32_t input : step.inputs()) {
    const plan::Value &x = program.value(input);
    if (haveSameShape(x, y))
      continue;
    if (x.layout() != plan::CHANNELS_LAST ||
        y.layout() != plan::CHANNELS_LAST || x.shape(0) != y.shape(0) ||
        x.shape(1) != y.shape(1))
      return nullptr; // broadcast in other ways than pixels
  }
  return std::make_unique<BinaryStep>(
      operation, step, BoundEpilogue(program, step, elementChannels(y)));
}

/// The activations that are operations of their own, as an epilogue.
std::optional<plan::Epilogue> activationOf(const plan::Step &step) {
  plan::Epilogue epilogue;
  if (step.operation() == "relu") {
    epilogue.set_activation(plan::RELU);
  } else if (step.operation() == "clip") {
    epilogue.set_activation(plan::CLIP);
    epilogue.set_lowest(number(step, "lowest"));
    epilogue.set_highest(number(step, "highest"));
  } else if (step.operation() == "leaky_relu") {
    epilogue.set_activation(plan::LEAKY_RELU);
    epilogue.set_lowest(number(step, "alpha"));
  } else {
    return std::nullopt;
  }
  return epilogue;
}

std::unique_ptr<BoundStep> bindUnary(const Program &program,
                                     const plan::Step &step) {
  const plan::Value &y = program.value(step.outputs(0));
  if (program.isConstant(step.inputs(0)) ||
      !haveSameShape(program.value(step.inputs(0)), y))
    return nullptr;
  return std::make_unique<ScaleOffsetStep>(
      step.inputs(0), step.outputs(0),
      BoundEpilogue(program, step, elementChannels(y)));
}

} // namespace

std::unique_ptr<BoundStep> cim::bindElementwise(const Program &program,
                                                const plan::Step &step) {
  const plan::Epilogue &epilogue = step.epilogue();
  if (!BoundEpilogue::isSupported(program, step) ||
      ((epilogue.has_scale() || epilogue.has_offset()) &&
       !channelsOf(program.value(step.outputs(0)))))
    return nullptr;
  if (step.operation() == "add")
    return bindBinary(program, step, kernels::BinaryOperation::add);
  if (step.operation() == "sub")
    return bindBinary(program, step, kernels::BinaryOperation::subtract);
  if (step.operation() == "mul")
    return bindBinary(program, step, kernels::BinaryOperation::multiply);
  if (step.operation() == "scale_offset")
    return bindUnary(program, step);
  if (auto activation = activationOf(step);
      activation && !step.has_epilogue()) {
    plan::Step withEpilogue = step;
    *withEpilogue.mutable_epilogue() = *activation;
    return bindUnary(program, withEpilogue);
  }
  return nullptr;
}
