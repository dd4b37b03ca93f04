//===- Tune.cpp - cim tune: measures kernels on this machine -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"
#include "runtime/executor/Executor.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/kernels/MeasureConvolution.h"
#include "runtime/kernels/PeakFlops.h"
#include "runtime/plan/OneImage.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/TunedKernels.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;
using namespace cim::kernels;

namespace {

struct Tune {
  ModelFlags model;
  RunFlags running;
  Output output;
  void run();
};

/// "64→64 at 8×8, 3×3"
std::string shapeName(const ConvolutionShape &shape) {
  auto pair = [](int width, int height) {
    return std::to_string(width) + "×" + std::to_string(height);
  };
  std::string text = std::to_string(shape.channelsIn) + "→" +
                     std::to_string(shape.channelsOut) + " at " +
                     pair(shape.widthIn, shape.heightIn) + ", " +
                     pair(shape.kernelWidth, shape.kernelHeight);
  if (shape.strideX != 1 || shape.strideY != 1)
    text += ", stride " + pair(shape.strideX, shape.strideY);
  return text;
}

/// The algorithm of least \p time among those that have one.
template <typename Time>
ConvolutionAlgorithm fastest(const std::vector<ConvolutionAlgorithm> &all,
                             Time &&time) {
  return *std::ranges::min_element(all, {}, time);
}

void Tune::run() {
  model.check();
  running.check();
  running.apply();
  output.check();

  Stopwatch total;
  const Network network = Network::load(model, {});
  const plan::Plan plan = oneImage(network.plan);
  const std::vector<ConvolutionShape> shapes =
      convolutionsWithChoice({plan, network.tensors});
  const Executor executor(network.plan, network.tensors,
                          running.executorOptions());
  const bool bfloat16 = running.executorOptions().precision == Precision::bf16;

  std::vector<ConvolutionAlgorithm> asked;
  std::vector<Table::Column> columns = {{"shape"},
                                        {"images", Table::Align::right}};
  for (ConvolutionAlgorithm algorithm : algorithms)
    if (algorithm != ConvolutionAlgorithm::bfloat16 || bfloat16) {
      asked.push_back(algorithm);
      columns.push_back({std::string(nameOf(algorithm)), Table::Align::right});
    }
  columns.push_back({"built-in choice"});
  columns.push_back({"measured"});
  Table table(columns);

  TunedKernels::load(); // a damaged file is refused before it takes time
  MeasuredTimes times;
  Json list = Json::array();
  const double perSecond = peakFlops(instructionSet()) / 2;
  {
    Progress progress("measuring", shapes.size(), "shapes");
    for (const ConvolutionShape &shape : shapes) {
      if (interrupted()) // a shape is measured whole or not at all
        break;
      const int images = executor.imagesTogether(shape);
      std::vector<std::string> row = {shapeName(shape), std::to_string(images)};
      std::vector<ConvolutionAlgorithm> possible;
      Json seconds = Json::object();
      for (ConvolutionAlgorithm algorithm : asked) {
        if (!applies(algorithm, shape)) {
          row.push_back("");
          continue;
        }
        possible.push_back(algorithm);
        const double time = measureSeconds(shape, algorithm, images);
        times[{shape, algorithm}] = time * perSecond;
        seconds[std::string(nameOf(algorithm))] = time;
        row.push_back(brief(time * 1e6, 3) + " µs");
      }
      const auto builtIn = fastest(possible, [&](auto algorithm) {
        return estimatedTime(algorithm, shape, images);
      });
      const auto measured = fastest(possible, [&](auto algorithm) {
        return times.at({shape, algorithm});
      });
      row.push_back(std::string(nameOf(builtIn)));
      row.push_back(std::string(nameOf(measured)));
      table.add(row);
      list.push_back({{"shape", shapeName(shape)},
                      {"images", images},
                      {"seconds", seconds},
                      {"built_in", nameOf(builtIn)},
                      {"measured", nameOf(measured)}});
      progress.done += 1;
    }
  }
  const bool isComplete = list.size() == shapes.size();
  if (!isComplete && list.empty())
    throw Interrupted();
  const TunedKernels tuned = TunedKernels::add(times);
  Program program{plan, network.tensors};
  if (bfloat16)
    program.bfloat16 = bfloat16Values(plan);

  Json options = Json::object();
  running.describe(options);
  output.write(table.text() +
                   (isComplete ? ""
                               : grouped(list.size()) + " of " +
                                     grouped(shapes.size()) + " shapes. ") +
                   "Times of one image, of as many as go through a layer "
                   "together, on one core; saved in " +
                   TunedKernels::path() + " for --tuned.\n",
               {{"command", "tune"},
                {"model", network.describe()},
                {"options", options},
                {"shapes", list},
                {"complete", isComplete},
                {"file", TunedKernels::path()},
                {"digest", digestOf(chooseAlgorithms(program, tuned.times))},
                {"seconds", {{"total", total.seconds()}}}});
  if (!isComplete)
    throw Interrupted();
}

} // namespace

Command cim::tuneCommand(CLI::App &cim) {
  auto command = std::make_shared<Tune>();
  CLI::App *app = cim.add_subcommand(
      "tune", "Measure this machine's kernels for a network");
  command->model.addTo(*app);
  command->running.addKernels(*app);
  command->output.addTo(*app);
  app->footer("The times are used by --tuned of other commands, and by nothing "
              "else.\n\nExamples:\n"
              "  cim tune resnet32.onnx\n"
              "  cim eval resnet32.onnx --data shapes --tuned");
  return {app, [command] { command->run(); }};
}
