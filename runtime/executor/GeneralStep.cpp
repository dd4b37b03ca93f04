//===- GeneralStep.cpp - A step without a kernel --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/GeneralStep.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/reference/Conversion.h"
#include "runtime/reference/MappedLayer.h"

#include <algorithm>
#include <map>

using namespace cim;

namespace {

class GeneralStep : public BoundStep {
public:
  GeneralStep(const Program &program, const plan::Step &step)
      : program(program), step(step), attributes(attributesOf(step)) {
    for (uint32_t input : step.inputs())
      keep(input);
    const plan::Epilogue &epilogue = step.epilogue();
    if (epilogue.has_scale())
      keep(epilogue.scale());
    if (epilogue.has_offset())
      keep(epilogue.offset());
    if (epilogue.has_residual())
      keep(epilogue.residual());
    if (step.has_layer() && readsArrays(program.plan.layers(step.layer())))
      mapped.emplace(step, program.plan.layers(step.layer()),
                     readNoiseOf(program.plan, step));
  }

  void place(std::span<const Placement> values, size_t) override {
    places = values;
  }

  bool readsSlices() const override { return mapped && mapped->readsSlices(); }

  void bindProgram(const LayerProgram &program) override {
    if (mapped)
      mapped->bindProgram(program);
  }

  void beginChip(const Chip &chip) override {
    if (mapped)
      mapped->beginChip(chip);
  }

  void compensate(float factor) override {
    if (mapped)
      mapped->compensate(factor);
  }

  bool readsVariance() const override {
    return mapped && mapped->readsVariance();
  }

  void packReadVariance(unsigned slice, const float *variance, int64_t begin,
                        int64_t end) override {
    mapped->packReadVariance(slice, variance, begin, end);
  }

  void packSlice(unsigned slice, const float *written, int64_t begin,
                 int64_t end) override {
    mapped ? mapped->packSlice(slice, written, begin, end)
           : pack(written, begin, end);
  }

  void pack(const float *written, int64_t begin, int64_t end) override {
    reference::Tensor &weights = constants.at(step.inputs(1));
    int64_t row =
        weights.shape.empty() ? 1 : weights.numbers.size() / weights.shape[0];
    std::copy(written, written + (end - begin) * row,
              weights.numbers.begin() + begin * row);
  }

  bool isGeneral() const override { return true; }

  int run(const Pass &pass) const override {
    for (int64_t call = 0; call < pass.calls; ++call)
      runCall(pass, call);
    return 0;
  }

private:
  void keep(uint32_t index) {
    if (!program.isConstant(index))
      return;
    reference::Tensor &tensor = constants[index] = zeros(program.value(index));
    readElements(program.value(index).element_type(),
                 program.constant(index).data.get(), tensor);
  }

  reference::Tensor loadValue(uint32_t index, const Pass &pass,
                              int64_t call) const {
    const Placement &place = places[index];
    std::vector<std::byte> dense(place.geometry.elements *
                                 byteWidth(place.geometry.type));
    load(place.geometry, pass.at(place) + call * place.geometry.bytes,
         dense.data());
    reference::Tensor tensor = zeros(program.value(index));
    readElements(place.geometry.type, dense.data(), tensor);
    return tensor;
  }

  void storeValue(uint32_t index, const reference::Tensor &tensor,
                  const Pass &pass, int64_t call) const {
    const Placement &place = places[index];
    std::vector<std::byte> dense(place.geometry.elements *
                                 byteWidth(place.geometry.type));
    writeElements(place.geometry.type, tensor, dense.data());
    store(place.geometry, dense.data(),
          pass.at(place) + call * place.geometry.bytes);
  }

  void runCall(const Pass &pass, int64_t call) const {
    std::map<uint32_t, reference::Tensor> loaded;
    auto value = [&](uint32_t index) -> const reference::Tensor & {
      if (program.isConstant(index))
        return constants.at(index);
      auto [entry, isNew] = loaded.try_emplace(index);
      if (isNew)
        entry->second = loadValue(index, pass, call);
      return entry->second;
    };

    std::vector<const reference::Tensor *> operands;
    for (uint32_t input : step.inputs())
      operands.push_back(&value(input));
    std::vector<reference::Tensor> results;
    for (uint32_t output : step.outputs())
      results.push_back(zeros(program.value(output)));
    if (mapped)
      results[0] = runArrays(pass, call, operands, value);
    else if (step.operation() == "relayout" ||
             step.operation() == "scale_offset")
      results[0] = *operands[0];
    else
      evaluateStep(step, attributes, operands, results);
    if (step.has_epilogue())
      applyEpilogue(step.epilogue(), value, results[0]);
    for (int i = 0; i < step.outputs_size(); ++i)
      storeValue(step.outputs(i), results[i], pass, call);
  }

  template <typename ValueOf>
  reference::Tensor
  runArrays(const Pass &pass, int64_t call,
            std::span<const reference::Tensor *const> operands,
            const ValueOf &value) const {
    std::vector<reference::Tensor> drives, digital;
    for (uint32_t drive : step.drives())
      drives.push_back(value(drive));
    for (uint32_t input : step.digital_inputs())
      digital.push_back(value(input));
    if (drives.empty())
      drives.push_back(*operands[0]);
    return mapped->run(
        operands, drives, digital, pass.firstImage + call * pass.callImages,
        program.value(step.outputs(0)), pass.counts[step.layer()], pass.batch);
  }

  Program program;
  const plan::Step &step;
  std::optional<MappedLayer> mapped;
  reference::Attributes attributes;
  std::map<uint32_t, reference::Tensor> constants;
  std::span<const Placement> places;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindGeneral(const Program &program,
                                            const plan::Step &step) {
  return std::make_unique<GeneralStep>(program, step);
}
