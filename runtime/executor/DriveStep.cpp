//===- DriveStep.cpp - DACs of a layer ------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/Attributes.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Converters.h"

using namespace cim;

namespace {

/// What the DACs of a layer make of its input (driveInputs).
class DriveStep : public BoundStep {
public:
  DriveStep(const Program &program, const plan::Step &step)
      : input(step.inputs(0)), output(step.outputs(0)),
        layer(integer(step, "layer")) {
    const Dac dac = dacOf(program.plan.layers(layer));
    const auto which = integer(step, "application");
    drive.perInput = 1 / dac.step();
    drive.lowest = dac.lowest();
    drive.highest = dac.highest();
    drive.step = dac.isSerial() ? dac.drive(1 << which, which) : dac.step();
    drive.bit = dac.isSerial() ? which : -1;
    const bool isCurved = text(step, "result") == "curved";
    const bool isBent = text(step, "result") == "bent";
    countsInputs = which == 0 && isCurved;
    const bool hasCurve =
        program.plan.layers(layer).dac().curve_input_size() > 0;
    if (!isBent && !(isCurved && hasCurve))
      return;
    for (int64_t code = dac.lowest(); code <= dac.highest(); ++code)
      curve.push_back(isBent ? dac.bent(code) : dac.drive(code, 0));
    drive.curve = curve.data();
  }

  bool runsInPlace() const override { return true; }

  void place(std::span<const Placement> values, size_t) override {
    in = rowsOf(values[input]);
    out = rowsOf(values[output]);
  }

  int run(const Pass &pass) const override {
    const kernels::ImageView from = in.in(pass), to = out.in(pass);
    const int64_t images = pass.batch.filled(from.images, from.images);
    const int64_t rest = from.images - images;
    const int64_t clipped =
        kernels::drive(part(from, 0, images), drive, part(to, 0, images));
    kernels::drive(part(from, images, rest), drive, part(to, images, rest));
    if (countsInputs) {
      ConverterCounts &counts = pass.counts[layer];
      counts.inputs += images * from.height * from.width * from.channels;
      counts.clippedInputs += clipped;
    }
    return 0;
  }

private:
  uint32_t input, output;
  int64_t layer;
  kernels::Drive drive;
  std::vector<float> curve;
  bool countsInputs;
  PlacedView in, out;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindDrive(const Program &program,
                                          const plan::Step &step) {
  if (step.operation() != "dac")
    return nullptr;
  return std::make_unique<DriveStep>(program, step);
}
