//===- RowMovement.cpp - Rows, moved --------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/RowStep.h"

#include <cstring>

using namespace cim;

namespace {

/// The result reads its operand with other strides, from an offset on: a
/// transposition, a part, a repetition.
class StridedCopy : public RowStep {
public:
  StridedCopy(const Program &program, const plan::Step &step, int64_t offset,
              std::vector<int64_t> strides)
      : RowStep(program, step), offset(offset),
        loops(dimensionsOf(program.value(step.outputs(0))),
              {std::move(strides)}),
        width(byteWidth(program.value(step.outputs(0)).element_type())) {}

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    switch (width) {
    case 1:
      return copy<uint8_t>(operands[0], result);
    case 2:
      return copy<uint16_t>(operands[0], result);
    case 4:
      return copy<uint32_t>(operands[0], result);
    default:
      return copy<uint64_t>(operands[0], result);
    }
  }

private:
  template <typename T>
  void copy(const std::byte *operand, std::byte *result) const {
    const T *x = reinterpret_cast<const T *>(operand) + offset;
    T *y = reinterpret_cast<T *>(result);
    const int64_t count = loops.rowLength(), step = loops.steps()[0];
    loops.forEachRow([&](int64_t first, const std::array<int64_t, 1> &at) {
      if (step == 1)
        std::memcpy(y + first, x + at[0], count * sizeof(T));
      else
        for (int64_t i = 0; i < count; ++i)
          y[first + i] = x[at[0] + i * step];
    });
  }

  int64_t offset;
  StridedLoops<1> loops;
  size_t width;
};

/// Operands' rows, everything from a dimension on, one behind the other.
class JoinedRows : public RowStep {
public:
  JoinedRows(const Program &program, const plan::Step &step)
      : RowStep(program, step) {
    const int64_t axis = integer(step, "axis");
    auto shape = dimensionsOf(program.value(step.outputs(0)));
    rows = elementCount(shape.first(axis));
    const size_t width =
        byteWidth(program.value(step.outputs(0)).element_type());
    for (uint32_t input : step.inputs())
      lengths.push_back(
          elementCount(dimensionsOf(program.value(input)).subspan(axis)) *
          width);
  }

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    for (int64_t row = 0; row < rows; ++row)
      for (size_t i = 0; i < lengths.size(); ++i) {
        std::memcpy(result, operands[i] + row * lengths[i], lengths[i]);
        result += lengths[i];
      }
  }

private:
  int64_t rows;
  std::vector<size_t> lengths; ///< bytes
};

/// Slices by indices that are known.
class ChosenRows : public RowStep {
public:
  ChosenRows(const Program &program, const plan::Step &step,
             std::vector<int64_t> indices)
      : RowStep(program, step), indices(std::move(indices)) {
    const int64_t axis = integer(step, "axis");
    auto shape = dimensionsOf(program.value(step.inputs(0)));
    outer = elementCount(shape.first(axis));
    length = elementCount(shape.subspan(axis + 1)) *
             byteWidth(program.value(step.inputs(0)).element_type());
    extent = shape[axis];
    for (int64_t &index : this->indices)
      index += index < 0 ? extent : 0;
  }

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t index : indices) {
        std::memcpy(result, operands[0] + (o * extent + index) * length,
                    length);
        result += length;
      }
  }

private:
  std::vector<int64_t> indices;
  int64_t outer, extent;
  size_t length; ///< bytes
};

std::vector<int64_t> indicesOf(const Tensor &tensor) {
  auto copy = [](auto numbers) {
    return std::vector<int64_t>(numbers.begin(), numbers.end());
  };
  return tensor.type == plan::I32 ? copy(tensor.as<int32_t>())
                                  : copy(tensor.as<int64_t>());
}

} // namespace

std::unique_ptr<BoundStep> cim::bindRowMovement(const Program &program,
                                                const plan::Step &step) {
  if (step.inputs_size() == 0)
    return nullptr;
  const auto shape = dimensionsOf(program.value(step.inputs(0)));
  const std::vector<int64_t> own = denseStrides(shape);
  const std::string &operation = step.operation();
  if (operation == "reshape")
    return std::make_unique<StridedCopy>(
        program, step, 0,
        denseStrides(dimensionsOf(program.value(step.outputs(0)))));
  if (operation == "transpose") {
    std::vector<int64_t> strides;
    for (int64_t d : integers(step, "permutation"))
      strides.push_back(own[d]);
    return std::make_unique<StridedCopy>(program, step, 0, std::move(strides));
  }
  if (operation == "slice") {
    std::vector<int64_t> strides = own;
    int64_t offset = 0;
    for (size_t d = 0; d < own.size(); ++d) {
      offset += integers(step, "starts")[d] * own[d];
      // A step that is never taken may be larger than memory.
      strides[d] *=
          integers(step, "sizes")[d] > 1 ? integers(step, "steps")[d] : 0;
    }
    return std::make_unique<StridedCopy>(program, step, offset,
                                         std::move(strides));
  }
  if (operation == "expand")
    return std::make_unique<StridedCopy>(
        program, step, 0,
        broadcastStrides(shape, dimensionsOf(program.value(step.outputs(0)))));
  if (operation == "concat")
    return std::make_unique<JoinedRows>(program, step);
  if (operation == "gather" && program.isConstant(step.inputs(1)))
    return std::make_unique<ChosenRows>(
        program, step, indicesOf(program.constant(step.inputs(1))));
  return nullptr;
}
