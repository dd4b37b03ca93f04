//===- Constant.cpp - Constants, shapes as values ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/NN.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"

#include "llvm/Support/ScopedPrinter.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace cim;
using namespace cim::importer;
using mlir::Value;

/// \p values as a tensor of one dimension, or as a scalar.
template <typename T>
static Tensor tensorOf(ElementType type, const T &values, bool isScalar) {
  size_t size = values.size() * sizeof(values[0]);
  std::shared_ptr<std::byte[]> bytes(new std::byte[std::max<size_t>(size, 1)]);
  std::memcpy(bytes.get(), values.data(), size);
  Tensor tensor;
  tensor.type = type;
  if (!isScalar)
    tensor.shape = {static_cast<int64_t>(values.size())};
  tensor.data = {bytes, bytes.get()};
  return tensor;
}

static Results importConstant(Node &node) {
  if (std::optional<Tensor> value = node.tensor("value"))
    return {node.constant(*value)};
  if (auto values = node.numbers("value_floats"))
    return {node.constant(tensorOf(plan::F32, *values, false))};
  if (auto values = node.integers("value_ints"))
    return {node.constant(tensorOf(plan::I64, *values, false))};
  if (node.has("value_float"))
    return {node.constant(tensorOf(
        plan::F32,
        std::vector<float>{static_cast<float>(node.number("value_float"))},
        true))};
  if (node.has("value_int"))
    return {node.constant(
        tensorOf(plan::I64, Integers{node.integer("value_int")}, true))};
  node.fail("has no value of numbers; strings and sparse tensors are not "
            "supported");
}

static Results importConstantOfShape(Node &node) {
  Integers shape = node.constantIntegers(0, "the result's shape");
  std::optional<Tensor> value = node.tensor("value");
  if (!value) {
    value.emplace();
    value->data = tensorOf(plan::F32, std::vector<float>{0}, true).data;
  } else if (value->elements() != 1) {
    node.fail(
        "expects one number in attribute 'value', has a tensor of shape " +
        listed(value->shape));
  }
  // A large tensor of one number stays one number.
  mlir::RankedTensorType type =
      node.tensorType(shape, toMlir(node.builder().getContext(), value->type));
  if (value->type == plan::BOOL)
    return {node.splat(type, value->as<uint8_t>()[0])};
  llvm::ArrayRef<char> element(
      reinterpret_cast<const char *>(value->data.get()),
      byteWidth(value->type));
  return {node.constant(mlir::DenseElementsAttr::getFromRawBuffer(
      type, type.getNumElements() == 0 ? llvm::ArrayRef<char>() : element))};
}

static Results importRange(Node &node) {
  constexpr llvm::StringLiteral what = "the result's shape";
  double start = node.constantNumber(0, what);
  double limit = node.constantNumber(1, what);
  double delta = node.constantNumber(2, what);
  double count = std::max(std::ceil((limit - start) / delta), 0.);
  if (!(delta != 0) || !(count < double(int64_t(1) << 31)))
    node.fail("counts from " + llvm::to_string(start) + " to " +
              llvm::to_string(limit) + " in steps of " +
              llvm::to_string(delta) +
              ", which is not a list of plausible length");
  mlir::Type element = elementTypeOf(node.operand(0));
  auto scalar = [&](size_t i) { return node.reshape(node.operand(i), {}); };
  return {node.create("range", {scalar(0), scalar(1), scalar(2)}, {},
                      node.tensorType({static_cast<int64_t>(count)}, element))};
}

/// Where a slice of dimensions begins or ends: clamped, not checked.
static int64_t clampedAxis(int64_t axis, int64_t rank) {
  return std::clamp<int64_t>(axis < 0 ? std::max(axis, -rank) + rank : axis, 0,
                             rank);
}

static Results importShape(Node &node) {
  llvm::ArrayRef<int64_t> shape = shapeOf(node.operand(0));
  int64_t rank = shape.size();
  int64_t start = clampedAxis(node.integer("start", 0), rank);
  int64_t end = clampedAxis(node.integer("end", rank), rank);
  Integers part(shape.slice(start, std::max<int64_t>(end - start, 0)));
  return {node.constant(tensorOf(plan::I64, part, false))};
}

static Results importSize(Node &node) {
  auto type = llvm::cast<mlir::RankedTensorType>(node.operand(0).getType());
  return {node.constant(
      tensorOf(plan::I64, Integers{type.getNumElements()}, true))};
}

static Results importIdentity(Node &node) { return {node.operand(0)}; }

llvm::ArrayRef<Operator> cim::importer::constantOperators() {
  static const Operator operators[] = {
      {"Constant", importConstant}, {"ConstantOfShape", importConstantOfShape},
      {"Range", importRange},       {"Shape", importShape},
      {"Size", importSize},         {"Identity", importIdentity},
  };
  return operators;
}
