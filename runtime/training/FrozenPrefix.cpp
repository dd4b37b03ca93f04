//===- FrozenPrefix.cpp - What training leaves as it is -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/FrozenPrefix.h"

#include "runtime/executor/RunParts.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/TrainingStep.h"

#include <algorithm>
#include <atomic>
#include <cstring>

using namespace cim;

FrozenPrefix::FrozenPrefix(const Program &program, const BoundSteps &steps,
                           const ValueStorage &storage, int end, int64_t batch,
                           Workers &workers, size_t keptBytes,
                           int64_t mostViews)
    : program(program), workers(workers) {
  const StepRange range = {0, end};
  parts = partsOf(program, steps, storage, range, workers.count(),
                  (batch + workers.count() - 1) / workers.count());
  memory = planMemory(program, steps, storage, parts);
  for (int s = 0; s < end; ++s) {
    if (storage.vanishes[s])
      continue;
    steps[s]->place(memory.values, memory.scratch[s]);
    running.push_back({steps[s].get(), s});
  }
  input = memory.values[program.plan.inputs(0)];
  // The network's image, where later steps read it, but not the labels.
  for (uint32_t value : valuesAcross(program, storage, end)) {
    if (value != program.plan.inputs(0) &&
        std::ranges::count(program.plan.inputs(), value))
      continue;
    across.push_back({value, storage.geometry[value].bytes});
    viewBytes += across.back().bytes;
  }
  for (unsigned w = 0; w < workers.count(); ++w)
    perWorker.push_back({AlignedMemory(memory.bytes),
                         std::vector<float>(input.geometry.elements)});
  // Reading an image again costs little.
  if (running.empty() || viewBytes == 0)
    return;
  capacity = std::min<int64_t>(keptBytes / viewBytes, mostViews);
  try {
    kept = AlignedMemory(capacity * viewBytes);
  } catch (const InputError &error) {
    throw InputError("--keep: " + std::string(error.what()) +
                     "; keep fewer megabytes");
  }
}

std::byte *FrozenPrefix::keptAt(int64_t view) const {
  return view < int64_t(slots.size()) && slots[view] >= 0
             ? kept.data() + slots[view] * viewBytes
             : nullptr;
}

void FrozenPrefix::reserve(int64_t view) {
  if (used == capacity)
    return;
  if (view >= int64_t(slots.size()))
    slots.resize(view + 1, -1);
  slots[view] = used++;
}

void FrozenPrefix::forget() {
  slots.clear();
  used = 0;
}

size_t FrozenPrefix::bytes() const {
  size_t total = used * viewBytes;
  for (const Worker &worker : perWorker)
    total += worker.arena.size();
  return total;
}

void FrozenPrefix::compute(unsigned w, std::span<const int64_t> positions,
                           const ReadImage &read,
                           std::span<const int64_t> views, const Place &place) {
  auto &[arena, dense] = perWorker[w];
  const Pass whole = {
      .arena = arena.data(),
      .scratch = arena.data(),
      .calls = int64_t(positions.size()),
      .firstImage = positions[0],
      .callImages = 1,
      .worker = w,
      .counts = {},
      .batch = {int64_t(positions.size()), int64_t(positions.size())}};
  runParts(
      parts, {0, parts.back().range.end}, whole,
      [&](const Pass &pass) {
        for (int64_t i = 0; i < pass.calls; ++i) {
          read(positions[pass.firstCall + i], dense.data());
          store(input.geometry, reinterpret_cast<std::byte *>(dense.data()),
                pass.at(input) + i * input.geometry.bytes);
        }
      },
      [&](const Pass &pass, StepRange range) {
        const auto first = std::ranges::lower_bound(running, range.begin, {},
                                                    &RunningStep::index);
        for (auto step = first;
             step != running.end() && step->index < range.end; ++step)
          checkStatus(step->step->run(pass), program.plan.steps(step->index));
        return true;
      },
      [&](const Pass &pass) {
        for (int64_t i = 0; i < pass.calls; ++i) {
          const int64_t position = positions[pass.firstCall + i];
          std::byte *keep = views.empty() ? nullptr : keptAt(views[position]);
          for (size_t r = 0; r < across.size(); ++r) {
            const size_t bytes = across[r].bytes;
            const std::byte *from =
                pass.at(memory.values[across[r].value]) + i * bytes;
            std::memcpy(place(position, r), from, bytes);
            if (keep) {
              std::memcpy(keep, from, bytes);
              keep += bytes;
            }
          }
        }
      });
}

void FrozenPrefix::run(int64_t images, const ReadImage &read,
                       std::span<const int64_t> views, const Place &place) {
  const int64_t together = mostTogether(parts);
  std::vector<int64_t> missing, found;
  for (int64_t i = 0; i < images; ++i) {
    const bool isKept = !views.empty() && keptAt(views[i]);
    (isKept ? found : missing).push_back(i);
    if (!isKept && !views.empty())
      reserve(views[i]);
  }
  std::atomic<size_t> next = 0, nextFound = 0;
  workers.run([&](unsigned w) {
    for (size_t first; (first = next.fetch_add(together)) < missing.size();)
      compute(w,
              std::span(missing).subspan(
                  first, std::min<size_t>(together, missing.size() - first)),
              read, views, place);
    for (size_t i; (i = nextFound.fetch_add(1)) < found.size();) {
      const std::byte *from = keptAt(views[found[i]]);
      for (size_t r = 0; r < across.size(); from += across[r++].bytes)
        std::memcpy(place(found[i], r), from, across[r].bytes);
    }
  });
}
