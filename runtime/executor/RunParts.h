//===- RunParts.h - A micro-batch on its way through the parts ---*- C++ -*-
//-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_RUNPARTS_H
#define CIM_RUNTIME_EXECUTOR_RUNPARTS_H

#include "runtime/executor/Parts.h"
#include "runtime/executor/Step.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace cim {

/// \p count calls of \p whole, from call number \p first on.
inline Pass callsIn(const Pass &whole, int64_t first, int64_t count) {
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
/// these calls have computed is still there. Ends early, and returns false,
/// when
/// \p run does.
template <typename Enter, typename Run, typename Leave>
bool runParts(std::span<const Part> parts, StepRange range, const Pass &whole,
              const Enter &enter, const Run &run, const Leave &leave) {
  const Part *first = &partOf(parts, range.begin),
             *last = &partOf(parts, std::max(range.begin, range.end - 1));
  for (const Part *part = first; part <= last; ++part)
    for (int64_t call = 0; call < whole.calls; call += part->together) {
      const Pass pass =
          callsIn(whole, call, std::min(part->together, whole.calls - call));
      if (part == first)
        enter(pass);
      if (!run(pass, StepRange{std::max(range.begin, part->range.begin),
                               std::min(range.end, part->range.end)}))
        return false;
      if (part == last)
        leave(pass);
    }
  return true;
}

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_RUNPARTS_H
