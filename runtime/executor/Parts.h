//===- Parts.h - A micro-batch's way through the steps ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_PARTS_H
#define CIM_RUNTIME_EXECUTOR_PARTS_H

#include "runtime/executor/MicroBatch.h"
#include "runtime/executor/Step.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace cim {

/// \p count calls of \p whole, from call number \p first on.
inline Pass callsOf(const Pass &whole, int64_t first, int64_t count) {
  Pass pass = whole;
  pass.firstCall += first;
  pass.firstImage += first * whole.callImages;
  pass.calls = count;
  pass.batch.size = count * whole.callImages;
  pass.batch.images = std::clamp<int64_t>(
      whole.batch.images - first * whole.callImages, 0, pass.batch.size);
  return pass;
}

/// Takes the calls of \p whole, a micro-batch, through the steps \p range, part
/// by part: \p run(pass, steps) for a few calls at a time. Before their first
/// step comes \p enter(pass), behind their last one \p leave(pass), while what
/// these calls have computed is still there.
template <typename Enter, typename Run, typename Leave>
void runParts(std::span<const Part> parts, StepRange range, const Pass &whole,
              const Enter &enter, const Run &run, const Leave &leave) {
  const Part *first = &partOf(parts, range.begin),
             *last = &partOf(parts, std::max(range.begin, range.end - 1));
  for (const Part *part = first; part <= last; ++part)
    for (int64_t call = 0; call < whole.calls; call += part->together) {
      const Pass pass =
          callsOf(whole, call, std::min(part->together, whole.calls - call));
      if (part == first)
        enter(pass);
      run(pass, StepRange{std::max(range.begin, part->range.begin),
                          std::min(range.end, part->range.end)});
      if (part == last)
        leave(pass);
    }
}

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_PARTS_H
