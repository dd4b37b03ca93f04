//===- Arena.h - One block of memory for all activations --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_ARENA_H
#define CIM_RUNTIME_EXECUTOR_ARENA_H

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace cim {

/// A buffer that the arena must hold while steps `first` to `last` run, both
/// included: the step that writes it and the last that reads it.
struct Lifetime {
  size_t bytes = 0;
  int first = 0, last = 0;
  /// Buffers with a border of zeros must find it untouched: they share memory
  /// only with buffers of the same number, which have the same geometry and so
  /// the border at the same place. 0 has none and shares with any other 0.
  unsigned geometry = 0;
};

/// Where each buffer stands.
struct ArenaLayout {
  std::vector<size_t> offsets; ///< in bytes, multiples of arenaAlignment
  size_t bytes = 0;
};

/// A cache line, and the widest vector.
inline constexpr size_t arenaAlignment = 64;

/// Places buffers so that those alive at the same time do not overlap. Throws
/// InputError when the sizes add up to more than memory can be.
ArenaLayout layOut(std::span<const Lifetime> buffers);

/// Zeroed memory aligned to arenaAlignment, on huge pages where the system has
/// them; less than such a page shares it with others, and goes back to the
/// system with the last of them. Pages are taken when they are first written,
/// by the thread that does.
class AlignedMemory {
public:
  AlignedMemory() = default;
  /// Throws InputError when there is not that much memory.
  explicit AlignedMemory(size_t bytes);
  AlignedMemory(AlignedMemory &&) noexcept = default;
  AlignedMemory &operator=(AlignedMemory &&) noexcept = default;

  std::byte *data() const { return start; }
  size_t size() const { return bytes; }

private:
  class Mapping;
  std::shared_ptr<Mapping> mapping;
  std::byte *start = nullptr;
  size_t bytes = 0;
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_ARENA_H
