//===- Npy.cpp - Images and labels saved by NumPy -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"

#include <algorithm>
#include <limits>

using namespace cim;

namespace {

template <typename T> int64_t valueAt(const Tensor &tensor, int64_t index) {
  const T value = tensor.as<T>()[index];
  // A uint64 that no int64 holds is out of every range of labels.
  return std::in_range<int64_t>(value) ? static_cast<int64_t>(value)
                                       : std::numeric_limits<int64_t>::max();
}

int64_t integerAt(const Tensor &tensor, int64_t index) {
  switch (tensor.type) {
  case plan::I8:
    return valueAt<int8_t>(tensor, index);
  case plan::I16:
    return valueAt<int16_t>(tensor, index);
  case plan::I32:
    return valueAt<int32_t>(tensor, index);
  case plan::I64:
    return valueAt<int64_t>(tensor, index);
  case plan::U8:
    return valueAt<uint8_t>(tensor, index);
  case plan::U16:
    return valueAt<uint16_t>(tensor, index);
  case plan::U32:
    return valueAt<uint32_t>(tensor, index);
  default:
    return valueAt<uint64_t>(tensor, index);
  }
}

bool isInteger(ElementType type) {
  return type != plan::F32 && type != plan::F64 && type != plan::BOOL;
}

} // namespace

LabelledImages cim::openNpy(const DataSpec &spec, const DataOptions &options) {
  const Tensor images = readNpy(spec.path);
  const Tensor labels = readNpy(spec.labelsPath);
  if (images.type != plan::F32 && images.type != plan::U8)
    throw InputError("'" + spec.path +
                     "': images must be float32 or uint8; convert them with "
                     "numpy's astype");
  if (images.shape.size() < 2)
    throw InputError("'" + spec.path +
                     "': images must have the shape N×C×H×W, but this array "
                     "has " +
                     std::to_string(images.shape.size()) + " dimension(s)");
  if (labels.shape.size() != 1 || !isInteger(labels.type))
    throw InputError("'" + spec.labelsPath +
                     "': labels must be one dimension of integers, one per "
                     "image; save them with numpy's astype('int64')");
  if (labels.shape[0] != images.shape[0])
    throw InputError("'" + spec.labelsPath + "' holds " +
                     std::to_string(labels.shape[0]) + " labels but '" +
                     spec.path + "' " + std::to_string(images.shape[0]) +
                     " images; name two files of the same data");

  LabelledImages result;
  result.shape.assign(images.shape.begin() + 1, images.shape.end());
  result.isFloat = images.type == plan::F32;
  result.labelFile = spec.labelsPath;
  result.owners.push_back(images.data);
  // Without pixels there is nothing to look at, however many images are
  // claimed.
  if (images.bytes() == 0)
    return result;
  const int64_t count = options.limit > 0
                            ? std::min(options.limit, images.shape[0])
                            : images.shape[0];
  const size_t bytes = images.bytes() / images.shape[0];
  for (int64_t i = 0; i < count; ++i) {
    result.images.push_back(images.data.get() + i * bytes);
    result.labels.push_back(integerAt(labels, i));
  }
  return result;
}
