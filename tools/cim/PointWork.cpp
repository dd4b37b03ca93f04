//===- PointWork.cpp - Chips with given errors, computed and kept -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/PointWork.h"
#include "runtime/tensor/Errors.h"

using namespace cim;

double Point::accuracy(int64_t trial) const {
  return double(trials.at(trial).correct) / double(identity.images);
}

Result Point::result(int64_t end, Sampling sampling) const {
  Result result{options, {}, sampling, 0, isRandom()};
  for (const auto &[trial, stored] : trials) {
    if (trial >= end)
      break;
    result.chips.push_back({trial, accuracy(trial)});
    result.seconds += stored.programSeconds + stored.forwardSeconds;
  }
  return result;
}

PointWork::PointWork(const ModelFlags &model, std::string dataSpec,
                     const DataSet &images, EvaluationOptions evaluation,
                     Store &store, Calibrate calibrate)
    : model(model), dataSpec(std::move(dataSpec)), data(images),
      evaluation(std::move(evaluation)), store(store),
      calibrate(std::move(calibrate)),
      source(model, [this](const std::string &message) { warnOnce(message); }) {
}

void PointWork::warnOnce(const std::string &message) {
  if (warnings.insert(message).second)
    warn(message);
}

void PointWork::refresh(Point &point, int64_t end) const {
  if (!point.known)
    point.known = store.find(point.identity);
  if (point.known)
    point.trials = store.trials(point.known->id, evaluation.seed,
                                point.known->isRandom ? end : 1);
}

void PointWork::prepare(Point &point) {
  if (prepared == point.identity)
    return;
  try {
    prepared.reset();
    evaluator = nullptr;
    network = Network(); // one at a time
    network = source.load(point.requests);
    calibrate(network,
              [this](const std::string &message) { warnOnce(message); });
    compileSeconds += network.compileSeconds;
    if (!point.known) {
      const bool random = cim::isRandom(network.plan);
      point.known = {store.add(point.identity, model.path, dataSpec, random),
                     random};
    }
    Stopwatch stopwatch;
    evaluator = std::make_unique<Evaluator>(network.plan, network.tensors, data,
                                            evaluation);
    programSeconds += stopwatch.seconds();
  } catch (const InputError &error) {
    throw InputError("at " + point.name + ": " + error.what());
  }
  Evaluation made;
  evaluator->describe(made);
  for (const std::string &line : made.warnings)
    warnOnce(line);
  prepared = point.identity;
}

bool PointWork::run(Point &point, int64_t trial) {
  if (!point.known)
    point.known = store.find(point.identity);
  if (!point.isRandom() && trial > 0)
    return true;
  // Another process may have finished it since the last look.
  if (point.known && store.contains(point.known->id, evaluation.seed, trial)) {
    point.trials.merge(
        store.trials(point.known->id, evaluation.seed, trial + 1));
    return true;
  }
  prepare(point);
  if (!point.isRandom() && trial > 0)
    return true;
  const auto chip = evaluator->run(trial);
  if (!chip)
    return false;
  const StoredTrial result{chip->correct, chip->correctTop5,
                           chip->programSeconds, chip->forwardSeconds};
  store.put(point.known->id, evaluation.seed, trial, result);
  point.trials[trial] = result;
  programSeconds += chip->programSeconds;
  forwardSeconds += chip->forwardSeconds;
  ++computed;
  return true;
}
