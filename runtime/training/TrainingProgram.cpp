//===- TrainingProgram.cpp - Computes gradients of a network --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lies in front of the first trained step is the FrozenPrefix. A worker
// takes a few images through as many of the other steps as it can: until
// something of the whole batch is needed, which only batch normalisation does.
// Such a part of the steps is a phase, and takes as many images at once as fit
// a core's cache. What one phase leaves to another stands in an arena that
// every image of the batch has of its own; what is computed and read within a
// phase, in scratch memory of the worker, which stays in its cache. Images are
// grouped into lanes, which own what is summed up over images (BatchSum).
//
//===----------------------------------------------------------------------===//
#include "runtime/training/TrainingProgram.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/Arena.h"
#include "runtime/executor/BindStep.h"
#include "runtime/executor/Layers.h"
#include "runtime/executor/Memory.h"
#include "runtime/plan/OneImage.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Differentiate.h"
#include "runtime/training/FrozenPrefix.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <atomic>
#include <optional>

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
  for (const plan::Layer &layer : plan.layers())
    if (layer.has_dac() || readsArrays(layer))
      throw InputError("layer '" + layer.name() +
                       "': networks are trained through their weights, so "
                       "leave out converters and read noise");
  auto trains = [&](const plan::Step &step) {
    return trained.contains(plan, step);
  };
  optimise(plan, tensors, trains);
  plan = oneImage(std::move(plan));
  plan::Plan source = plan;
  return differentiate(std::move(source), trains);
}

/// A part of an image's arena, in bytes.
struct Extent {
  size_t offset, bytes;
};

/// One step as the inner loop sees it.
struct RunningStep {
  BoundStep *step;
  BatchSum *sum; ///< the step, if it is one
  int index;     ///< in the plan
  /// What is to be read in order before it runs: what no step of the phase has
  /// touched before, and this one touches tile by tile.
  std::vector<Extent> ahead{};
};

/// Steps that run one after the other without waiting for the whole batch.
struct Phase {
  StepRange range; ///< of the plan
  std::vector<RunningStep> steps;
  int64_t together = 1; ///< images
  /// Phases go to and fro: what the one before has computed last may still be
  /// in a cache.
  bool lastLaneFirst = false;
};

} // namespace

struct TrainingProgram::Implementation {
  Implementation(const plan::Plan &source, const TensorMap &given,
                 const std::set<uint32_t> &trainedLayers,
                 bool allNormalizations, const TrainingProgramOptions &options);

  void bind();
  void layOutMemory();
  void cutPhases();
  void layOutPhases(const ValueStorage &storage);
  void findAhead(const ValueStorage &storage);
  /// Whether all of \p lifetime lies in one phase.
  bool isWithinPhase(const Lifetime &lifetime) const;
  void runPhase(const Phase &phase, int64_t batch);
  /// Runs the prefix and the first \p count phases, with what comes between.
  void runPhases(size_t count, int64_t images, const ReadImage &read,
                 std::span<const int64_t> views);
  unsigned usedLanes(int64_t batch) const {
    return (batch + laneImages - 1) / laneImages;
  }
  /// The arena of image \p position of the batch.
  std::byte *arenaOf(int64_t position) const {
    return arenas.data() + position * arenaBytes;
  }
  /// Runs \p task(i) for i below \p count, over all workers.
  void forAll(int count, const std::function<void(int)> &task);
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
  std::vector<Phase> phases;
  /// The first phases, up to the last statistics of the forward half.
  size_t forwardPhases = 0;
  std::vector<BatchSum *> sums;
  /// Piece by piece of all steps: weights to take anew, sums to finish.
  std::vector<std::pair<WeightedStep *, int>> repacks;
  std::vector<std::pair<BatchSum *, int>> finishes;

  int prefixSteps = 0;
  std::optional<FrozenPrefix> prefix;

  unsigned lanes = 1;
  int64_t laneImages = 1;
  std::vector<Placement> places; ///< by value
  size_t arenaBytes = 0;         ///< of one image
  AlignedMemory arenas;
  std::vector<AlignedMemory> scratch; ///< by worker
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
  cutPhases();
  layOutMemory();
}

void TrainingProgram::Implementation::bind() {
  TrainingBinder binder{program,
                        differentiated.forward,
                        differentiated.isTrained,
                        parameters,
                        momentum,
                        float(options.labelSmoothing),
                        options.strict,
                        options.chosen.get(),
                        {}};
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    std::unique_ptr<BoundStep> step;
    for (auto *bindTraining :
         {bindLayer, bindBatchNorm, bindGradient, bindLoss})
      if (!step)
        step = bindTraining(binder, s);
    if (!step)
      step = bindStep(program, program.plan.steps(s), options.strict,
                      options.chosen.get());
    if (program.plan.steps(s).has_layer())
      layers.addUser(program.plan.steps(s).layer(), *step);
    if (auto *weighted = dynamic_cast<WeightedStep *>(step.get()))
      for (int piece = 0; piece < weighted->pieces(); ++piece)
        repacks.emplace_back(weighted, piece);
    steps.push_back(std::move(step));
  }
  const auto isFirst = [&](int s) {
    return differentiated.isTrained[s] ||
           program.plan.steps(s).operation() == "batch_norm_statistics";
  };
  while (!isFirst(prefixSteps))
    ++prefixSteps;
}

void TrainingProgram::Implementation::layOutMemory() {
  const ValueStorage storage = storageOf(program, steps);
  size_t laneBytes = 0;
  for (const BatchSum *sum : sums)
    laneBytes += sum->laneBytes();
  // Sums depend on the lanes, so these are a property of the network.
  constexpr size_t laneMemory = size_t(128) << 20;
  constexpr int64_t mostLanes = 16;
  lanes = std::clamp<int64_t>(laneMemory / std::max<size_t>(laneBytes, 1), 2,
                              mostLanes);
  laneImages = (options.batch + lanes - 1) / lanes;
  lanes = usedLanes(options.batch);
  bool lastLaneFirst = false;
  for (Phase &phase : phases) {
    phase.lastLaneFirst = lastLaneFirst = !lastLaneFirst;
    for (const RunningStep &step : phase.steps)
      if (step.sum)
        step.sum->setLanes(lanes, lastLaneFirst);
  }

  const StepRange rest = {prefixSteps, program.plan.steps_size()};
  MemoryPlan memory =
      planValues(program, storage, 1, rest, [&](const Lifetime &lifetime) {
        return !isWithinPhase(lifetime);
      });
  // An odd number of lines of a cache, so that the images do not meet in few
  // sets of it.
  arenaBytes = memory.bytes / arenaAlignment % 2
                   ? memory.bytes
                   : memory.bytes + arenaAlignment;
  size_t allBytes;
  if (__builtin_mul_overflow(arenaBytes, options.batch, &allBytes))
    throw InputError("the network's activations do not fit into memory");
  arenas = AlignedMemory(allBytes);
  places = std::move(memory.values);
  for (Placement &place : places)
    place.geometry.bytes = arenaBytes;

  layOutPhases(storage);
  prefix.emplace(program, steps, storage, prefixSteps, options.batch, workers,
                 options.keptBytes, options.views);
}

/// Most of a second-level cache.
constexpr size_t cache = size_t(640) << 10;

void TrainingProgram::Implementation::layOutPhases(
    const ValueStorage &storage) {
  // Kernels count floats in 32 bits.
  const int64_t countable = (size_t(1) << 32) / arenaBytes;
  size_t scratchBytes = 0;
  int64_t most = 1;
  const std::vector<Traffic> traffic = trafficOf(
      program, steps, storage, {prefixSteps, program.plan.steps_size()});
  for (Phase &phase : phases) {
    std::erase_if(phase.steps, [&](const RunningStep &step) {
      return storage.vanishes[step.index];
    });
    size_t widest = 1;
    for (const Traffic &step : traffic)
      if (step.step >= phase.range.begin && step.step < phase.range.end)
        widest = std::max(widest, step.activations);
    const int64_t fitting = std::clamp<int64_t>(
        std::min<int64_t>(cache / widest, countable), 1, laneImages);
    const int64_t passes = (laneImages + fitting - 1) / fitting;
    phase.together = (laneImages + passes - 1) / passes;
    most = std::max(most, phase.together);
    for (const RunningStep &step : phase.steps)
      scratchBytes =
          std::max(scratchBytes, step.step->scratchBytes(phase.together));
  }

  // Values behind what kernels work in.
  scratchBytes =
      (scratchBytes + arenaAlignment - 1) / arenaAlignment * arenaAlignment;
  const MemoryPlan memory = planValues(
      program, storage, most, {prefixSteps, program.plan.steps_size()},
      [&](const Lifetime &lifetime) { return isWithinPhase(lifetime); });
  for (size_t v = 0; v < places.size(); ++v)
    if (memory.lifetimes[storage.owner[v]].bytes != 0)
      places[v] = {memory.values[v].geometry,
                   scratchBytes + memory.values[v].offset, true};
  for (const Phase &phase : phases)
    for (const RunningStep &step : phase.steps)
      step.step->place(places, 0);
  for (unsigned w = 0; w < workers.count(); ++w)
    scratch.emplace_back(scratchBytes + memory.bytes);
  findAhead(storage);
}

/// Processors foresee what a program reads only if it does so in order, and a
/// kernel that goes tile by tile does not: it would wait for main memory, with
/// every line that it reads or writes.
void TrainingProgram::Implementation::findAhead(const ValueStorage &storage) {
  for (Phase &phase : phases) {
    std::vector<Extent> touched;
    for (RunningStep &running : phase.steps) {
      const plan::Step &step = program.plan.steps(running.index);
      std::vector<uint32_t> values = computedOperands(program, step);
      values.insert(values.end(), step.outputs().begin(), step.outputs().end());
      for (uint32_t v : values) {
        const Extent extent = {places[v].offset, storage.geometry[v].bytes};
        const bool isNew = std::ranges::none_of(touched, [&](const Extent &t) {
          return t.offset <= extent.offset &&
                 extent.offset + extent.bytes <= t.offset + t.bytes;
        });
        if (places[v].inScratch || !isNew)
          continue;
        touched.push_back(extent);
        if (extent.bytes <= cache &&
            (step.has_layer() || step.operation() == "weight_gradient"))
          running.ahead.push_back(extent);
      }
    }
  }
}

/// Brings memory into the cache.
static void readInOrder(const std::byte *memory, size_t bytes) {
  for (size_t at = 0; at < bytes; at += arenaAlignment)
    static_cast<void>(*const_cast<const volatile std::byte *>(memory + at));
}

bool TrainingProgram::Implementation::isWithinPhase(
    const Lifetime &lifetime) const {
  return lifetime.bytes != 0 &&
         std::ranges::any_of(phases, [&](const Phase &phase) {
           return lifetime.first >= phase.range.begin &&
                  lifetime.last < phase.range.end;
         });
}

void TrainingProgram::Implementation::cutPhases() {
  phases.push_back({{prefixSteps, prefixSteps}, {}});
  for (int s = prefixSteps; s < int(steps.size()); ++s) {
    auto *sum = dynamic_cast<BatchSum *>(steps[s].get());
    phases.back().steps.push_back({steps[s].get(), sum, s});
    phases.back().range.end = s + 1;
    if (!sum)
      continue;
    sums.push_back(sum);
    if (sum->isAwaited()) {
      if (program.plan.steps(s).operation() == "batch_norm_statistics")
        forwardPhases = phases.size();
      phases.push_back({{s + 1, s + 1}, {}});
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

void TrainingProgram::Implementation::runPhase(const Phase &phase,
                                               int64_t batch) {
  std::atomic<unsigned> next = 0;
  const unsigned used = usedLanes(batch);
  workers.run([&](unsigned worker) {
    for (unsigned turn; (turn = next.fetch_add(1)) < used;) {
      const unsigned lane = phase.lastLaneFirst ? used - 1 - turn : turn;
      for (const RunningStep &step : phase.steps)
        if (step.sum)
          step.sum->clear(lane);
      const int64_t end = std::min((lane + 1) * laneImages, batch);
      for (int64_t first = lane * laneImages; first < end;
           first += phase.together) {
        const Pass pass = {arenaOf(first),
                           scratch[worker].data(),
                           std::min(phase.together, end - first),
                           first,
                           1,
                           worker,
                           {}};
        for (const RunningStep &step : phase.steps) {
          for (int64_t image = 0; image < pass.calls; ++image)
            for (const Extent &extent : step.ahead)
              readInOrder(arenaOf(first + image) + extent.offset, extent.bytes);
          checkStatus(step.sum ? step.sum->add(pass, lane)
                               : step.step->run(pass),
                      program.plan.steps(step.index));
        }
      }
      for (const RunningStep &step : phase.steps)
        if (step.sum)
          step.sum->close(lane);
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
  implementation->prefix->forget();
  update();
}

void TrainingProgram::update() {
  auto &repacks = implementation->repacks;
  implementation->forAll(repacks.size(), [&](int i) {
    repacks[i].first->repack(repacks[i].second);
  });
}

void TrainingProgram::Implementation::runPhases(
    size_t count, int64_t images, const ReadImage &read,
    std::span<const int64_t> views) {
  for (BatchSum *sum : sums)
    sum->begin(usedLanes(images));
  prefix->run(images, read, views, [&](int64_t position, size_t result) {
    return arenaOf(position) + places[prefix->results()[result].value].offset;
  });
  for (const Phase &phase : std::span(phases).first(count)) {
    runPhase(phase, images);
    if (!phase.steps.empty())
      if (BatchSum *last = phase.steps.back().sum; last && last->isAwaited())
        last->finish(usedLanes(images), images, 0);
  }
}

TrainingProgram::BatchResult
TrainingProgram::run(std::span<const int64_t> labels, const ReadImage &read,
                     std::span<const int64_t> views) {
  Implementation &own = *implementation;
  const int64_t batch = labels.size();
  own.momentum = 0.1;
  for (int64_t i = 0; i < batch; ++i)
    *own.places[own.differentiated.labels].at(own.arenaOf(i)) =
        float(labels[i]);
  own.runPhases(own.phases.size(), batch, read, views);
  own.forAll(own.finishes.size(), [&](int i) {
    own.finishes[i].first->finish(own.usedLanes(batch), batch,
                                  own.finishes[i].second);
  });
  for (Parameter &parameter : own.parameters.all)
    for (float &g : parameter.gradient)
      g /= float(batch);

  BatchResult result;
  for (int64_t i = 0; i < batch; ++i) {
    const float *loss =
        own.places[own.differentiated.losses].at(own.arenaOf(i));
    result.loss += loss[0];
    result.correct += loss[1] != 0;
  }
  return result;
}

void TrainingProgram::measure(int64_t images, double weight,
                              const ReadImage &read) {
  Implementation &own = *implementation;
  own.momentum = weight;
  own.runPhases(own.forwardPhases, images, read, {});
}

std::deque<Parameter> &TrainingProgram::parameters() {
  return implementation->parameters.all;
}
const std::deque<Parameter> &TrainingProgram::parameters() const {
  return implementation->parameters.all;
}

unsigned TrainingProgram::threads() const {
  return implementation->workers.count();
}

size_t TrainingProgram::bytes() const {
  size_t total = implementation->arenas.size();
  total += implementation->prefix->bytes();
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
