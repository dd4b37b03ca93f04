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
#include <mutex>
#include <string>
#include <sys/mman.h>
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
    if (buffers[b].bytes != 0)
      byGeometry[buffers[b].geometry].push_back(b);
  for (const auto &[geometry, members] : byGeometry)
    if (geometry != 0)
      placeSlots(buffers, members, layout);
  placeFreely(buffers, byGeometry[0], layout);
  return layout;
}

constexpr size_t hugePage = size_t(2) << 20;

/// Memory from the system.
class AlignedMemory::Mapping {
public:
  explicit Mapping(size_t bytes) : bytes(bytes) {
    const size_t physical = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) *
                            static_cast<size_t>(sysconf(_SC_PAGESIZE));
    // The system would promise more than there is and kill the process later.
    if (bytes < physical)
      address = mmap(nullptr, bytes + hugePage, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED)
      throw InputError("not enough memory for " + std::to_string(bytes >> 20) +
                       " MB of activations or weights");
    madvise(data(), bytes, MADV_HUGEPAGE); // a hint: fewer TLB misses
  }
  ~Mapping() { munmap(address, bytes + hugePage); }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  /// Where the first huge page begins.
  std::byte *data() const {
    auto *start = static_cast<std::byte *>(address);
    return start + -reinterpret_cast<uintptr_t>(start) % hugePage;
  }
  const size_t bytes;

private:
  void *address = MAP_FAILED;
};

AlignedMemory::AlignedMemory(size_t bytes) : bytes(bytes) {
  if (bytes == 0)
    return;
  if (bytes >= hugePage) {
    mapping = std::make_shared<Mapping>(bytes);
    start = mapping->data();
    return;
  }
  // The weights of most layers are smaller. On pages of 4 KB of their own,
  // kernels would wait for page walks, which cost twice as much in a virtual
  // machine. What was freed is not given out again, since it is not zero.
  static std::mutex mutex;
  static std::weak_ptr<Mapping> shared;
  static size_t used;
  const std::scoped_lock lock(mutex);
  mapping = shared.lock();
  if (!mapping || used + alignUp(bytes) > mapping->bytes) {
    mapping = std::make_shared<Mapping>(8 * hugePage);
    shared = mapping;
    used = 0;
  }
  start = mapping->data() + used;
  used += alignUp(bytes);
}
