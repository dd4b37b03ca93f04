//===- Trainer.cpp - Epochs of training -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace cim;

int64_t TrainingRecipe::trainedImages(int64_t images) const {
  const int64_t held = std::llround(holdBack * images);
  if (held >= images)
    throw InputError("--hold-back leaves no images to train on; use more "
                     "images or hold back fewer");
  if (holdBack > 0 && held == 0)
    throw InputError("--hold-back leaves no images to judge by; use more "
                     "images or hold back more");
  return images - held;
}

Trainer::Trainer(TrainingProgram &program, const plan::Plan &lowered,
                 const TensorMap &tensors, const DataSet &data,
                 const TrainingRecipe &recipe, TrainerOptions options)
    : program(program), lowered(lowered), tensors(tensors), data(data),
      recipe(recipe), options(std::move(options)),
      augmentation(data, recipe.augmentation, this->options.stream),
      optimiser(recipe.optimiser), images(recipe.trainedImages(data.images())) {
  if (!this->options.kept)
    return;
  restore(*this->options.kept);
  spare(epoch * images + std::min(step * recipe.batch, images));
}

void Trainer::spare(int64_t count) const {
  if (options.imagesSpared)
    options.imagesSpared->fetch_add(count);
}

bool Trainer::run() {
  while (epoch < recipe.epochs) {
    if (isOverfitting())
      break;
    if (!runEpoch(epoch))
      return false;
  }
  spare((recipe.epochs - epoch) * images);
  if (recipe.patience > 0 && bestEpoch >= 0) {
    auto &parameters = program.parameters();
    for (size_t p = 0; p < parameters.size(); ++p)
      parameters[p].value = best[p];
  }
  return true;
}

bool Trainer::isOverfitting() const {
  return recipe.patience > 0 && bestEpoch >= 0 &&
         epoch - 1 - bestEpoch >= recipe.patience;
}

bool Trainer::runEpoch(int64_t current) {
  const std::vector<int64_t> order =
      shuffledOrder(options.stream, current, images);
  const auto begin = std::chrono::steady_clock::now();
  auto seconds = [&] {
    return secondsBefore + std::chrono::duration<double>(
                               std::chrono::steady_clock::now() - begin)
                               .count();
  };
  auto stop = [&] {
    secondsBefore = seconds();
    save(current, step);
    return false;
  };
  for (; step < stepsPerEpoch(); ++step) {
    if (options.stop && options.stop())
      return stop();
    runStep(current, step, order);
  }
  // The loss does not tell of what its last step did.
  for (const Parameter &parameter : program.parameters())
    if (!std::ranges::all_of(parameter.value,
                             [](float x) { return std::isfinite(x); }))
      throwDiverged("'" + parameter.tensor + "'", current);
  EpochResult result;
  if (images < data.images()) {
    result.heldBack = heldBackAccuracy();
    if (!result.heldBack)
      return stop();
  }
  result.loss = loss / images;
  result.accuracy = double(correct) / images;
  result.seconds = seconds();
  history.push_back(result);
  finishEpoch(current);
  if (options.epochDone)
    options.epochDone(current, result);
  return true;
}

void Trainer::runStep(int64_t current, int64_t at,
                      const std::vector<int64_t> &order) {
  const int64_t first = at * recipe.batch,
                count = std::min(recipe.batch, images - first);
  std::vector<int64_t> labels(count), views;
  for (int64_t i = 0; i < count; ++i) {
    labels[i] = data.label(order[first + i]);
    if (augmentation.repeats())
      views.push_back(augmentation.view(current, order[first + i]));
  }
  const int64_t number = current * stepsPerEpoch() + at;
  if (options.beforeStep)
    options.beforeStep(number);
  program.update();
  const TrainingProgram::BatchResult result = program.run(
      labels,
      [&](int64_t i, float *image) {
        augmentation.read(current, order[first + i], image);
      },
      views);
  if (!std::isfinite(result.loss))
    throwDiverged("the loss of step " + std::to_string(number + 1), current);
  loss += result.loss;
  correct += result.correct;
  optimiser.step(
      program.parameters(),
      recipe.learningRate.at(number, recipe.epochs, stepsPerEpoch()));
  if (options.afterStep)
    options.afterStep(number);
  if (options.imagesDone)
    options.imagesDone->fetch_add(count, std::memory_order_relaxed);
}

void Trainer::throwDiverged(const std::string &what, int64_t current) const {
  throw TrainingDiverged("training diverged: " + what + " (epoch " +
                             std::to_string(current + 1) +
                             ") is not finite; use a smaller --learning-rate",
                         options.keep && !history.empty()
                             ? "; the checkpoint holds the last good epoch"
                             : "");
}

void Trainer::finishEpoch(int64_t current) {
  const double accuracy = history.back().heldBack.value_or(0);
  if (recipe.patience > 0 &&
      (bestEpoch < 0 || accuracy > history[bestEpoch].heldBack)) {
    bestEpoch = current;
    best.clear();
    for (const Parameter &parameter : program.parameters())
      best.push_back(parameter.value);
  }
  epoch = current + 1;
  step = correct = 0;
  loss = secondsBefore = 0;
  save(epoch, 0);
}

std::optional<double> Trainer::heldBackAccuracy() const {
  const auto right = countCorrect(
      lowered, withParameters(tensors, program.parameters()), options.chip,
      data, {images, data.images()}, options.executor, options.stop);
  if (!right)
    return std::nullopt;
  return double(*right) / (data.images() - images);
}
