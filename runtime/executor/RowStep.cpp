//===- RowStep.cpp - Steps on dense rows ----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/RowStep.h"

#include <algorithm>

using namespace cim;

std::vector<int64_t> cim::denseStrides(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * shape[d];
  return strides;
}

std::vector<int64_t> cim::broadcastStrides(std::span<const int64_t> shape,
                                           std::span<const int64_t> target) {
  const std::vector<int64_t> own = denseStrides(shape);
  std::vector<int64_t> strides(target.size(), 0);
  const size_t missing = target.size() - shape.size();
  for (size_t d = 0; d < shape.size(); ++d)
    strides[missing + d] = shape[d] == 1 ? 0 : own[d];
  return strides;
}

std::span<const int64_t> cim::dimensionsOf(const plan::Value &value) {
  return {value.shape().data(), size_t(value.shape_size())};
}

bool RowStep::fits(const Program &program, const plan::Step &step) {
  auto isRows = [&](uint32_t value) {
    return program.value(value).layout() == plan::ROW_MAJOR;
  };
  const plan::Epilogue &epilogue = step.epilogue();
  return step.outputs_size() == 1 && isRows(step.outputs(0)) &&
         size_t(step.inputs_size()) <= mostOperands && !step.has_layer() &&
         std::ranges::all_of(step.inputs(), isRows) && !epilogue.has_scale() &&
         !epilogue.has_offset() &&
         (!epilogue.has_residual() || isRows(epilogue.residual()));
}

RowStep::RowStep(const Program &program, const plan::Step &step)
    : output(step.outputs(0)), epilogue(step.epilogue()),
      hasEpilogue(step.has_epilogue()),
      elements(elementCount(dimensionsOf(program.value(output)))) {
  auto source = [&](uint32_t value) {
    Source result{value, nullptr, {}};
    if (program.isConstant(value))
      result.constant = program.constant(value).data.get();
    return result;
  };
  for (uint32_t input : step.inputs())
    sources.push_back(source(input));
  if (epilogue.has_residual())
    residual = source(epilogue.residual());
}

void RowStep::place(std::span<const Placement> values, size_t) {
  for (Source &source : sources)
    source.place = values[source.value];
  if (residual)
    residual->place = values[residual->value];
  out = values[output];
}

const std::byte *RowStep::at(const Source &source, const Pass &pass,
                             int64_t call) const {
  return source.constant
             ? source.constant
             : pass.at(source.place) + call * source.place.geometry.bytes;
}

int RowStep::run(const Pass &pass) const {
  Operands operands{};
  for (int64_t call = 0; call < pass.calls; ++call) {
    for (size_t i = 0; i < sources.size(); ++i)
      operands[i] = at(sources[i], pass, call);
    std::byte *result = pass.at(out) + call * out.geometry.bytes;
    compute(operands, result);
    if (hasEpilogue)
      finish(reinterpret_cast<float *>(result),
             residual
                 ? reinterpret_cast<const float *>(at(*residual, pass, call))
                 : nullptr);
  }
  return 0;
}

void RowStep::finish(float *result, const float *residual) const {
  if (residual)
    for (int64_t i = 0; i < elements; ++i)
      result[i] += residual[i];
  // Comparisons are written so that not-a-number stays what it is.
  const float low = epilogue.lowest(), high = epilogue.highest();
  switch (epilogue.activation()) {
  case plan::RELU:
    for (int64_t i = 0; i < elements; ++i)
      result[i] = result[i] < 0 ? 0 : result[i];
    break;
  case plan::CLIP:
    for (int64_t i = 0; i < elements; ++i) {
      const float raised = result[i] < low ? low : result[i];
      result[i] = raised > high ? high : raised;
    }
    break;
  case plan::LEAKY_RELU:
    for (int64_t i = 0; i < elements; ++i)
      result[i] = result[i] < 0 ? result[i] * low : result[i];
    break;
  default:
    break;
  }
}
