//===- Evaluation.cpp - Accuracy of a network over chips -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/converters/Mismatch.h"
#include "runtime/evaluation/Conditions.h"
#include "runtime/evaluation/LabelRank.h"
#include "runtime/executor/KeptActivations.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "runtime/tensor/Errors.h"
#include "runtime/threads/Workers.h"

#include <algorithm>
#include <chrono>
#include <span>

using namespace cim;

namespace {

double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// "8×32×32"
std::string shapeText(std::span<const int64_t> shape) {
  std::string text;
  for (int64_t dimension : shape)
    text += (text.empty() ? "" : "×") + std::to_string(dimension);
  return text;
}

} // namespace

std::vector<int64_t> cim::imageShape(const plan::Plan &plan) {
  if (plan.inputs_size() != 1)
    throw InputError("the network has " + std::to_string(plan.inputs_size()) +
                     " inputs, but only networks with one, the image, can be "
                     "evaluated on data");
  const plan::Value &input = plan.values(plan.inputs(0));
  if (input.element_type() != plan::F32 || input.shape_size() < 2)
    throw InputError("the network's input '" + input.name() +
                     "' is no batch of floating-point images, so it cannot be "
                     "evaluated on data");
  return {input.shape().begin() + 1, input.shape().end()};
}

int64_t cim::classCount(const plan::Plan &plan) {
  if (plan.outputs_size() == 0)
    throw InputError("the network has no output");
  const plan::Value &output = plan.values(plan.outputs(0));
  if (output.element_type() != plan::F32 || output.shape_size() < 2)
    throw InputError("the network's output '" + output.name() +
                     "' is no batch of floating-point logits, so it cannot be "
                     "evaluated on data");
  const std::vector<int64_t> answer(output.shape().begin() + 1,
                                    output.shape().end());
  if (std::ranges::count_if(
          answer, [](int64_t dimension) { return dimension > 1; }) > 1)
    throw InputError("the network's output '" + output.name() + "' is " +
                     shapeText(answer) +
                     " per image, not one row of logits; export the network "
                     "with its classifier");
  return elementCount(answer);
}

static bool differsAmongChips(const plan::Layer &layer) {
  const plan::Correlated &correlated = layer.correlated();
  return layer.has_device() || correlated.column() != 0 ||
         correlated.array() != 0 || correlated.die() != 0 ||
         layer.read_noise().width() != 0 || hasMismatch(layer.dac()) ||
         hasMismatch(layer.adc()) ||
         (layer.has_noise() && layer.noise().width() != 0) ||
         (layer.has_faults() &&
          (layer.faults().low() != 0 || layer.faults().high() != 0 ||
           layer.faults().flip() != 0));
}

bool cim::isRandom(const plan::Plan &plan) {
  return std::any_of(plan.layers().begin(), plan.layers().end(),
                     differsAmongChips);
}

Evaluator::Evaluator(const plan::Plan &asIs, const TensorMap &tensors,
                     const DataSet &data, EvaluationOptions asked)
    : data(data), options(std::move(asked)), classes(classCount(asIs)) {
  if (countsReads(asIs))
    counted = withReads(asIs, data.images());
  const plan::Plan &plan = counted ? *counted : asIs;
  if (options.reference)
    reference = std::make_unique<ReferenceExecutor>(plan, tensors,
                                                    options.executor.precision);
  else
    executor = std::make_unique<Executor>(plan, tensors, options.executor);
  shared = sharedSteps(plan);
}

int Evaluator::sharedSteps(const plan::Plan &plan) const {
  // What is counted or timed at every read is wanted of every chip.
  if (!executor || options.executor.profile || hasConverters(plan))
    return 0;
  int first = executor->steps(), firstDifferent = first;
  for (int l = 0; l < plan.layers_size(); ++l) {
    const int use = executor->firstUseOf(l);
    first = std::min(first, use);
    if (differsAmongChips(plan.layers(l)))
      firstDifferent = std::min(firstDifferent, use);
  }
  constexpr size_t mostBytes = size_t(1) << 30;
  const size_t calls = (data.images() + executor->imagesPerCall() - 1) /
                       executor->imagesPerCall();
  const bool isWorthIt =
      first < firstDifferent && firstDifferent < executor->steps() &&
      calls <= mostBytes / std::max<size_t>(1, executor->keptBytesPerCall());
  return isWorthIt ? firstDifferent : 0;
}

Evaluator::~Evaluator() = default;

std::optional<ChipResult> Evaluator::run(uint64_t trial, float *logits) {
  ChipResult result;
  const Chip chip{options.seed, trial, 0};
  auto begin = std::chrono::steady_clock::now();
  reference ? reference->program(chip) : executor->program(chip);
  result.programSeconds = secondsSince(begin);
  result.writes = reference ? reference->writes() : executor->writes();

  std::atomic<int64_t> correct = 0, correctTop5 = 0;
  auto read = [&](int64_t index, float *image) { data.read(index, image); };
  auto write = [&](int64_t index, const auto *answer) {
    const int64_t rank = rankOf(data.label(index), answer, classes);
    if (rank < 1) {
      correct.fetch_add(1, std::memory_order_relaxed);
      if (options.rightPerImage)
        ++options.rightPerImage[index];
    }
    if (rank < 5)
      correctTop5.fetch_add(1, std::memory_order_relaxed);
    if (logits)
      std::copy_n(answer, classes, logits + index * classes);
    if (options.imagesDone)
      options.imagesDone->fetch_add(1, std::memory_order_relaxed);
  };
  begin = std::chrono::steady_clock::now();
  if (shared > 0 && runs++ > 0 && !kept) {
    kept = std::make_unique<KeptActivations>(*executor, data.images());
    if (!executor->keep(*kept, 0, data.images(), shared, read, options.stop)) {
      kept = nullptr;
      return std::nullopt;
    }
  }
  const bool complete =
      reference ? reference->run(data.images(), read, write,
                                 options.executor.threads, options.stop)
      : kept    ? executor->resume(*kept, write, options.stop)
                : executor->run(data.images(), read, write, options.stop);
  if (!complete)
    return std::nullopt;
  result.forwardSeconds = secondsSince(begin);
  result.correct = correct;
  result.correctTop5 = correctTop5;
  return result;
}

void Evaluator::describe(Evaluation &result) const {
  result.images = data.images();
  result.classes = classes;
  result.converters =
      reference ? reference->converterCounts() : executor->converterCounts();
  if (reference) {
    result.threads =
        options.executor.threads ? options.executor.threads : usableCores();
    return;
  }
  result.threads = executor->threads();
  result.microBatch = executor->microBatch();
  result.profile = executor->profile();
  result.warnings = executor->warnings();
}

Evaluation cim::evaluate(const plan::Plan &plan, const TensorMap &tensors,
                         const DataSet &data,
                         const EvaluationOptions &options) {
  Evaluation result;
  const auto begin = std::chrono::steady_clock::now();
  Evaluator evaluator(plan, tensors, data, options);
  result.programSeconds = secondsSince(begin);
  if (options.keepLogits)
    result.logits.resize(data.images() * classCount(plan));
  for (int64_t trial = 0; trial < options.trials; ++trial) {
    const bool kept = options.keepLogits && trial == 0;
    const auto chip =
        evaluator.run(trial, kept ? result.logits.data() : nullptr);
    if (!chip) {
      result.stopped = true;
      break;
    }
    result.programSeconds += chip->programSeconds;
    result.forwardSeconds += chip->forwardSeconds;
    result.correct.push_back(chip->correct);
    result.correctTop5.push_back(chip->correctTop5);
    result.writes.push_back(chip->writes);
  }
  evaluator.describe(result);
  return result;
}
