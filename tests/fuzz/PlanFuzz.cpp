//===- PlanFuzz.cpp - Plans and tensors that were edited badly ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"
#include "runtime/executor/Executor.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/tensor/TensorFile.h"
#include "tests/fuzz/Scratch.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>

using namespace cim;
namespace protobuf = google::protobuf;

namespace {

/// What is no larger is computed in no time.
constexpr int64_t mostElements = 1 << 15, largestNumber = 16;

template <typename Shape> int64_t elementsOf(const Shape &shape) {
  return elementCount({shape.data(), size_t(shape.size())});
}

class Silent : public protobuf::io::ErrorCollector {
  void AddError(int, int, const std::string &) override {}
  void AddWarning(int, int, const std::string &) override {}
};

/// The tensors that \p plan names, each as the first to name it says: so that a
/// plan with a changed shape is judged by all that follows from it.
TensorMap tensorsOf(const plan::Plan &plan) {
  TensorMap tensors;
  auto add = [&](const std::string &name, plan::ElementType type,
                 const auto &shape) {
    const bool isShape = std::ranges::all_of(
        shape, [](int64_t d) { return 0 <= d && d <= mostElements; });
    if (name.empty() || !plan::ElementType_IsValid(type) || !isShape ||
        elementsOf(shape) > mostElements)
      return;
    Tensor tensor{type, {shape.begin(), shape.end()}, nullptr};
    std::shared_ptr<std::byte[]> bytes(new std::byte[tensor.bytes()]());
    if (type == plan::F32)
      for (int64_t i = 0; i < tensor.elements(); ++i)
        reinterpret_cast<float *>(bytes.get())[i] =
            float(i * 7 % 11) / 8 - 0.5f;
    tensor.data = {bytes, bytes.get()};
    tensors.emplace(name, std::move(tensor));
  };
  for (const plan::Value &value : plan.values())
    add(value.constant(), value.element_type(), value.shape());
  for (const plan::Layer &layer : plan.layers())
    add(layer.weights(), plan::F32, layer.shape());
  return tensors;
}

bool isSmall(const plan::Plan &plan) {
  auto isLarge = [](int64_t number) {
    return number < -largestNumber || number > largestNumber;
  };
  int64_t elements = 0;
  for (const plan::Value &value : plan.values())
    elements += elementsOf(value.shape());
  for (const plan::Step &step : plan.steps())
    for (const auto &[name, attribute] : step.attributes())
      if (isLarge(attribute.integer()) ||
          std::ranges::any_of(attribute.integers().values(), isLarge))
        return false;
  return elements <= mostElements;
}

void run(const LoadedPlan &loaded) {
  Executor executor(loaded.plan, loaded.tensors,
                    {.threads = 1, .microBatch = 1});
  executor.program({});
  std::vector<Tensor> inputs;
  for (uint32_t index : loaded.plan.inputs()) {
    const plan::Value &value = loaded.plan.values(index);
    Tensor &input = inputs.emplace_back();
    input.type = value.element_type();
    input.shape = {value.shape().begin(), value.shape().end()};
    std::shared_ptr<std::byte[]> bytes(new std::byte[input.bytes()]());
    input.data = {bytes, bytes.get()};
  }
  executor.call(inputs);
}

} // namespace

/// A plan in text, which is run where it is small, a safetensors and an .npy
/// file, a TensorProto.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  fuzz::refuses([&] {
    const std::string path = fuzz::Scratch::file("model.plan", bytes);
    Silent silent;
    protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&silent);
    plan::Plan plan;
    if (parser.ParseFromString(std::string(bytes), &plan)) {
      const TensorMap tensors = tensorsOf(plan);
      writePlan(path, std::move(plan), tensors);
    }
    const LoadedPlan loaded = readPlan(path);
    if (isSmall(loaded.plan))
      run(loaded);
  });
  fuzz::refuses([&] {
    readSafetensors(fuzz::Scratch::file("tensors.safetensors", bytes));
  });
  fuzz::refuses([&] { readNpy(fuzz::Scratch::file("x.npy", bytes)); });
  return fuzz::refuses(
      [&] { loadCompiler().readTensor(fuzz::Scratch::file("x.pb", bytes)); });
}
