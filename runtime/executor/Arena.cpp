//===- Arena.cpp - One block of memory for all activations ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"

#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>

using namespace cim;

static size_t checkedSum(size_t a, size_t b) {
  size_t sum;
  if (__builtin_add_overflow(a, b, &sum) || sum > PTRDIFF_MAX)
    throw InputError("the network's activations do not fit into memory");
  return sum;
}

static size_t alignUp(size_t bytes) {
  return checkedSum(bytes, arenaAlignment - 1) / arenaAlignment *
         arenaAlignment;
}

static bool aliveTogether(const Lifetime &a, const Lifetime &b) {
  return a.first <= b.last && b.first <= a.last;
}

/// Buffers of one bordered geometry: by beginning, each into the first slot
/// that is free again. Slots belong to their geometry for the whole program.
static void placeSlots(std::span<const Lifetime> buffers,
                       std::vector<size_t> members, ArenaLayout &layout) {
  std::ranges::sort(members, {}, [&](size_t b) { return buffers[b].first; });
  struct Slot {
    size_t offset;
    int last;
  };
  std::vector<Slot> slots;
  for (size_t b : members) {
    auto free = std::ranges::find_if(
        slots, [&](const Slot &slot) { return slot.last < buffers[b].first; });
    if (free == slots.end()) {
      slots.push_back({layout.bytes, 0});
      free = slots.end() - 1;
      layout.bytes = checkedSum(layout.bytes, alignUp(buffers[b].bytes));
    }
    free->last = buffers[b].last;
    layout.offsets[b] = free->offset;
  }
}

/// Buffers without a border: the largest first, each at the tightest gap
/// between those already placed and alive at the same time.
static void placeFreely(std::span<const Lifetime> buffers,
                        std::vector<size_t> members, ArenaLayout &layout) {
  std::ranges::sort(members, [&](size_t a, size_t b) {
    return std::pair(buffers[b].bytes, a) < std::pair(buffers[a].bytes, b);
  });
  const size_t base = layout.bytes;
  std::vector<size_t> placed; // by offset
  for (size_t b : members) {
    size_t size = alignUp(buffers[b].bytes);
    size_t end = base, best = SIZE_MAX, bestGap = SIZE_MAX;
    for (size_t other : placed) {
      if (!aliveTogether(buffers[b], buffers[other]))
        continue;
      size_t begin = layout.offsets[other];
      if (begin > end && begin - end >= size && begin - end < bestGap) {
        best = end;
        bestGap = begin - end;
      }
      end = std::max(end, begin + alignUp(buffers[other].bytes));
    }
    layout.offsets[b] = best != SIZE_MAX ? best : end;
    layout.bytes = std::max(layout.bytes, checkedSum(layout.offsets[b], size));
    placed.insert(std::ranges::upper_bound(
                      placed, layout.offsets[b], {},
                      [&](size_t other) { return layout.offsets[other]; }),
                  b);
  }
}

ArenaLayout cim::layOut(std::span<const Lifetime> buffers) {
  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::map<unsigned, std::vector<size_t>> byGeometry;
  for (size_t b = 0; b < buffers.size(); ++b)
    byGeometry[buffers[b].geometry].push_back(b);
  for (const auto &[geometry, members] : byGeometry)
    if (geometry != 0)
      placeSlots(buffers, members, layout);
  placeFreely(buffers, byGeometry[0], layout);
  return layout;
}

AlignedMemory::AlignedMemory(size_t bytes) : bytes(bytes) {
  constexpr size_t hugePage = size_t(2) << 20;
  const size_t physical = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) *
                          static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (bytes == 0)
    return;
  // The system would promise more than there is and kill the process later.
  if (bytes < physical) {
    mappedBytes = bytes + (bytes >= hugePage ? hugePage : 0);
    mapping = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (mapping == MAP_FAILED)
    throw InputError("not enough memory for " + std::to_string(bytes >> 20) +
                     " MB of activations or weights");
  start = static_cast<std::byte *>(mapping);
  if (bytes >= hugePage) {
    start += -reinterpret_cast<uintptr_t>(start) % hugePage;
    madvise(start, bytes, MADV_HUGEPAGE); // a hint: fewer TLB misses
  }
}

AlignedMemory::~AlignedMemory() {
  if (mapping != MAP_FAILED)
    munmap(mapping, mappedBytes);
}

AlignedMemory::AlignedMemory(AlignedMemory &&other) noexcept { swap(other); }

AlignedMemory &AlignedMemory::operator=(AlignedMemory &&other) noexcept {
  swap(other);
  return *this;
}

void AlignedMemory::swap(AlignedMemory &other) noexcept {
  std::swap(mapping, other.mapping);
  std::swap(mappedBytes, other.mappedBytes);
  std::swap(start, other.start);
  std::swap(bytes, other.bytes);
}
