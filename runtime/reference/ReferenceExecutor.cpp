//===- ReferenceExecutor.cpp - Runs a plan in double precision ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/ReferenceExecutor.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/kernels/Bfloat16.h"
#include "runtime/plan/OneImage.h"
#include "runtime/programming/Programming.h"
#include "runtime/reference/Conversion.h"
#include "runtime/threads/Workers.h"

#include <algorithm>
#include <atomic>

using namespace cim;

static reference::Tensor convert(const Tensor &tensor) {
  plan::Value value;
  value.set_element_type(tensor.type);
  value.mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  reference::Tensor result = zeros(value);
  readElements(tensor.type, tensor.data.get(), result);
  return result;
}

static void roundToBfloat16(reference::Tensor &tensor) {
  for (double &number : tensor.numbers)
    number = kernels::roundToBfloat16(float(number));
}

ReferenceExecutor::ReferenceExecutor(plan::Plan plan, const TensorMap &tensors,
                                     Precision precision)
    : program_(oneImage(std::move(plan))), tensors(tensors) {
  if (precision == Precision::bf16)
    bfloat16 = bfloat16Values(program_);
  for (const plan::Layer &layer : program_.layers()) {
    weights.push_back(convert(tensors.at(layer.weights())));
    if (!bfloat16.empty() && !readsArrays(layer))
      roundToBfloat16(weights.back());
  }
  converted.resize(program_.layers_size());
  countsMutex = std::make_unique<std::mutex>();
  for (const plan::Step &step : program_.steps()) {
    mapped.emplace_back();
    if (!step.has_layer())
      continue;
    const plan::Layer &layer = program_.layers(step.layer());
    requireRanges(layer);
    if (readsArrays(layer))
      mapped.back() = std::make_unique<MappedLayer>(
          step, layer, readNoiseOf(program_, step));
  }

  // A layer's float weights are also a value, which nothing needs here unless
  // a step reads it as an ordinary operand.
  std::vector<bool> used(program_.values_size());
  for (const plan::Step &step : program_.steps()) {
    for (int operand = 0; operand < step.inputs_size(); ++operand)
      if (!step.has_layer() || operand != 1)
        used[step.inputs(operand)] = true;
    if (step.epilogue().has_scale())
      used[step.epilogue().scale()] = true;
    if (step.epilogue().has_offset())
      used[step.epilogue().offset()] = true;
    if (step.epilogue().has_residual())
      used[step.epilogue().residual()] = true;
  }
  for (uint32_t output : program_.outputs())
    used[output] = true;
  for (int v = 0; v < program_.values_size(); ++v) {
    const std::string &constant = program_.values(v).constant();
    constants.push_back(used[v] && !constant.empty()
                            ? convert(tensors.at(constant))
                            : reference::Tensor());
  }
}

void ReferenceExecutor::program(const Chip &chip) {
  counts = {};
  for (int l = 0; l < program_.layers_size(); ++l) {
    const plan::Layer &layer = program_.layers(l);
    LayerProgram chain(layer, tensors.at(layer.weights()));
    std::vector<float> written(weights[l].numbers.size());
    chain.writeAll(chip, written, &counts);
    std::ranges::copy(written, weights[l].numbers.begin());
    for (int s = 0; s < program_.steps_size(); ++s)
      if (mapped[s] && program_.steps(s).layer() == uint32_t(l))
        mapped[s]->write(chip, chain);
    if (!bfloat16.empty() && !readsArrays(layer))
      roundToBfloat16(weights[l]);
  }
}

std::vector<ConverterCounts> ReferenceExecutor::converterCounts() const {
  const std::scoped_lock lock(*countsMutex);
  return converted;
}

std::vector<reference::Tensor>
ReferenceExecutor::evaluate(std::span<const reference::Tensor> inputs,
                            uint64_t firstImage, const Batch &batch) const {
  std::vector<ConverterCounts> here(program_.layers_size());
  std::vector<reference::Tensor> computed(program_.values_size());
  auto keep = [&](uint32_t index, reference::Tensor result) {
    computed[index] = std::move(result);
    wrapIntegers(program_.values(index).element_type(), computed[index]);
    if (!bfloat16.empty() && bfloat16[index])
      roundToBfloat16(computed[index]);
  };
  for (int i = 0; i < program_.inputs_size(); ++i)
    keep(program_.inputs(i), inputs[i]);
  auto value = [&](uint32_t index) -> const reference::Tensor & {
    return program_.values(index).constant().empty() ? computed[index]
                                                     : constants[index];
  };

  for (int s = 0; s < program_.steps_size(); ++s) {
    const plan::Step &step = program_.steps(s);
    std::vector<const reference::Tensor *> operands;
    for (uint32_t input : step.inputs())
      operands.push_back(&value(input));
    std::vector<reference::Tensor> drives, digital;
    if (step.has_layer()) {
      operands[1] = &weights[step.layer()];
      drives = driven(program_.layers(step.layer()), *operands[0],
                      here[step.layer()], batch);
      digital = digitalInputs(program_.layers(step.layer()), *operands[0]);
      operands[0] = &drives[0];
    }
    std::vector<reference::Tensor> results;
    for (uint32_t output : step.outputs())
      results.push_back(zeros(program_.values(output)));

    if (mapped[s])
      results[0] = mapped[s]->run(operands, drives, digital, firstImage,
                                  program_.values(step.outputs(0)),
                                  here[step.layer()], batch);
    else if (step.operation() == "relayout" ||
             step.operation() == "scale_offset")
      results[0] = *operands[0];
    else
      evaluateStep(step, attributesOf(step), operands, results);
    if (step.has_epilogue())
      applyEpilogue(step.epilogue(), value, results[0]);
    for (int i = 0; i < step.outputs_size(); ++i)
      keep(step.outputs(i), std::move(results[i]));
  }
  for (int v = 0; v < program_.values_size(); ++v)
    if (!program_.values(v).constant().empty())
      computed[v] = constants[v];
  const std::scoped_lock lock(*countsMutex);
  for (size_t l = 0; l < converted.size(); ++l)
    converted[l] += here[l];
  return computed;
}

int64_t ReferenceExecutor::inputElements() const {
  const plan::Value &input = program_.values(program_.inputs(0));
  return zeros(input).numbers.size() / imagesPerCall(program_);
}

int64_t ReferenceExecutor::outputElements() const {
  const plan::Value &output = program_.values(program_.outputs(0));
  return zeros(output).numbers.size() / imagesPerCall(program_);
}

void ReferenceExecutor::runCall(int64_t first, int64_t images,
                                const ReadImage &read,
                                const WriteResult &write) const {
  reference::Tensor input = zeros(program_.values(program_.inputs(0)));
  std::vector<float> image(inputElements());
  // The last call of a fixed batch may have fewer images; the rest stay zero.
  for (int64_t i = 0; i < images; ++i) {
    read(first + i, image.data());
    std::ranges::copy(image, input.numbers.begin() + i * image.size());
  }
  std::vector<reference::Tensor> values =
      evaluate({&input, 1}, first, {images, imagesPerCall(program_)});
  const double *logits = values[program_.outputs(0)].numbers.data();
  for (int64_t i = 0; i < images; ++i)
    write(first + i, logits + i * outputElements());
}

bool ReferenceExecutor::run(int64_t images, const ReadImage &read,
                            const WriteResult &write, unsigned threads,
                            const std::function<bool()> &stop) const {
  int64_t batch = imagesPerCall(program_);
  std::atomic<int64_t> next = 0;
  std::atomic<bool> stopped = false;
  Workers(threads).run([&](unsigned) {
    for (;;) {
      int64_t first = next.fetch_add(batch);
      if (first >= images || stopped)
        return;
      if (stop && stop()) {
        stopped = true;
        return;
      }
      runCall(first, std::min(batch, images - first), read, write);
    }
  });
  return !stopped;
}
