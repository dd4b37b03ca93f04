//===- TensorData.cpp - Tensors stored in or beside an ONNX file ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/TensorData.h"

#include "frontends/onnx/NarrowType.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"
#include "runtime/tensor/Errors.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>

using namespace cim;
using namespace cim::importer;
using onnx::TensorProto;

static_assert(std::endian::native == std::endian::little,
              "ONNX stores little-endian numbers, which are used in place");

//===----------------------------------------------------------------------===//
// Types and shapes
//===----------------------------------------------------------------------===//

std::optional<ElementType> importer::elementTypeOf(int32_t dataType) {
  switch (dataType) {
  case TensorProto::FLOAT:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::DOUBLE:
    return plan::F32;
  case TensorProto::INT8:
    return plan::I8;
  case TensorProto::INT16:
    return plan::I16;
  case TensorProto::INT32:
    return plan::I32;
  case TensorProto::INT64:
    return plan::I64;
  case TensorProto::UINT8:
    return plan::U8;
  case TensorProto::UINT16:
    return plan::U16;
  case TensorProto::UINT32:
    return plan::U32;
  case TensorProto::UINT64:
    return plan::U64;
  case TensorProto::BOOL:
    return plan::BOOL;
  default:
    if (std::optional<NarrowType> narrow = narrowType(dataType))
      return narrow->holder;
    return std::nullopt;
  }
}

std::string importer::typeName(int32_t dataType) {
  // The enumeration of onnx.proto, continued by the releases after Debian's.
  static constexpr const char *names[] = {
      "undefined",      "float32",    "uint8",
      "int8",           "uint16",     "int16",
      "int32",          "int64",      "string",
      "bool",           "float16",    "float64",
      "uint32",         "uint64",     "complex64",
      "complex128",     "bfloat16",   "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",          "int4",       "float4e2m1",
      "float8e8m0",     "uint2",      "int2"};
  if (dataType >= 0 && dataType < static_cast<int32_t>(std::size(names)))
    return names[dataType];
  return "number " + std::to_string(dataType);
}

void importer::checkShape(std::span<const int64_t> shape) {
  constexpr int64_t mostElements = int64_t(1) << 40;
  if (shape.size() > largestRank)
    throw std::length_error(std::to_string(shape.size()) +
                            " dimensions, more than the " +
                            std::to_string(largestRank) + " allowed");
  auto text = [&] { return listed({shape.data(), shape.size()}); };
  // A zero makes the product zero wherever it stands, so overflow is judged by
  // the others.
  int64_t elements = 1;
  for (int64_t dimension : shape) {
    if (dimension < 0)
      throw std::length_error("a negative dimension in shape " + text());
    if (dimension > 0 && elements > mostElements / dimension)
      throw std::length_error("too many elements in shape " + text());
    elements *= std::max<int64_t>(dimension, 1);
  }
}

//===----------------------------------------------------------------------===//
// Floating-point formats
//===----------------------------------------------------------------------===//

/// IEEE half precision to single: the exponent is re-biased by a
/// multiplication, which also makes subnormal numbers right, without a branch,
/// so that loops over weights vectorize.
static float fromHalf(uint16_t half) {
  float magnitude = std::bit_cast<float>(uint32_t(half & 0x7fff) << 13) *
                    std::bit_cast<float>(uint32_t(254 - 15) << 23);
  uint32_t bits = std::bit_cast<uint32_t>(magnitude);
  bits |= magnitude >= 65536.f ? 0x7f800000u : 0u; // infinity and NaN
  return std::bit_cast<float>(bits | uint32_t(half & 0x8000) << 16);
}

static float fromBfloat(uint16_t bfloat) {
  return std::bit_cast<float>(uint32_t(bfloat) << 16);
}

float importer::rounded(float number, int32_t dataType) {
  if (dataType != TensorProto::FLOAT16 && dataType != TensorProto::BFLOAT16)
    return number;
  llvm::APFloat value(number);
  bool losesInformation;
  value.convert(dataType == TensorProto::FLOAT16 ? llvm::APFloat::IEEEhalf()
                                                 : llvm::APFloat::BFloat(),
                llvm::APFloat::rmNearestTiesToEven, &losesInformation);
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &losesInformation);
  return value.convertToFloat();
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

namespace {

/// New memory for \p count elements of type \p T, filled by \p element(i).
template <typename T, typename Function>
std::shared_ptr<const std::byte> generated(size_t count, Function element) {
  std::shared_ptr<T[]> array(new T[std::max<size_t>(count, 1)]);
  for (size_t i = 0; i < count; ++i)
    array[i] = element(i);
  return {array, reinterpret_cast<const std::byte *>(array.get())};
}

/// The float32 numbers that \p bytes hold in the floating-point type
/// \p dataType.
std::shared_ptr<const std::byte> widened(int32_t dataType,
                                         std::shared_ptr<const std::byte> bytes,
                                         size_t count) {
  auto read = [&]<typename T>(T, size_t i) { // without alignment
    T value;
    std::memcpy(&value, bytes.get() + i * sizeof(T), sizeof(T));
    return value;
  };
  switch (dataType) {
  case TensorProto::FLOAT16:
    return generated<float>(
        count, [&](size_t i) { return fromHalf(read(uint16_t(), i)); });
  case TensorProto::BFLOAT16:
    return generated<float>(
        count, [&](size_t i) { return fromBfloat(read(uint16_t(), i)); });
  case TensorProto::DOUBLE:
    return generated<float>(
        count, [&](size_t i) { return static_cast<float>(read(double(), i)); });
  default:
    return bytes;
  }
}

/// Bytes of \p count elements of \p dataType in raw data.
size_t storedBytes(int32_t dataType, size_t count) {
  switch (dataType) {
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return count * 2;
  case TensorProto::DOUBLE:
    return count * 8;
  default:
    if (std::optional<NarrowType> narrow = narrowType(dataType))
      return narrow->bytes(count);
    return count * byteWidth(*elementTypeOf(dataType));
  }
}

/// The \p count numbers that are stored in \p bytes, several in one.
std::shared_ptr<const std::byte>
unpacked(const NarrowType &type, const std::byte *bytes, size_t count) {
  auto number = [&](size_t i) {
    const size_t bit = i * type.bits;
    return type.decoded(std::to_integer<uint8_t>(bytes[bit / 8]) >> bit % 8);
  };
  switch (type.holder) {
  case plan::I8:
    return generated<int8_t>(count, number);
  case plan::U8:
    return generated<uint8_t>(count, number);
  default:
    return generated<float>(count, number);
  }
}

/// Reads the numbers of the typed field that \p dataType uses.
class TypedField {
public:
  explicit TypedField(const TensorProto &tensor) : tensor(tensor) {}

  /// Numbers of the field: elements, but of narrow types bytes.
  size_t count() const {
    switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return tensor.float_data_size();
    case TensorProto::DOUBLE:
      return tensor.double_data_size();
    case TensorProto::INT64:
      return tensor.int64_data_size();
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return tensor.uint64_data_size();
    default:
      return tensor.int32_data_size();
    }
  }

  /// All \p elements of the tensor.
  std::shared_ptr<const std::byte> elements(size_t elements) const {
    if (std::optional<NarrowType> narrow = narrowType(tensor.data_type())) {
      std::vector<std::byte> bytes;
      for (int32_t byte : tensor.int32_data())
        bytes.push_back(std::byte(byte));
      return unpacked(*narrow, bytes.data(), elements);
    }
    auto int32 = [&](size_t i) { return tensor.int32_data(i); };
    switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return generated<float>(count(),
                              [&](size_t i) { return tensor.float_data(i); });
    case TensorProto::DOUBLE:
      return generated<float>(count(), [&](size_t i) {
        return static_cast<float>(tensor.double_data(i));
      });
    case TensorProto::FLOAT16: // as integers, by their bits
      return generated<float>(count(),
                              [&](size_t i) { return fromHalf(int32(i)); });
    case TensorProto::BFLOAT16:
      return generated<float>(count(),
                              [&](size_t i) { return fromBfloat(int32(i)); });
    case TensorProto::INT64:
      return generated<int64_t>(count(),
                                [&](size_t i) { return tensor.int64_data(i); });
    case TensorProto::UINT64:
      return generated<uint64_t>(
          count(), [&](size_t i) { return tensor.uint64_data(i); });
    case TensorProto::UINT32:
      return generated<uint32_t>(
          count(), [&](size_t i) { return tensor.uint64_data(i); });
    case TensorProto::INT32:
      return generated<int32_t>(count(), int32);
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return generated<uint16_t>(count(), int32);
    case TensorProto::BOOL:
      return generated<uint8_t>(count(),
                                [&](size_t i) { return int32(i) != 0; });
    default:
      return generated<uint8_t>(count(), int32);
    }
  }

private:
  const TensorProto &tensor;
};

} // namespace

/// The bytes of a boolean tensor, none of them but 0 and 1.
static std::shared_ptr<const std::byte>
asBooleans(const std::shared_ptr<const std::byte> &bytes, size_t count) {
  return generated<uint8_t>(
      count, [&](size_t i) { return bytes.get()[i] != std::byte(0); });
}

Tensor TensorReader::read(TensorProto &tensor, const std::string &what) {
  auto fail = [&](const std::string &how) {
    throw InputError(modelPath + ": " + what + " " + how);
  };
  std::optional<ElementType> type = elementTypeOf(tensor.data_type());
  if (!type)
    fail("has elements of type " + typeName(tensor.data_type()) +
         ", which is not supported");
  Tensor result;
  result.type = *type;
  result.shape.assign(tensor.dims().begin(), tensor.dims().end());
  try {
    checkShape(result.shape);
  } catch (const std::length_error &error) {
    fail(std::string("has ") + error.what());
  }
  if (tensor.has_segment())
    fail("is stored in segments, which is not supported");

  size_t count = result.elements();
  size_t needed = storedBytes(tensor.data_type(), count);
  const std::optional<NarrowType> narrow = narrowType(tensor.data_type());
  bool external = tensor.data_location() == TensorProto::EXTERNAL;
  if (!external && !tensor.has_raw_data()) {
    TypedField field(tensor);
    const size_t numbers = narrow ? needed : count;
    if (field.count() != numbers)
      fail("has shape " + listed(result.shape) + ", so " +
           std::to_string(numbers) + (narrow ? " bytes" : " elements") +
           ", but holds " + std::to_string(field.count()));
    result.data = field.elements(count);
    return result;
  }

  std::shared_ptr<const std::byte> bytes;
  if (external) {
    bytes = externalBytes(tensor, needed, narrow ? 1 : byteWidth(*type), what);
  } else {
    if (tensor.raw_data().size() != needed)
      fail("has shape " + listed(result.shape) + " of " +
           typeName(tensor.data_type()) + ", so " + std::to_string(needed) +
           " bytes, but holds " + std::to_string(tensor.raw_data().size()));
    std::shared_ptr<std::string> raw(tensor.release_raw_data());
    bytes = {raw, reinterpret_cast<const std::byte *>(raw->data())};
    // Short strings live inside the object, wherever that is.
    if (reinterpret_cast<uintptr_t>(bytes.get()) % byteWidth(*type) != 0)
      bytes = generated<std::byte>(
          needed, [held = bytes](size_t i) { return held.get()[i]; });
  }
  if (narrow)
    result.data = unpacked(*narrow, bytes.get(), count);
  else
    result.data = *type == plan::BOOL
                      ? asBooleans(bytes, count)
                      : widened(tensor.data_type(), std::move(bytes), count);
  return result;
}

void TensorReader::embed(TensorProto &tensor, const std::string &what) {
  if (tensor.data_location() != TensorProto::EXTERNAL)
    return;
  TensorProto copy = tensor;
  const Tensor checked = read(copy, what);
  const size_t bytes = storedBytes(tensor.data_type(), checked.elements());
  const auto data = externalBytes(tensor, bytes, 1, what);
  tensor.set_raw_data(data.get(), bytes);
  tensor.clear_external_data();
  tensor.clear_data_location();
}

void TensorReader::embed(onnx::GraphProto &graph) {
  for (TensorProto &initializer : *graph.mutable_initializer())
    embed(initializer, "initializer " + quotation(initializer.name()));
  for (onnx::NodeProto &node : *graph.mutable_node())
    for (onnx::AttributeProto &attribute : *node.mutable_attribute())
      if (attribute.has_t())
        embed(*attribute.mutable_t(),
              described(node) + ": attribute " + quotation(attribute.name()));
}

//===----------------------------------------------------------------------===//
// External data
//===----------------------------------------------------------------------===//

namespace fs = std::filesystem;

/// The mapping of the file \p location, which must not lead out of the model's
/// folder: a downloaded model has no business anywhere else.
const MappedFile &TensorReader::externalFile(const std::string &location,
                                             const std::string &what) {
  auto found = files.find(location);
  if (found != files.end())
    return found->second;
  auto fail = [&](const std::string &how) {
    throw InputError(modelPath + ": " + what + " keeps its data in " +
                     quotation(location) + ", " + how);
  };
  fs::path relative(location);
  if (location.empty() || location.find('\0') != std::string::npos)
    fail("which is no file name");
  if (relative.is_absolute() ||
      std::find(relative.begin(), relative.end(), "..") != relative.end())
    fail(
        "which leads out of the model's folder; put the file beside the model");
  fs::path file = fs::path(modelPath).parent_path() / relative;

  std::error_code error;
  fs::path real = fs::canonical(file, error);
  if (error)
    fail("which cannot be read: " + error.message());
  // Symbolic links count where they lead. The model itself may be one (caches
  // of downloads do that), then its data may also stand beside its target.
  auto isBelow = [&](const fs::path &folder) {
    auto [rest, unused] =
        std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
    return rest == folder.end();
  };
  fs::path folder = fs::absolute(modelPath, error).parent_path();
  fs::path target = fs::canonical(modelPath, error).parent_path();
  if (!isBelow(fs::canonical(folder, error)) && !isBelow(target))
    fail("a link that leads out of the model's folder; put the file itself "
         "beside the model");
  try {
    return files.emplace(location, mapFile(file.string())).first->second;
  } catch (const InputError &error) {
    throw InputError(modelPath + ": " + what + ": " + error.what());
  }
}

std::shared_ptr<const std::byte>
TensorReader::externalBytes(const TensorProto &tensor, size_t needed,
                            size_t alignment, const std::string &what) {
  auto fail = [&](const std::string &how) {
    throw InputError(modelPath + ": " + what + " " + how);
  };
  std::string location;
  uint64_t offset = 0, length = needed;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    auto number = [&](uint64_t &value) {
      if (llvm::StringRef(entry.value()).getAsInteger(10, value))
        fail("has external data with the " + entry.key() + " " +
             quotation(entry.value()) + ", which is no number of bytes");
    };
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      number(offset);
    else if (entry.key() == "length")
      number(length);
  }
  if (length != needed)
    fail("needs " + std::to_string(needed) +
         " bytes, but its external data have " + std::to_string(length));
  const MappedFile &file = externalFile(location, what);
  if (offset > file.size || needed > file.size - offset)
    fail("needs bytes " + std::to_string(offset) + " to " +
         std::to_string(offset + needed) + " of " + quotation(location) +
         ", which has only " + std::to_string(file.size));
  if (needed == 0)
    return generated<std::byte>(0, [](size_t) { return std::byte(); });
  return alignedBytes(file, offset, needed, alignment);
}
