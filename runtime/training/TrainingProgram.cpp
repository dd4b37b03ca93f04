//===- TrainingProgram.cpp - Computes gradients of a network --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A batch is cut into chunks of a few images, which fit a core's cache, each
// with an arena of its own that holds everything from the images to the last
// gradient. A worker takes a chunk through as many steps as it can: until
// something of the whole batch is needed, which only batch normalisation does.
// Chunks are grouped into lanes, which own what is summed up over images
// (BatchSum).
//
//===----------------------------------------------------------------------===//
#include "runtime/training/TrainingProgram.h"

#include "runtime/executor/Arena.h"
#include "runtime/executor/BindStep.h"
#include "runtime/executor/Layers.h"
#include "runtime/executor/Memory.h"
#include "runtime/plan/OneImage.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Differentiate.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

using namespace cim;

namespace {

/// Which steps of a plan as lowered are trained.
class TrainedSteps {
public:
  TrainedSteps(const plan::Plan &plan, const std::set<uint32_t> &layers,
               bool allNormalizations)
      : layers(layers) {
    std::set<uint32_t> results; // of trained layers
    for (const plan::Step &step : plan.steps()) {
      if (isTrainedLayer(step))
        results.insert(step.outputs(0));
      if (step.operation() == "batch_norm" &&
          (allNormalizations || results.contains(step.inputs(0))) &&
          !plan.values(step.inputs(1)).constant().empty())
        normalizations.insert(plan.values(step.inputs(1)).constant());
    }
  }

  bool contains(const plan::Plan &plan, const plan::Step &step) const {
    return isTrainedLayer(step) ||
           (step.operation() == "batch_norm" &&
            normalizations.contains(plan.values(step.inputs(1)).constant()));
  }

private:
  bool isTrainedLayer(const plan::Step &step) const {
    return step.has_layer() && layers.contains(step.layer());
  }

  const std::set<uint32_t> &layers;
  std::set<std::string> normalizations; ///< by the name of their scale
};

/// The plan as it is trained. Fusion adds constants to \p tensors.
DifferentiatedPlan prepared(plan::Plan plan, TensorMap &tensors,
                            const TrainedSteps &trained) {
  if (plan.inputs_size() != 1 || plan.outputs_size() != 1)
    throw InputError("only networks with one input and one output can be "
                     "trained");
  if (!plan.image_wise())
    throw InputError("the network mixes the images of a batch, so it cannot be "
                     "trained");
  auto trains = [&](const plan::Step &step) {
    return trained.contains(plan, step);
  };
  optimise(plan, tensors, trains);
  plan = oneImage(std::move(plan));
  plan::Plan source = plan;
  return differentiate(std::move(source), trains);
}

/// One step as the inner loop sees it.
struct RunningStep {
  BoundStep *step;
  BatchSum *sum; ///< the step, if it is one
  int index;     ///< in the plan
};

/// A few images of the batch.
struct Chunk {
  AlignedMemory arena;
};

} // namespace

struct TrainingProgram::Implementation {
  Implementation(const plan::Plan &source, const TensorMap &given,
                 const std::set<uint32_t> &trainedLayers,
                 bool allNormalizations, const TrainingProgramOptions &options);

  void bind();
  void layOutMemory();
  void cutPhases();
  void runPhase(size_t phase, std::span<const int64_t> labels,
                const ReadImage &read);
  /// Runs the first \p count phases, with what comes between them.
  void runPhases(size_t count, std::span<const int64_t> labels,
                 const ReadImage &read);
  unsigned usedLanes(int64_t batch) const {
    const int64_t perLane = chunksPerLane * chunkImages;
    return (batch + perLane - 1) / perLane;
  }
  void readChunk(int64_t chunk, int64_t images, std::span<const int64_t> labels,
                 const ReadImage &read, std::vector<float> &dense);
  /// Runs \p task(i) for i below \p count, over all workers.
  void forAll(int count, const std::function<void(int)> &task);
  int64_t imagesOf(int64_t chunk, int64_t batch) const {
    return std::clamp<int64_t>(batch - chunk * chunkImages, 0, chunkImages);
  }

  TrainingProgramOptions options;
  TensorMap tensors;
  std::set<uint32_t> trainedLayers;
  DifferentiatedPlan differentiated;
  Program program;
  Workers workers;
  ParameterSet parameters;
  double momentum = 0.1; ///< of running means and variances
  BoundSteps steps;
  Layers layers;
  std::vector<std::vector<RunningStep>> phases;
  /// The first phases, up to the last statistics of the forward half.
  size_t forwardPhases = 0;
  std::vector<BatchSum *> sums;
  /// Piece by piece of all steps: weights to take anew, sums to finish.
  std::vector<std::pair<WeightedStep *, int>> repacks;
  std::vector<std::pair<BatchSum *, int>> finishes;

  int64_t chunkImages = 1, chunksPerLane = 1;
  unsigned lanes = 1;
  Placement input, labelPlace, lossPlace;
  std::vector<Placement> places;
  size_t arenaBytes = 0;
  std::vector<Chunk> chunks;
  std::vector<std::vector<float>> dense; ///< by worker: one image
};

TrainingProgram::Implementation::Implementation(
    const plan::Plan &source, const TensorMap &given,
    const std::set<uint32_t> &trainedLayers, bool allNormalizations,
    const TrainingProgramOptions &options)
    : options(options), tensors(given), trainedLayers(trainedLayers),
      differentiated(
          prepared(source, tensors,
                   TrainedSteps(source, trainedLayers, allNormalizations))),
      program{differentiated.plan, tensors}, workers(options.threads),
      layers(program) {
  bind();
  layOutMemory();
  cutPhases();
}

void TrainingProgram::Implementation::bind() {
  TrainingBinder binder{program,
                        differentiated.forward,
                        differentiated.isTrained,
                        parameters,
                        momentum,
                        float(options.labelSmoothing),
                        options.strict,
                        {}};
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    std::unique_ptr<BoundStep> step;
    for (auto *bindTraining :
         {bindLayer, bindBatchNorm, bindGradient, bindLoss})
      if (!step)
        step = bindTraining(binder, s);
    if (!step)
      step = bindStep(program, program.plan.steps(s), options.strict);
    if (program.plan.steps(s).has_layer())
      layers.addUser(program.plan.steps(s).layer(), *step);
    if (auto *weighted = dynamic_cast<WeightedStep *>(step.get()))
      for (int piece = 0; piece < weighted->pieces(); ++piece)
        repacks.emplace_back(weighted, piece);
    steps.push_back(std::move(step));
  }
}

void TrainingProgram::Implementation::layOutMemory() {
  ValueStorage storage = storageOf(program, steps);
  // As many images as fit a second-level cache in the widest step; a property
  // of the network, since sums depend on it.
  constexpr size_t cache = size_t(512) << 10;
  size_t widest = 1;
  for (const Geometry &geometry : storage.geometry)
    widest = std::max(widest, geometry.bytes);
  const int64_t batch = options.batch;
  constexpr int64_t mostLanes = 16;
  chunkImages = 1;
  while (chunkImages * 2 * widest <= cache &&
         chunkImages * 2 * mostLanes <= batch)
    chunkImages *= 2;
  const int64_t count = (batch + chunkImages - 1) / chunkImages;

  size_t laneBytes = 0;
  for (auto &step : steps)
    if (auto *sum = dynamic_cast<BatchSum *>(step.get()))
      laneBytes += sum->laneBytes();
  constexpr size_t laneMemory = size_t(128) << 20;
  lanes = std::clamp<int64_t>(laneMemory / std::max<size_t>(laneBytes, 1), 2,
                              mostLanes);
  chunksPerLane = (count + lanes - 1) / lanes;
  lanes = (count + chunksPerLane - 1) / chunksPerLane;

  MemoryPlan memory = planMemory(program, steps, storage, chunkImages);
  places = std::move(memory.values);
  arenaBytes = memory.bytes;
  input = places[program.plan.inputs(0)];
  labelPlace = places[differentiated.labels];
  lossPlace = places[differentiated.losses];
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    if (storage.vanishes[s]) {
      steps[s] = nullptr;
      continue;
    }
    steps[s]->place(places, memory.scratch[s]);
    if (auto *sum = dynamic_cast<BatchSum *>(steps[s].get()))
      sum->setLanes(lanes);
  }
  for (int64_t c = 0; c < count; ++c)
    chunks.push_back({AlignedMemory(arenaBytes)});
  dense.assign(workers.count(), std::vector<float>(input.geometry.elements));
}

void TrainingProgram::Implementation::cutPhases() {
  phases.emplace_back();
  for (size_t s = 0; s < steps.size(); ++s) {
    if (!steps[s])
      continue;
    auto *sum = dynamic_cast<BatchSum *>(steps[s].get());
    phases.back().push_back({steps[s].get(), sum, int(s)});
    if (!sum)
      continue;
    sums.push_back(sum);
    if (sum->isAwaited()) {
      if (program.plan.steps(s).operation() == "batch_norm_statistics")
        forwardPhases = phases.size();
      phases.emplace_back();
    } else
      for (int piece = 0; piece < sum->pieces(); ++piece)
        finishes.emplace_back(sum, piece);
  }
}

void TrainingProgram::Implementation::forAll(
    int count, const std::function<void(int)> &task) {
  std::atomic<int> next = 0;
  workers.run([&](unsigned) {
    for (int i; (i = next.fetch_add(1)) < count;)
      task(i);
  });
}

void TrainingProgram::Implementation::readChunk(int64_t chunk, int64_t images,
                                                std::span<const int64_t> labels,
                                                const ReadImage &read,
                                                std::vector<float> &dense) {
  std::byte *arena = chunks[chunk].arena.data();
  for (int64_t i = 0; i < images; ++i) {
    const int64_t position = chunk * chunkImages + i;
    read(position, dense.data());
    store(input.geometry, reinterpret_cast<const std::byte *>(dense.data()),
          arena + input.offset + i * input.geometry.bytes);
    *reinterpret_cast<float *>(arena + labelPlace.offset +
                               i * labelPlace.geometry.bytes) =
        float(labels[position]);
  }
}

void TrainingProgram::Implementation::runPhase(size_t phase,
                                               std::span<const int64_t> labels,
                                               const ReadImage &read) {
  const int64_t batch = labels.size();
  std::atomic<unsigned> next = 0;
  workers.run([&](unsigned worker) {
    for (unsigned lane; (lane = next.fetch_add(1)) < lanes;) {
      for (const RunningStep &step : phases[phase])
        if (step.sum)
          step.sum->clear(lane);
      for (int64_t c = 0; c < chunksPerLane; ++c) {
        const int64_t chunk = lane * chunksPerLane + c;
        const int64_t images = imagesOf(chunk, batch);
        if (images == 0)
          break;
        if (phase == 0)
          readChunk(chunk, images, labels, read, dense[worker]);
        std::byte *arena = chunks[chunk].arena.data();
        for (const RunningStep &step : phases[phase])
          if (int status = step.sum ? step.sum->add(arena, images, lane)
                                    : step.step->run(arena, images))
            throw std::runtime_error(
                "internal error: the kernel of step " +
                program.plan.steps(step.index).operation() +
                " failed with Halide's code " + std::to_string(status));
      }
    }
  });
}

TrainingProgram::TrainingProgram(const plan::Plan &plan,
                                 const TensorMap &tensors,
                                 const std::set<uint32_t> &trained,
                                 bool allNormalizations,
                                 const TrainingProgramOptions &options)
    : implementation(std::make_unique<Implementation>(
          plan, tensors, trained, allNormalizations, options)) {}

TrainingProgram::~TrainingProgram() = default;

void TrainingProgram::program(const Chip &chip) {
  for (Parameter &parameter : parameters()) {
    auto original = implementation->tensors.at(parameter.tensor).as<float>();
    parameter.value.assign(original.begin(), original.end());
    parameter.perturbed.clear();
  }
  implementation->layers.write(chip, implementation->workers);
  update();
}

void TrainingProgram::update() {
  auto &repacks = implementation->repacks;
  implementation->forAll(repacks.size(), [&](int i) {
    repacks[i].first->repack(repacks[i].second);
  });
}

void TrainingProgram::Implementation::runPhases(size_t count,
                                                std::span<const int64_t> labels,
                                                const ReadImage &read) {
  for (BatchSum *sum : sums)
    sum->begin();
  for (size_t phase = 0; phase < count; ++phase) {
    runPhase(phase, labels, read);
    if (!phases[phase].empty())
      if (BatchSum *last = phases[phase].back().sum; last && last->isAwaited())
        last->finish(usedLanes(labels.size()), labels.size(), 0);
  }
}

TrainingProgram::BatchResult
TrainingProgram::run(std::span<const int64_t> labels, const ReadImage &read) {
  Implementation &own = *implementation;
  const int64_t batch = labels.size();
  own.momentum = 0.1;
  own.runPhases(own.phases.size(), labels, read);
  own.forAll(own.finishes.size(), [&](int i) {
    own.finishes[i].first->finish(own.usedLanes(batch), batch,
                                  own.finishes[i].second);
  });
  for (Parameter &parameter : own.parameters.all)
    for (float &g : parameter.gradient)
      g /= float(batch);

  BatchResult result;
  for (int64_t i = 0; i < batch; ++i) {
    const float *loss = reinterpret_cast<const float *>(
        own.chunks[i / own.chunkImages].arena.data() + own.lossPlace.offset +
        i % own.chunkImages * own.lossPlace.geometry.bytes);
    result.loss += loss[0];
    result.correct += loss[1] != 0;
  }
  return result;
}

void TrainingProgram::measure(int64_t images, double weight,
                              const ReadImage &read) {
  Implementation &own = *implementation;
  own.momentum = weight;
  own.runPhases(own.forwardPhases, std::vector<int64_t>(images), read);
}

std::deque<Parameter> &TrainingProgram::parameters() {
  return implementation->parameters.all;
}
const std::deque<Parameter> &TrainingProgram::parameters() const {
  return implementation->parameters.all;
}

int64_t TrainingProgram::inputElements() const {
  return implementation->input.geometry.elements;
}

unsigned TrainingProgram::threads() const {
  return implementation->workers.count();
}

size_t TrainingProgram::bytes() const {
  size_t total = implementation->arenaBytes * implementation->chunks.size();
  for (const BatchSum *sum : implementation->sums)
    total += sum->laneBytes() * implementation->lanes;
  return total;
}

int TrainingProgram::depth() const {
  const DifferentiatedPlan &plan = implementation->differentiated;
  int depth = 0;
  bool reached = false;
  for (int s = 0; s < plan.plan.steps_size(); ++s) {
    const plan::Step &step = plan.plan.steps(s);
    if (plan.forward[s] != s || !step.has_layer())
      continue;
    reached |= implementation->trainedLayers.contains(step.layer());
    depth += reached;
  }
  return depth;
}

TensorMap cim::withParameters(TensorMap tensors,
                              const std::deque<Parameter> &parameters) {
  for (const Parameter &parameter : parameters)
    tensors[parameter.tensor] = makeTensor(parameter.shape, parameter.value);
  return tensors;
}
