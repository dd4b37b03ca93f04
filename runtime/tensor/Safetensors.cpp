//===- Safetensors.cpp - Hugging Face's safe tensor format ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A little-endian uint64 header length, a JSON header {"name": {"dtype",
// "shape", "data_offsets": [begin, end]}}, and the raw arrays.
// https://github.com/huggingface/safetensors
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/TensorFile.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

using namespace cim;
using nlohmann::json;

namespace {

constexpr std::pair<const char *, ElementType> elementTypes[] = {
    {"F32", plan::F32}, {"F64", plan::F64},  {"I8", plan::I8},
    {"I16", plan::I16}, {"I32", plan::I32},  {"I64", plan::I64},
    {"U8", plan::U8},   {"U16", plan::U16},  {"U32", plan::U32},
    {"U64", plan::U64}, {"BOOL", plan::BOOL}};

/// The format's own limit on the header.
constexpr uint64_t largestHeader = 100'000'000;

} // namespace

TensorMap cim::readSafetensors(const std::string &path) {
  MappedFile file = mapFile(path);
  auto fail = [&](const std::string &what) -> void {
    throw InputError("'" + path + "' is not a usable safetensors file: " +
                     what + "; write it again");
  };
  uint64_t headerSize = 0;
  if (file.size < sizeof headerSize)
    fail("it has only " + std::to_string(file.size) + " bytes");
  std::memcpy(&headerSize, file.data.get(), sizeof headerSize);
  if (headerSize > largestHeader || headerSize > file.size - sizeof headerSize)
    fail("its header is cut off");
  json header = json::parse(file.text().substr(sizeof headerSize, headerSize),
                            nullptr, /*allow_exceptions=*/false);
  if (!header.is_object())
    fail("its header is not a JSON object");
  const size_t dataBegin = sizeof headerSize + headerSize;
  const uint64_t dataSize = file.size - dataBegin;

  TensorMap tensors;
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      continue;
    auto failTensor = [&](const std::string &what) {
      fail("tensor '" + name + "' " + what);
    };
    Tensor tensor;
    uint64_t begin = 0, end = 0;
    try {
      std::string type = entry.at("dtype");
      const auto *found =
          std::find_if(std::begin(elementTypes), std::end(elementTypes),
                       [&](const auto &known) { return type == known.first; });
      if (found == std::end(elementTypes))
        failTensor("has the unsupported type '" + type + "'");
      tensor.type = found->second;
      for (const json &dimension : entry.at("shape")) {
        if (!dimension.is_number_unsigned())
          failTensor("has a dimension that is not a natural number");
        tensor.shape.push_back(dimension.get<int64_t>());
      }
      const json &offsets = entry.at("data_offsets");
      if (offsets.size() != 2 || !offsets.at(0).is_number_unsigned() ||
          !offsets.at(1).is_number_unsigned())
        failTensor("has no data_offsets [begin, end]");
      begin = offsets.at(0);
      end = offsets.at(1);
    } catch (const json::exception &) {
      failTensor("has a broken header entry");
    }
    if (begin > end || end > dataSize)
      failTensor("lies outside of the file");
    // Divide instead of multiplying: a hostile shape must not overflow.
    uint64_t bytes = end - begin, expected = byteWidth(tensor.type);
    bool empty = false;
    for (int64_t dimension : tensor.shape)
      empty |= dimension == 0;
    for (int64_t dimension : tensor.shape) {
      if (empty)
        break;
      if (dimension < 0 || expected > bytes / dimension)
        failTensor("has a shape that does not fit its bytes");
      expected *= dimension;
    }
    if (bytes != (empty ? 0 : expected))
      failTensor("has a shape that does not fit its bytes");
    tensor.data =
        alignedBytes(file, dataBegin + begin, bytes, byteWidth(tensor.type));
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

void cim::writeSafetensors(const std::string &path, const TensorMap &tensors) {
  json header = json::object();
  uint64_t offset = 0;
  for (const auto &[name, tensor] : tensors) {
    const char *type = nullptr;
    for (const auto &[spelling, elementType] : elementTypes)
      if (elementType == tensor.type)
        type = spelling;
    header[name] = {{"dtype", type},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text =
      header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' '); // so that the arrays are aligned
  uint64_t headerSize = text.size();
  writeWhole(path, [&](std::ostream &stream) {
    stream.write(reinterpret_cast<const char *>(&headerSize),
                 sizeof headerSize);
    stream << text;
    for (const auto &[name, tensor] : tensors)
      stream.write(reinterpret_cast<const char *>(tensor.data.get()),
                   tensor.bytes());
  });
}
