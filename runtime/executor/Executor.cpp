//===- Executor.cpp - Runs a plan on the fast kernels ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Executor.h"

#include "runtime/calibration/Measurements.h"
#include "runtime/executor/Arena.h"
#include "runtime/executor/BindStep.h"
#include "runtime/executor/ComposeCopies.h"
#include "runtime/executor/DriveInputs.h"
#include "runtime/executor/Layers.h"
#include "runtime/executor/Memory.h"
#include "runtime/executor/RunParts.h"
#include "runtime/kernels/Bfloat16.h"
#include "runtime/plan/OneImage.h"
#include "runtime/plan/VerifyPlan.h"
#include "runtime/tensor/Errors.h"
#include "runtime/threads/Workers.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

using namespace cim;

namespace {

using Clock = std::chrono::steady_clock;

/// A step as the inner loop sees it.
struct RunningStep {
  const BoundStep *step;
  bool isTimed;
  int index; ///< in the plan
  /// The result, where the executor has to round it to bfloat16.
  std::optional<Placement> rounded;
};

/// What a step has done so far.
struct StepCount {
  Clock::duration time{};
  int64_t passes = 0, calls = 0;
};

/// What one thread has to itself.
struct Worker {
  AlignedMemory arena;
  /// One call's input or output, dense and row-major.
  std::vector<float> dense;
  /// By running step.
  std::vector<StepCount> done;
  /// By layer.
  std::vector<ConverterCounts> counts;
};

/// \p plan as it is run, once it is known to be well-formed.
plan::Plan prepared(const plan::Plan &plan, const TensorMap &tensors) {
  verifyPlan(plan, tensors);
  plan::Plan run = oneImage(plan);
  // Who edits a plan may say that it keeps images apart where it does not.
  if (plan.image_wise() && imagesPerCall(plan) != 1)
    try {
      verifyPlan(run, tensors);
    } catch (const InputError &error) {
      throw InputError("for one image alone, " + std::string(error.what()));
    }
  composeCopies(run);
  driveInputs(run);
  return run;
}

/// Why \p plan cannot be run image by image; empty when it can.
std::string obstacleToImages(const plan::Plan &plan) {
  if (plan.inputs_size() != 1)
    return "the network has " + std::to_string(plan.inputs_size()) +
           " inputs; only networks with one can be run on images";
  for (uint32_t index : {plan.inputs(0), plan.outputs(0)}) {
    const plan::Value &value = plan.values(index);
    if (value.element_type() != plan::F32)
      return "value '" + value.name() +
             "': the network's input and output must be numbers of type f32";
    if (!value.constant().empty())
      return "the network's output '" + value.name() +
             "' does not depend on its input";
    if (value.shape_size() == 0 || value.shape(0) != imagesPerCall(plan))
      return "value '" + value.name() +
             "': the first dimension of input and output must count the images";
  }
  return imagesPerCall(plan) < 1 ? "the network's input holds no image" : "";
}

/// True where all numbers of the result are numbers of the operands, which are
/// rounded already, or a constant that is.
bool copiesBfloat16(const Program &program, const plan::Step &step) {
  static constexpr std::string_view copies[] = {
      "concat",  "max_pool", "pad",       "relayout",
      "reshape", "slice",    "slice_pad", "transpose"};
  if (const auto value = step.attributes().find("value");
      value != step.attributes().end()) {
    const float filling = value->second.number();
    if (kernels::roundToBfloat16(filling) != filling)
      return false;
  }
  return !step.has_epilogue() && std::ranges::count(copies, step.operation()) &&
         std::ranges::all_of(step.inputs(), [&](uint32_t operand) {
           return program.bfloat16[operand];
         });
}

/// Rounds all numbers of a value, its padding too, to bfloat16.
void roundPlaced(const Placement &place, const Pass &pass) {
  kernels::roundToBfloat16(reinterpret_cast<float *>(pass.at(place)),
                           place.geometry.bytes / sizeof(float) * pass.calls);
}

// Borders and padding go along, so that a kernel finds their zeros again.

/// Copies what the calls of \p pass have at \p live to \p kept, call by call.
void save(const Pass &pass, std::span<const Placement> live, std::byte *kept,
          size_t stride) {
  for (const Placement &place : live) {
    const size_t bytes = place.geometry.bytes;
    for (int64_t call = 0; call < pass.calls; ++call)
      std::memcpy(kept + call * stride, pass.at(place) + call * bytes, bytes);
    kept += bytes;
  }
}

/// And back.
void restore(const Pass &pass, std::span<const Placement> live,
             const std::byte *kept, size_t stride) {
  for (const Placement &place : live) {
    const size_t bytes = place.geometry.bytes;
    for (int64_t call = 0; call < pass.calls; ++call)
      std::memcpy(pass.at(place) + call * bytes, kept + call * stride, bytes);
    kept += bytes;
  }
}

} // namespace

struct Executor::Implementation {
  Implementation(const plan::Plan &source, const TensorMap &tensors,
                 const ExecutorOptions &options);

  using VisitPass = std::function<void(const Pass &pass)>;
  /// Takes images [first, first + images), in micro-batches for all workers,
  /// through the steps \p range, between \p enter and \p leave (runParts);
  /// false when \p stop cut it short.
  bool runImages(int64_t first, int64_t images, StepRange range,
                 const VisitPass &enter, const VisitPass &leave,
                 const std::function<bool()> &stop);
  int64_t callsOf(int64_t images) const {
    return (images + callImages - 1) / callImages;
  }
  /// Worker \p w's with images [first, first + images).
  Pass passOf(unsigned w, int64_t first, int64_t images);
  void read(const Pass &pass, const ReadImage &read);
  void readCall(const Pass &pass, int64_t call, int64_t first, int64_t images,
                const ReadImage &read);
  void write(const Pass &pass, const WriteResult &write);
  void writeCall(const Pass &pass, int64_t call, int64_t first, int64_t images,
                 const WriteResult &write);
  void runSteps(const Pass &pass, StepRange range);

  /// What the calls of \p pass have in \p kept.
  std::byte *keptOf(const KeptActivations &kept, const Pass &pass) const;
  /// Where values with memory of their own stand between \p step and the one
  /// before.
  std::vector<Placement> liveBefore(int step) const;
  std::vector<Tensor> call(std::span<const Tensor> inputs);
  void requireImages() const {
    if (!obstacle.empty())
      throw InputError(obstacle);
  }

  plan::Plan plan;
  TensorMap tensors;
  Program program;
  Workers workers;
  BoundSteps steps;
  std::vector<RunningStep> running;
  std::vector<Traffic> traffic; ///< of the running steps
  Layers layers;
  bool isProgrammed = false;

  std::string obstacle; ///< obstacleToImages
  int64_t callImages;   ///< images of one call
  std::vector<Part> parts;
  Placement input, output;
  std::vector<Placement> places;   ///< by value
  std::vector<Lifetime> lifetimes; ///< by value
  size_t arenaBytes = 0;
  size_t keptBytes = 0; ///< per call, at the step where it is most
  std::vector<Worker> perWorker;
};

Executor::Implementation::Implementation(const plan::Plan &source,
                                         const TensorMap &tensors,
                                         const ExecutorOptions &options)
    : plan(prepared(source, tensors)), tensors(tensors),
      program{plan, this->tensors, options.measurements,
              options.precision == Precision::bf16 ? bfloat16Values(plan)
                                                   : std::vector<bool>()},
      workers(options.threads), layers(program),
      obstacle(obstacleToImages(plan)), callImages(cim::imagesPerCall(plan)) {
  if (options.measurements)
    options.measurements->begin(workers.count());
  steps = bindSteps(program, options.precision == Precision::f32Strict,
                    options.chosen.get());
  ValueStorage storage = storageOf(program, steps);
  traffic = trafficOf(program, steps, storage, allSteps(program));
  assert((options.parts.empty() || plan.image_wise()) &&
         "calls go side by side");
  if (!options.parts.empty())
    parts = options.parts;
  else if (plan.image_wise() && !options.microBatch)
    parts =
        partsOf(program, steps, storage, allSteps(program), workers.count());
  else
    parts = {{allSteps(program), plan.image_wise() ? options.microBatch : 1}};
  MemoryPlan memory = planMemory(program, steps, storage, parts);
  places = std::move(memory.values);
  lifetimes = std::move(memory.lifetimes);
  arenaBytes = memory.bytes;
  if (obstacle.empty()) {
    input = places[plan.inputs(0)];
    output = places[plan.outputs(0)];
  }

  for (int s = 0; s < plan.steps_size(); ++s) {
    if (storage.vanishes[s])
      continue;
    BoundStep &step = *steps[s];
    step.place(places, memory.scratch[s]);
    if (plan.steps(s).has_layer())
      layers.addUser(plan.steps(s).layer(), step);
    running.push_back({&step, options.profile || step.isGeneral(), s, {}});
    if (const uint32_t result = plan.steps(s).outputs(0);
        program.isBfloat16() && program.bfloat16[result] &&
        !places[result].geometry.isBfloat16 && !step.roundsResult() &&
        !copiesBfloat16(program, plan.steps(s)))
      running.back().rounded = places[result];
  }
  for (int s = 0; s <= plan.steps_size(); ++s) {
    size_t bytes = 0;
    for (const Placement &place : liveBefore(s))
      bytes += place.geometry.bytes;
    keptBytes = std::max(keptBytes, bytes);
  }
  for (unsigned w = 0; w < workers.count(); ++w)
    perWorker.push_back({AlignedMemory(arenaBytes),
                         std::vector<float>(std::max(input.geometry.elements,
                                                     output.geometry.elements)),
                         std::vector<StepCount>(running.size()),
                         std::vector<ConverterCounts>(plan.layers_size())});
}

std::vector<Placement> Executor::Implementation::liveBefore(int step) const {
  std::vector<Placement> live;
  for (size_t v = 0; v < lifetimes.size(); ++v)
    if (lifetimes[v].bytes != 0 && lifetimes[v].first < step &&
        lifetimes[v].last >= step)
      live.push_back(places[v]);
  return live;
}

std::byte *Executor::Implementation::keptOf(const KeptActivations &kept,
                                            const Pass &pass) const {
  return kept.call((pass.firstImage - kept.first) / callImages);
}

void Executor::Implementation::readCall(const Pass &pass, int64_t call,
                                        int64_t first, int64_t images,
                                        const ReadImage &read) {
  const Geometry &geometry = input.geometry;
  std::byte *stored = pass.at(input) + call * geometry.bytes;
  // Rows are read into place; images have to be turned.
  float *dense = geometry.channelsLast() ? perWorker[pass.worker].dense.data()
                                         : reinterpret_cast<float *>(stored);
  const int64_t elements = geometry.elements / callImages;
  for (int64_t i = 0; i < images; ++i)
    read(first + i, dense + i * elements);
  // A fixed batch can be too large for the last images.
  std::fill(dense + images * elements, dense + callImages * elements, 0.0f);
  if (program.isBfloat16() && program.bfloat16[plan.inputs(0)])
    kernels::roundToBfloat16(dense, geometry.elements);
  if (geometry.channelsLast())
    store(geometry, reinterpret_cast<std::byte *>(dense), stored);
}

void Executor::Implementation::writeCall(const Pass &pass, int64_t call,
                                         int64_t first, int64_t images,
                                         const WriteResult &write) {
  const Geometry &geometry = output.geometry;
  std::vector<float> &rows = perWorker[pass.worker].dense;
  const std::byte *stored = pass.at(output) + call * geometry.bytes;
  const float *dense = reinterpret_cast<const float *>(stored);
  if (geometry.channelsLast()) {
    load(geometry, stored, reinterpret_cast<std::byte *>(rows.data()));
    dense = rows.data();
  }
  const int64_t elements = geometry.elements / callImages;
  for (int64_t i = 0; i < images; ++i)
    write(first + i, dense + i * elements);
}

Pass Executor::Implementation::passOf(unsigned w, int64_t first,
                                      int64_t images) {
  Worker &worker = perWorker[w];
  const int64_t calls = callsOf(images);
  return {.arena = worker.arena.data(),
          .scratch = worker.arena.data(),
          .calls = calls,
          .firstImage = first,
          .callImages = callImages,
          .worker = w,
          .counts = worker.counts,
          .batch = {images, calls * callImages}};
}

void Executor::Implementation::runSteps(const Pass &pass, StepRange range) {
  Worker &worker = perWorker[pass.worker];
  const auto first =
      std::ranges::lower_bound(running, range.begin, {}, &RunningStep::index);
  for (size_t s = first - running.begin();
       s < running.size() && running[s].index < range.end; ++s) {
    const RunningStep &step = running[s];
    StepCount &done = worker.done[s];
    Clock::time_point start;
    if (step.isTimed)
      start = Clock::now();
    if (int status = step.step->run(pass))
      throw std::runtime_error("internal error: the kernel of node '" +
                               plan.steps(step.index).name() +
                               "' failed with Halide's code " +
                               std::to_string(status) + "; please report it");
    if (step.rounded)
      roundPlaced(*step.rounded, pass);
    if (step.isTimed)
      done.time += Clock::now() - start;
    done.passes += 1;
    done.calls += pass.calls;
  }
}

void Executor::Implementation::read(const Pass &pass, const ReadImage &read) {
  for (int64_t call = 0; call < pass.calls; ++call)
    readCall(pass, call, pass.firstImage + call * callImages,
             std::min(callImages, pass.batch.images - call * callImages), read);
}

void Executor::Implementation::write(const Pass &pass,
                                     const WriteResult &write) {
  for (int64_t call = 0; call < pass.calls; ++call)
    writeCall(pass, call, pass.firstImage + call * callImages,
              std::min(callImages, pass.batch.images - call * callImages),
              write);
}

bool Executor::Implementation::runImages(int64_t first, int64_t images,
                                         StepRange range,
                                         const VisitPass &enter,
                                         const VisitPass &leave,
                                         const std::function<bool()> &stop) {
  requireImages();
  const int64_t end = first + images;
  const int64_t calls = mostTogether(parts);
  std::atomic<int64_t> next = first;
  /// The next images, for one thread: a micro-batch, and fewer at the end, so
  /// that all threads are done at the same time.
  auto claim = [&](int64_t &begin) {
    int64_t taken;
    begin = next;
    do {
      const int64_t left = (end - begin + callImages - 1) / callImages;
      if (left <= 0)
        return int64_t(0);
      const int64_t workerCount = workers.count();
      const int64_t share = (left + workerCount - 1) / workerCount;
      taken = std::min(std::min(calls, share) * callImages, end - begin);
    } while (!next.compare_exchange_weak(begin, begin + taken));
    return taken;
  };
  std::atomic<bool> isStopped = false;
  workers.run([&](unsigned w) {
    try {
      while (!isStopped) {
        int64_t begin;
        const int64_t taken = claim(begin);
        if (taken == 0)
          return;
        runParts(
            parts, range, passOf(w, begin, taken), enter,
            [&](const Pass &pass, StepRange steps) {
              if (stop && stop())
                isStopped = true;
              if (!isStopped)
                runSteps(pass, steps);
              return !isStopped;
            },
            leave);
      }
    } catch (...) {
      isStopped = true; // the other workers, too
      throw;
    }
  });
  return !isStopped;
}

std::vector<Tensor>
Executor::Implementation::call(std::span<const Tensor> inputs) {
  auto shapeOf = [](const plan::Value &value) {
    return std::vector<int64_t>(value.shape().begin(), value.shape().end());
  };
  if (inputs.size() != size_t(plan.inputs_size()))
    throw InputError("the network takes " + std::to_string(plan.inputs_size()) +
                     " inputs, got " + std::to_string(inputs.size()));
  Worker &worker = perWorker.front();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const plan::Value &value = plan.values(plan.inputs(i));
    if (inputs[i].type != value.element_type() ||
        inputs[i].shape != shapeOf(value))
      throw InputError("the network's input '" + value.name() +
                       "' is of another type or shape than what it is given");
    const Placement &place = places[plan.inputs(i)];
    store(place.geometry, inputs[i].data.get(),
          worker.arena.data() + place.offset);
  }
  const Pass pass = {.arena = worker.arena.data(),
                     .scratch = worker.arena.data(),
                     .calls = 1,
                     .firstImage = 0,
                     .callImages = callImages,
                     .worker = 0,
                     .counts = worker.counts};
  runSteps(pass, allSteps(program));
  std::vector<Tensor> outputs;
  for (uint32_t index : plan.outputs()) {
    if (program.isConstant(index)) {
      outputs.push_back(program.constant(index));
      continue;
    }
    const plan::Value &value = plan.values(index);
    const Placement &place = places[index];
    Tensor &output = outputs.emplace_back();
    output.type = value.element_type();
    output.shape = shapeOf(value);
    std::shared_ptr<std::byte[]> bytes(new std::byte[output.bytes()]);
    load(place.geometry, worker.arena.data() + place.offset, bytes.get());
    output.data = {bytes, bytes.get()};
  }
  return outputs;
}

Executor::Executor(const plan::Plan &plan, const TensorMap &tensors,
                   const ExecutorOptions &options)
    : implementation(std::make_unique<Implementation>(plan, tensors, options)) {
}

Executor::~Executor() = default;

void Executor::program(const Chip &chip) {
  implementation->layers.write(chip, implementation->workers);
  implementation->isProgrammed = true;
}

void Executor::programLayer(uint32_t layer, const Chip &chip,
                            LayerProgram *chain) {
  assert(implementation->isProgrammed && "program() writes the others");
  implementation->layers.writeOne(layer, chip, chain, implementation->workers);
}

bool Executor::run(int64_t images, const ReadImage &read,
                   const WriteResult &write,
                   const std::function<bool()> &stop) {
  Implementation &run = *implementation;
  assert((run.isProgrammed || run.plan.layers_size() == 0) &&
         "program() comes before run()");
  return run.runImages(
      0, images, allSteps(run.program),
      [&](const Pass &pass) { run.read(pass, read); },
      [&](const Pass &pass) { run.write(pass, write); }, stop);
}

int Executor::steps() const { return implementation->plan.steps_size(); }

int Executor::firstUseOf(uint32_t layer) const {
  const plan::Plan &plan = implementation->plan;
  auto uses = [&](const plan::Step &step) {
    if (step.has_layer())
      return step.layer() == layer;
    const auto driven = step.attributes().find("layer"); // "dac"
    return driven != step.attributes().end() &&
           driven->second.integer() == int64_t(layer);
  };
  return std::ranges::find_if(plan.steps(), uses) - plan.steps().begin();
}

bool Executor::keep(KeptActivations &kept, int64_t first, int64_t images,
                    int step, const ReadImage &read,
                    const std::function<bool()> &stop) {
  Implementation &run = *implementation;
  assert(first % run.callImages == 0 && "calls are kept whole");
  assert(run.callsOf(images) * kept.bytesPerCall <= kept.memory.size());
  const auto live = run.liveBefore(step);
  kept.first = first;
  kept.count = 0;
  const bool isComplete = run.runImages(
      first, images, {0, step}, [&](const Pass &pass) { run.read(pass, read); },
      [&](const Pass &pass) {
        save(pass, live, run.keptOf(kept, pass), kept.bytesPerCall);
      },
      stop);
  kept.reached = step;
  kept.count = isComplete ? images : 0;
  return isComplete;
}

bool Executor::advance(KeptActivations &kept, int step,
                       const std::function<bool()> &stop) {
  Implementation &run = *implementation;
  assert(step >= kept.reached && "what was computed is gone");
  const auto before = run.liveBefore(kept.reached),
             after = run.liveBefore(step);
  const bool isComplete = run.runImages(
      kept.first, kept.count, {kept.reached, step},
      [&](const Pass &pass) {
        restore(pass, before, run.keptOf(kept, pass), kept.bytesPerCall);
      },
      [&](const Pass &pass) {
        save(pass, after, run.keptOf(kept, pass), kept.bytesPerCall);
      },
      stop);
  kept.reached = step;
  if (!isComplete)
    kept.count = 0;
  return isComplete;
}

bool Executor::resume(const KeptActivations &kept, const WriteResult &write,
                      const std::function<bool()> &stop) {
  Implementation &run = *implementation;
  const auto live = run.liveBefore(kept.reached);
  return run.runImages(
      kept.first, kept.count, {kept.reached, run.plan.steps_size()},
      [&](const Pass &pass) {
        restore(pass, live, run.keptOf(kept, pass), kept.bytesPerCall);
      },
      [&](const Pass &pass) { run.write(pass, write); }, stop);
}

size_t Executor::keptBytesPerCall() const { return implementation->keptBytes; }

int64_t Executor::imagesPerCall() const { return implementation->callImages; }

std::vector<Tensor> Executor::call(std::span<const Tensor> inputs) {
  assert((implementation->isProgrammed ||
          implementation->plan.layers_size() == 0) &&
         "program() comes before call()");
  return implementation->call(inputs);
}

int64_t Executor::inputElements() const {
  implementation->requireImages();
  return implementation->input.geometry.elements / implementation->callImages;
}

int64_t Executor::outputElements() const {
  implementation->requireImages();
  return implementation->output.geometry.elements / implementation->callImages;
}

unsigned Executor::microBatch() const {
  return mostTogether(implementation->parts) * implementation->callImages;
}

int64_t Executor::imagesTogether(const kernels::ConvolutionShape &shape) const {
  for (const RunningStep &running : implementation->running)
    if (const auto *own = running.step->convolution(); own && *own == shape)
      return partOf(implementation->parts, running.index).together *
             implementation->callImages;
  return microBatch();
}

unsigned Executor::threads() const { return implementation->workers.count(); }

size_t Executor::arenaBytes() const { return implementation->arenaBytes; }

const WriteCounts &Executor::writes() const {
  return implementation->layers.writes();
}

std::vector<std::string> Executor::warnings() const {
  return implementation->layers.warnings();
}

std::vector<ConverterCounts> Executor::converterCounts() const {
  std::vector<ConverterCounts> total(implementation->plan.layers_size());
  for (const Worker &worker : implementation->perWorker)
    for (size_t l = 0; l < total.size(); ++l)
      total[l] += worker.counts[l];
  return total;
}

std::vector<StepTime> Executor::profile() const {
  std::vector<StepTime> times;
  for (size_t s = 0; s < implementation->running.size(); ++s) {
    const RunningStep &running = implementation->running[s];
    const plan::Step &step = implementation->plan.steps(running.index);
    const Traffic &traffic = implementation->traffic[s];
    Clock::duration total{};
    double passes = 0, calls = 0;
    for (const Worker &worker : implementation->perWorker) {
      total += worker.done[s].time;
      passes += worker.done[s].passes;
      calls += worker.done[s].calls;
    }
    times.push_back({step.name(), step.operation(), running.step->isGeneral(),
                     running.step->kernel(),
                     partOf(implementation->parts, running.index).together *
                         implementation->callImages,
                     std::chrono::duration<double>(total).count(),
                     2 * calls * running.step->multiplyAdds(),
                     calls * traffic.activations + passes * traffic.weights});
  }
  return times;
}
