//===- Profile.cpp - Where the time goes -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Profile.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/kernels/PeakFlops.h"
#include "tools/cim/Text.h"

#include <algorithm>

using namespace cim;

namespace {

double totalSeconds(const std::vector<StepTime> &steps) {
  double total = 0;
  for (const StepTime &step : steps)
    total += step.seconds;
  return total;
}

double giga(double amount, double seconds) {
  return seconds > 0 ? amount / seconds / 1e9 : 0;
}

/// GFLOP/s of one core in the instructions that are in use.
double peak() { return kernels::peakFlops(kernels::instructionSet()) / 1e9; }

} // namespace

std::string cim::profileText(std::vector<StepTime> steps) {
  std::ranges::sort(steps, std::greater(), &StepTime::seconds);
  const double total = totalSeconds(steps), corePeak = peak();
  Table table({{"step"},
               {"operation"},
               {"kernel"},
               {"images", Table::Align::right},
               {"seconds", Table::Align::right},
               {"share", Table::Align::right},
               {"GFLOP/s", Table::Align::right},
               {"of peak", Table::Align::right},
               {"GB/s", Table::Align::right}});
  double operations = 0;
  for (const StepTime &step : steps) {
    operations += step.operations;
    const double speed = giga(step.operations, step.seconds);
    const bool multiplies = step.operations > 0;
    table.add({step.name, step.operation,
               step.general ? "none (reference)" : step.kernel,
               std::to_string(step.images), brief(step.seconds, 3),
               percent(total > 0 ? step.seconds / total : 0, 1),
               multiplies ? brief(speed, 3) : "",
               multiplies ? percent(speed / corePeak, 0) : "",
               brief(giga(step.bytes, step.seconds), 2)});
  }
  table.addRule();
  const double speed = giga(operations, total);
  table.add({"all", "", "", "", brief(total, 3), percent(1, 0), brief(speed, 3),
             percent(speed / corePeak, 0), ""});
  return table.text() +
         "\nImages are those that go through a step together. Seconds are of "
         "one core, summed\nover threads. GFLOP/s count a direct convolution's "
         "operations (Winograd kernels do\nfewer) against the core's measured "
         "peak, " +
         brief(corePeak, 3) + " GFLOP/s.\n";
}

Json cim::profileJson(const std::vector<StepTime> &steps) {
  const double total = totalSeconds(steps), corePeak = peak();
  Json list = Json::array();
  for (const StepTime &step : steps) {
    const double speed = giga(step.operations, step.seconds);
    Json entry = {{"name", step.name}, {"operation", step.operation}};
    entry["kernel"] = step.general          ? Json()
                      : step.kernel.empty() ? Json(step.operation)
                                            : Json(step.kernel);
    entry["images_per_pass"] = step.images;
    entry["seconds"] = step.seconds;
    entry["share"] = total > 0 ? step.seconds / total : 0;
    entry["gflops"] = step.operations > 0 ? Json(speed) : Json();
    entry["peak_fraction"] =
        step.operations > 0 ? Json(speed / corePeak) : Json();
    entry["gigabytes_per_second"] = giga(step.bytes, step.seconds);
    list.push_back(entry);
  }
  return {{"peak_gflops", corePeak}, {"steps", list}};
}
