//===- Memory.cpp - Where values stand ------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Memory.h"

#include "runtime/kernels/ImageView.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <climits>
#include <numeric>
#include <string>

using namespace cim;

std::vector<uint32_t> cim::computedOperands(const Program &program,
                                            const plan::Step &step) {
  std::vector<uint32_t> operands(step.inputs().begin(), step.inputs().end());
  for (const auto *list :
       {&step.drives(), &step.squares(), &step.bends(), &step.digital_inputs()})
    operands.insert(operands.end(), list->begin(), list->end());
  if (step.epilogue().has_residual())
    operands.push_back(step.epilogue().residual());
  std::erase_if(operands, [&](uint32_t v) { return program.isConstant(v); });
  return operands;
}

/// Values whose pixels need no padding channels: images of fewer channels than
/// a block that only the first operand of a step reads, with a kernel that can.
/// Only inputs of the network can be such values, because kernels write whole
/// blocks of channels.
static std::vector<bool> unpaddedValues(const Program &program,
                                        const BoundSteps &steps) {
  std::vector<bool> unpadded(program.plan.values_size());
  for (uint32_t input : program.plan.inputs()) {
    const plan::Value &value = program.value(input);
    unpadded[input] = value.layout() == plan::CHANNELS_LAST &&
                      value.shape(1) < kernels::channelBlock;
  }
  for (uint32_t output : program.plan.outputs())
    unpadded[output] = false;
  for (size_t s = 0; s < steps.size(); ++s) {
    std::vector<uint32_t> operands =
        computedOperands(program, program.plan.steps(s));
    for (size_t i = 0; i < operands.size(); ++i)
      if (i > 0 || !steps[s]->readsUnpaddedPixels())
        unpadded[operands[i]] = false;
  }
  return unpadded;
}

/// Values that are stored as bfloat16 numbers: images that hold nothing else
/// and that only steps write and read that can.
static std::vector<bool>
bfloat16Storage(const Program &program, const BoundSteps &steps,
                const std::vector<Geometry> &geometry) {
  std::vector<bool> stored = program.bfloat16;
  stored.resize(program.plan.values_size());
  for (size_t v = 0; v < stored.size(); ++v)
    if (!geometry[v].channelsLast() || geometry[v].images != 1)
      stored[v] = false;
  // Callers read and write f32.
  for (const auto *list : {&program.plan.inputs(), &program.plan.outputs()})
    for (uint32_t v : *list)
      stored[v] = false;
  for (bool isDone = false; !isDone;) {
    isDone = true;
    for (size_t s = 0; s < steps.size(); ++s) {
      const Bfloat16Storage can = steps[s]->bfloat16Storage();
      if (can == Bfloat16Storage::each)
        continue;
      std::vector<uint32_t> values =
          computedOperands(program, program.plan.steps(s));
      values.insert(values.end(), program.plan.steps(s).outputs().begin(),
                    program.plan.steps(s).outputs().end());
      if (can == Bfloat16Storage::all &&
          std::ranges::all_of(values, [&](uint32_t v) { return stored[v]; }))
        continue;
      for (uint32_t v : values)
        if (stored[v]) {
          stored[v] = false;
          isDone = false;
        }
    }
  }
  return stored;
}

/// The last step that reads each value; none: -1; outputs of the network are
/// read after all steps.
static std::vector<int> lastUses(const Program &program) {
  std::vector<int> last(program.plan.values_size(), -1);
  for (int s = 0; s < program.plan.steps_size(); ++s)
    for (uint32_t v : computedOperands(program, program.plan.steps(s)))
      last[v] = s;
  for (uint32_t output : program.plan.outputs())
    last[output] = program.plan.steps_size();
  return last;
}

/// True when the result of \p step has its operand's bytes already.
static bool sharesMemory(const Program &program, const plan::Step &step,
                         const std::vector<Geometry> &geometry) {
  if (step.has_epilogue() || step.inputs_size() == 0 ||
      step.outputs_size() == 0 || program.isConstant(step.inputs(0)))
    return false;
  const Geometry &x = geometry[step.inputs(0)], &y = geometry[step.outputs(0)];
  if (step.operation() == "reshape")
    return x == y || (!x.channelsLast() && !y.channelsLast() &&
                      x.type == y.type && x.bytes == y.bytes);
  if (step.operation() != "relayout")
    return false;
  if (x.channelsLast() == y.channelsLast())
    return x == y;
  // Channels of one pixel follow each other in both layouts; between pixels
  // there may be padding channels, which rows do not have and do not zero.
  const Geometry &images = x.channelsLast() ? x : y;
  return images.height == 1 && images.width == 1 && images.border.empty() &&
         (images.stride == images.channels ||
          (images.images == 1 && x.channelsLast())) &&
         x.bytes == y.bytes;
}

ValueStorage cim::storageOf(const Program &program, const BoundSteps &steps) {
  ValueStorage storage;
  std::vector<bool> unpadded = unpaddedValues(program, steps);
  for (int v = 0; v < program.plan.values_size(); ++v)
    storage.geometry.push_back(
        program.isConstant(v)
            ? Geometry()
            : Geometry(program.value(v),
                       unpadded[v] ? 1 : kernels::channelBlock));
  for (size_t s = 0; s < steps.size(); ++s) {
    const plan::Step &step = program.plan.steps(s);
    for (int i = 0; i < step.inputs_size(); ++i)
      if (Border border = steps[s]->wantedBorder(i); !border.empty())
        storage.geometry[step.inputs(i)].widen(border);
    for (const auto *list : {&step.drives(), &step.squares(), &step.bends(),
                             &step.digital_inputs()})
      for (uint32_t value : *list)
        storage.geometry[value].widen(steps[s]->wantedBorder(0));
  }

  const std::vector<bool> isShort =
      bfloat16Storage(program, steps, storage.geometry);
  for (size_t v = 0; v < isShort.size(); ++v)
    if (isShort[v])
      storage.geometry[v].shorten();

  storage.owner.resize(program.plan.values_size());
  std::iota(storage.owner.begin(), storage.owner.end(), 0);
  std::vector<int> lastUse = lastUses(program);
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    const plan::Step &step = program.plan.steps(s);
    const bool shares = sharesMemory(program, step, storage.geometry);
    storage.vanishes.push_back(shares);
    if (step.inputs_size() == 0 || step.outputs_size() == 0 ||
        program.isConstant(step.inputs(0)))
      continue;
    const uint32_t x = storage.owner[step.inputs(0)], y = step.outputs(0);
    if (shares || (steps[s]->runsInPlace() && lastUse[x] == s &&
                   storage.geometry[x] == storage.geometry[y])) {
      storage.owner[y] = x;
      lastUse[x] = std::max(lastUse[x], lastUse[y]);
    }
  }
  return storage;
}

StepRange cim::allSteps(const Program &program) {
  return {0, program.plan.steps_size()};
}

std::vector<uint32_t> cim::valuesAcross(const Program &program,
                                        const ValueStorage &storage, int step) {
  const std::vector<int> last = lastUses(program);
  std::vector<uint32_t> across;
  auto add = [&](uint32_t value) {
    if (program.isConstant(value) || last[value] < step)
      return;
    auto sharesMemory = [&](uint32_t other) {
      return storage.owner[other] == storage.owner[value];
    };
    if (std::ranges::none_of(across, sharesMemory))
      across.push_back(value);
  };
  for (uint32_t input : program.plan.inputs())
    add(input);
  for (int s = 0; s < step; ++s)
    for (uint32_t output : program.plan.steps(s).outputs())
      add(output);
  return across;
}

/// The buffers of one call of all values; those without memory of their own
/// stay empty.
static std::vector<Lifetime> valueBuffers(const Program &program,
                                          const ValueStorage &storage,
                                          StepRange range) {
  std::vector<Lifetime> buffers(program.plan.values_size());
  auto lives = [&](uint32_t value, int step) {
    const uint32_t owner = storage.owner[value];
    Lifetime &buffer = buffers[owner];
    if (buffer.bytes == 0) {
      buffer.bytes = storage.geometry[owner].bytes;
      buffer.first = step;
    }
    buffer.last = step;
  };
  if (range.begin == 0)
    for (uint32_t input : program.plan.inputs())
      lives(input, -1);
  for (uint32_t value : valuesAcross(program, storage, range.begin))
    lives(value, range.begin - 1);
  for (int s = range.begin; s < range.end; ++s) {
    for (uint32_t v : computedOperands(program, program.plan.steps(s)))
      lives(v, s);
    for (uint32_t v : program.plan.steps(s).outputs())
      lives(v, s);
  }
  for (uint32_t value : valuesAcross(program, storage, range.end))
    lives(value, range.end);
  return buffers;
}

std::vector<Traffic> cim::trafficOf(const Program &program,
                                    const BoundSteps &steps,
                                    const ValueStorage &storage,
                                    StepRange range) {
  const std::vector<Lifetime> buffers = valueBuffers(program, storage, range);
  std::vector<Traffic> traffic;
  for (int s = range.begin; s < range.end; ++s) {
    if (storage.vanishes[s])
      continue;
    Traffic step{.step = s, .weights = steps[s]->weightBytes()};
    for (const Lifetime &value : buffers)
      if (value.first < s && value.last >= s)
        step.before += value.bytes;
    for (uint32_t v : computedOperands(program, program.plan.steps(s)))
      step.activations += storage.geometry[v].bytes;
    for (uint32_t v : program.plan.steps(s).outputs())
      step.activations += storage.geometry[v].bytes;
    traffic.push_back(step);
  }
  return traffic;
}

/// Makes the buffer of value \p value, of one call, one of \p calls calls.
static void multiply(Lifetime &buffer, const Program &program,
                     const ValueStorage &storage, size_t value, int64_t calls) {
  if (__builtin_mul_overflow(buffer.bytes, calls, &buffer.bytes) ||
      buffer.bytes / storage.geometry[value].numberBytes() >
          INT_MAX) // kernels count in 32 bits
    throw InputError("value '" + program.value(value).name() + "' of " +
                     std::to_string(calls) +
                     " calls side by side has more than 2^31 numbers");
}

/// Numbers the geometries of \p buffers, those of the values, that have zeros
/// to keep, from 1; 0 for the others.
static void numberGeometries(const ValueStorage &storage,
                             std::span<Lifetime> buffers) {
  struct Shape {
    Geometry geometry;
    size_t bytes; ///< of all calls
    bool operator==(const Shape &) const = default;
  };
  std::vector<Shape> bordered;
  for (size_t v = 0; v < storage.geometry.size(); ++v) {
    if (buffers[v].bytes == 0 || !storage.geometry[v].hasZeros())
      continue;
    // The border stands at the same place, whatever the channels that count.
    Shape shape = {storage.geometry[v], buffers[v].bytes};
    shape.geometry.channels = shape.geometry.elements = 0;
    const auto found = std::ranges::find(bordered, shape);
    buffers[v].geometry = found - bordered.begin() + 1;
    if (found == bordered.end())
      bordered.push_back(shape);
  }
}

/// \p buffers: those of the values, and then perhaps those of scratch.
static MemoryPlan planBuffers(const ValueStorage &storage,
                              std::span<Lifetime> buffers) {
  numberGeometries(storage, buffers);
  const size_t count = storage.geometry.size();
  const ArenaLayout layout = layOut(buffers);
  MemoryPlan plan;
  for (size_t v = 0; v < count; ++v)
    plan.values.push_back(
        {storage.geometry[v], layout.offsets[storage.owner[v]]});
  plan.lifetimes.assign(buffers.begin(), buffers.begin() + count);
  plan.scratch.assign(layout.offsets.begin() + count, layout.offsets.end());
  plan.bytes = layout.bytes;
  return plan;
}

MemoryPlan cim::planMemory(const Program &program, const BoundSteps &steps,
                           const ValueStorage &storage,
                           std::span<const Part> parts) {
  const StepRange range = {parts.front().range.begin, parts.back().range.end};
  const std::vector<Lifetime> lifetimes = valueBuffers(program, storage, range);
  const int64_t allCalls = mostTogether(parts);
  std::vector<Lifetime> buffers = lifetimes;
  std::vector<bool> standsBetween(buffers.size());
  for (size_t v = 0; v < buffers.size(); ++v) {
    Lifetime &buffer = buffers[v];
    if (buffer.bytes == 0)
      continue;
    const Part &first = partOf(parts, buffer.first),
               &last = partOf(parts, buffer.last);
    standsBetween[v] = &first != &last;
    multiply(buffer, program, storage, v,
             standsBetween[v] ? allCalls : first.together);
    // Every pass through a part runs all its steps again, while the values of
    // other calls stand there already, or still.
    if (standsBetween[v]) {
      buffer.first = std::min(buffer.first, first.range.begin);
      buffer.last = std::max(buffer.last, last.range.end - 1);
    }
  }
  for (int s = 0; s < program.plan.steps_size(); ++s) {
    const bool runs = s >= range.begin && s < range.end && !storage.vanishes[s];
    buffers.push_back(
        {runs ? steps[s]->scratchBytes(partOf(parts, s).together) : 0, s, s,
         0});
  }
  MemoryPlan plan = planBuffers(storage, buffers);
  plan.lifetimes = lifetimes;
  for (size_t v = 0; v < plan.values.size(); ++v)
    if (standsBetween[storage.owner[v]])
      plan.values[v].isForAllCalls = true;
  size_t beyond = 0;
  for (const auto &step : steps)
    beyond = std::max(beyond, step->readsBeyond());
  plan.bytes += beyond;
  return plan;
}

std::vector<Part> cim::partsOf(const Program &program, const BoundSteps &steps,
                               const ValueStorage &storage, StepRange range,
                               unsigned threads, int64_t most) {
  return chooseParts(
      trafficOf(program, steps, storage, range), range, cacheSizes(threads),
      [&](std::span<const Part> parts) {
        return planMemory(program, steps, storage, parts).bytes;
      },
      most);
}

MemoryPlan
cim::planValues(const Program &program, const ValueStorage &storage,
                int64_t calls, StepRange range,
                const std::function<bool(const Lifetime &)> &isWanted) {
  std::vector<Lifetime> buffers = valueBuffers(program, storage, range);
  for (size_t v = 0; v < buffers.size(); ++v) {
    if (!isWanted(buffers[v]))
      buffers[v] = {};
    else
      multiply(buffers[v], program, storage, v, calls);
  }
  return planBuffers(storage, buffers);
}
