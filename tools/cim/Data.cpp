//===- Data.cpp - cim data: a data set as NumPy files -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <cstring>
#include <memory>

using namespace cim;

namespace {

struct Data {
  DataFlags data;
  RunFlags threads;
  Output output;
  std::string stem;
  bool raw = false;
  void run();
};

/// All images as one array: as stored, or as a network is fed.
Tensor imagesOf(const DataSet &data, bool raw) {
  const LabelledImages &stored = data.asStored();
  Tensor tensor;
  tensor.type = raw && !stored.isFloat ? plan::U8 : plan::F32;
  tensor.shape = raw ? stored.shape : data.shape();
  tensor.shape.insert(tensor.shape.begin(), data.images());
  std::shared_ptr<std::byte[]> bytes(new std::byte[tensor.bytes()]);
  const size_t size = tensor.bytes() / data.images();
  for (int64_t i = 0; i < data.images(); ++i) {
    std::byte *image = bytes.get() + i * size;
    if (raw)
      std::memcpy(image, stored.images[i], size);
    else
      data.read(i, reinterpret_cast<float *>(image));
  }
  tensor.data = {bytes, bytes.get()};
  return tensor;
}

void Data::run() {
  data.check();
  output.check();
  const std::string imageFile = stem + "-images.npy";
  const std::string labelFile = stem + "-labels.npy";
  if (!stem.empty()) {
    checkWritable("-o", imageFile);
    checkWritable("-o", labelFile);
  } else if (raw) {
    throw UsageError("--raw has no effect without -o");
  }

  Stopwatch total;
  const DataSet opened = data.open({.threads = unsigned(threads.threads)});
  checkInterrupted();
  const LabelledImages &stored = opened.asStored();
  std::vector<int64_t> counts(stored.classes);
  int64_t largest = 0;
  for (int64_t label : stored.labels) {
    largest = std::max(largest, label);
    if (label < stored.classes)
      ++counts[label];
  }
  if (!stem.empty()) {
    writeNpy(imageFile, imagesOf(opened, raw));
    Tensor labels;
    labels.type = plan::I64;
    labels.shape = {opened.images()};
    labels.data = {std::shared_ptr<void>(),
                   reinterpret_cast<const std::byte *>(stored.labels.data())};
    writeNpy(labelFile, labels);
  }

  const std::string sha256 = opened.sha256();
  std::vector<std::pair<std::string, std::string>> fields = {
      {"images", grouped(opened.images())},
      {"shape", shapeText(stored.shape)},
      {"classes",
       std::to_string(stored.classes ? stored.classes : largest + 1)},
      {"sha256", sha256}};
  if (!stored.isFloat)
    fields.push_back({"normalize", spelling(opened.normalization())});
  if (!stem.empty())
    fields.push_back({"written", imageFile + ", " + labelFile});
  std::string text = fieldsText(fields);
  if (!stored.classNames.empty()) {
    Table table({{"label", Table::Align::right},
                 {"class"},
                 {"images", Table::Align::right}});
    for (size_t i = 0; i < stored.classNames.size(); ++i)
      table.add({std::to_string(i), stored.classNames[i], grouped(counts[i])});
    text += '\n' + table.text();
  }
  Json options = Json::object();
  data.describe(options, opened);
  output.write(
      text,
      {{"command", "data"},
       {"data",
        {{"spec", data.spec}, {"images", opened.images()}, {"sha256", sha256}}},
       {"options", options},
       {"shape", stored.shape},
       {"classes", stored.classNames},
       {"seconds", {{"total", total.seconds()}}}});
}

} // namespace

Command cim::dataCommand(CLI::App &cim) {
  auto command = std::make_shared<Data>();
  CLI::App *app = cim.add_subcommand(
      "data", "Look at a data set, or write it as NumPy files");
  command->data.addTo(*app, false);
  app->add_option("-o,--output", command->stem,
                  "Write STEM-images.npy (float32, as a network is fed) and "
                  "STEM-labels.npy (int64)")
      ->type_name("STEM")
      ->group("Output");
  app->add_flag("--raw", command->raw,
                "Write pixels as they are stored (uint8)")
      ->group("Output");
  command->threads.addThreads(*app);
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim data cifar10:cifar-10-binary.tar.gz\n"
              "  cim data shapes:train --limit 1000 -o shapes");
  return {app, [command] { command->run(); }};
}
