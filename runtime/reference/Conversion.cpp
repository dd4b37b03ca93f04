//===- Conversion.cpp - The plan's tensors in double precision ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/Conversion.h"

#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <stdexcept>

using namespace cim;

reference::Kind cim::kindOf(plan::ElementType type) {
  switch (type) {
  case plan::F32:
  case plan::F64:
    return reference::Kind::floating;
  case plan::BOOL:
    return reference::Kind::boolean;
  case plan::U8:
  case plan::U16:
  case plan::U32:
  case plan::U64:
    return reference::Kind::unsignedInteger;
  default:
    return reference::Kind::integer;
  }
}

reference::Tensor cim::zeros(const plan::Value &value) {
  reference::Tensor tensor;
  tensor.kind = kindOf(value.element_type());
  tensor.shape.assign(value.shape().begin(), value.shape().end());
  size_t elements = elementCount(tensor.shape);
  if (tensor.kind == reference::Kind::floating)
    tensor.numbers.resize(elements);
  else
    tensor.integers.resize(elements);
  return tensor;
}

/// Calls \p body with a null pointer of the C++ type of \p type.
template <typename Body>
static void withType(plan::ElementType type, Body body) {
  switch (type) {
  case plan::F32:
    return body(static_cast<float *>(nullptr));
  case plan::F64:
    return body(static_cast<double *>(nullptr));
  case plan::I8:
    return body(static_cast<int8_t *>(nullptr));
  case plan::I16:
    return body(static_cast<int16_t *>(nullptr));
  case plan::I32:
    return body(static_cast<int32_t *>(nullptr));
  case plan::I64:
    return body(static_cast<int64_t *>(nullptr));
  case plan::U16:
    return body(static_cast<uint16_t *>(nullptr));
  case plan::U32:
    return body(static_cast<uint32_t *>(nullptr));
  case plan::U64:
    return body(static_cast<uint64_t *>(nullptr));
  default: // U8, BOOL
    return body(static_cast<uint8_t *>(nullptr));
  }
}

void cim::readElements(plan::ElementType type, const std::byte *bytes,
                       reference::Tensor &tensor) {
  withType(type, [&]<typename T>(T *) {
    const T *elements = reinterpret_cast<const T *>(bytes);
    if (tensor.kind == reference::Kind::floating)
      std::copy_n(elements, tensor.numbers.size(), tensor.numbers.begin());
    else
      std::copy_n(elements, tensor.integers.size(), tensor.integers.begin());
  });
}

void cim::writeElements(plan::ElementType type, const reference::Tensor &tensor,
                        std::byte *bytes) {
  withType(type, [&]<typename T>(T *) {
    T *elements = reinterpret_cast<T *>(bytes);
    auto convert = [](auto number) { return static_cast<T>(number); };
    if (tensor.kind == reference::Kind::floating)
      std::ranges::transform(tensor.numbers, elements, convert);
    else
      std::ranges::transform(tensor.integers, elements, convert);
  });
}

void cim::wrapIntegers(plan::ElementType type, reference::Tensor &tensor) {
  if (tensor.kind == reference::Kind::floating)
    return;
  withType(type, [&]<typename T>(T *) {
    for (int64_t &integer : tensor.integers)
      integer = static_cast<int64_t>(static_cast<T>(integer));
  });
}

reference::Attributes cim::attributesOf(const plan::Step &step) {
  reference::Attributes attributes;
  for (const auto &[name, attribute] : step.attributes()) {
    switch (attribute.kind_case()) {
    case plan::Attribute::kInteger:
      attributes[name] = attribute.integer();
      break;
    case plan::Attribute::kNumber:
      attributes[name] = attribute.number();
      break;
    case plan::Attribute::kText:
      attributes[name] = attribute.text();
      break;
    case plan::Attribute::kIntegers: {
      const auto &values = attribute.integers().values();
      attributes[name] = std::vector<int64_t>(values.begin(), values.end());
      break;
    }
    case plan::Attribute::kNumbers: {
      const auto &values = attribute.numbers().values();
      attributes[name] = std::vector<double>(values.begin(), values.end());
      break;
    }
    case plan::Attribute::KIND_NOT_SET:
      break;
    }
  }
  return attributes;
}

void cim::evaluateStep(const plan::Step &step,
                       const reference::Attributes &attributes,
                       std::span<const reference::Tensor *const> operands,
                       std::span<reference::Tensor> results) try {
  if (!reference::evaluate(step.operation(), attributes, operands, results))
    throw InputError("node '" + step.name() + "': the operation '" +
                     step.operation() + "' is unknown");
} catch (const std::domain_error &error) { // an index that was computed
  throw InputError("node '" + step.name() + "': " + error.what());
}

static double activate(const plan::Epilogue &epilogue, double x) {
  // Comparisons are written so that not-a-number stays what it is.
  switch (epilogue.activation()) {
  case plan::RELU:
    return x < 0 ? 0 : x;
  case plan::CLIP:
    return x < epilogue.lowest()    ? epilogue.lowest()
           : x > epilogue.highest() ? epilogue.highest()
                                    : x;
  case plan::LEAKY_RELU:
    return x < 0 ? x * epilogue.lowest() : x;
  default:
    return x;
  }
}

void cim::applyEpilogue(
    const plan::Epilogue &epilogue,
    const std::function<const reference::Tensor &(uint32_t)> &value,
    reference::Tensor &result) {
  const double *scale = nullptr, *offset = nullptr, *residual = nullptr;
  if (epilogue.has_scale())
    scale = value(epilogue.scale()).numbers.data();
  if (epilogue.has_offset())
    offset = value(epilogue.offset()).numbers.data();
  if (epilogue.has_residual())
    residual = value(epilogue.residual()).numbers.data();

  int64_t channels = result.shape.size() > 1 ? result.shape[1] : 1;
  int64_t inner = 1; // elements per channel of one image
  for (size_t d = 2; d < result.shape.size(); ++d)
    inner *= result.shape[d];
  for (size_t i = 0; i < result.numbers.size(); ++i) {
    int64_t c = i / inner % channels;
    double x = result.numbers[i];
    if (scale)
      x *= scale[c];
    if (offset)
      x += offset[c];
    if (residual)
      x += residual[i];
    result.numbers[i] = activate(epilogue, x);
  }
}
