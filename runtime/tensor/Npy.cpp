//===- Npy.cpp - NumPy's array format ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// "\x93NUMPY", version, header length, and a Python dictionary literal with
// 'descr', 'fortran_order' and 'shape', then the array.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/TensorFile.h"

#include <charconv>
#include <cstring>
#include <ostream>
#include <regex>

using namespace cim;

namespace {

constexpr std::pair<const char *, ElementType> elementTypes[] = {
    {"<f4", plan::F32}, {"<f8", plan::F64}, {"|i1", plan::I8},
    {"<i2", plan::I16}, {"<i4", plan::I32}, {"<i8", plan::I64},
    {"|u1", plan::U8},  {"<u2", plan::U16}, {"<u4", plan::U32},
    {"<u8", plan::U64}, {"|b1", plan::BOOL}};

constexpr std::string_view magic = "\x93NUMPY";

/// Beyond this a header is no header, and std::regex, which recurses per
/// character, would run out of stack; NumPy's own have 118 bytes.
constexpr size_t largestHeader = 4096;

} // namespace

Tensor cim::readNpy(const std::string &path) {
  MappedFile file = mapFile(path);
  auto fail = [&](const std::string &what) -> void {
    throw InputError("'" + path + "' is not a usable .npy file: " + what +
                     "; save it with numpy.save");
  };
  std::string_view text = file.text();
  if (text.size() < 12 || text.substr(0, magic.size()) != magic)
    fail("it does not begin with NumPy's magic number");
  const unsigned version = static_cast<unsigned char>(text[6]);
  if (version < 1 || version > 3)
    fail("format version " + std::to_string(version) + " is unknown");
  const size_t prefix = version == 1 ? 10 : 12;
  size_t headerSize = 0;
  std::memcpy(&headerSize, text.data() + 8, version == 1 ? 2 : 4);
  if (headerSize > largestHeader || headerSize > text.size() - prefix)
    fail("its header is cut off");
  const std::string header(text.substr(prefix, headerSize));

  auto field = [&](const char *pattern) {
    std::smatch match;
    if (!std::regex_search(header, match, std::regex(pattern)))
      fail("its header lacks a field or is malformed");
    return match[1].str();
  };
  Tensor tensor;
  const std::string type = field(R"('descr'\s*:\s*'([^']{1,16})')");
  bool known = false;
  for (const auto &[spelling, elementType] : elementTypes)
    if (type == spelling) {
      tensor.type = elementType;
      known = true;
    }
  if (!known)
    fail("element type '" + type +
         "' is not supported (use float32, or a "
         "little-endian integer type)");
  if (field(R"('fortran_order'\s*:\s*(True|False))") == "True")
    fail("it is in Fortran order (use numpy.ascontiguousarray)");
  const std::string shape = field(R"('shape'\s*:\s*\(([0-9, ]{0,512})\))");
  const uint64_t bytes = text.size() - prefix - headerSize;
  uint64_t expected = byteWidth(tensor.type);
  bool empty = false;
  for (const char *at = shape.data(), *end = at + shape.size(); at < end;) {
    int64_t dimension = 0;
    auto [next, error] = std::from_chars(at, end, dimension);
    if (error == std::errc::result_out_of_range)
      fail("a dimension is too large");
    if (error != std::errc()) {
      ++at; // a comma or a space
      continue;
    }
    at = next;
    tensor.shape.push_back(dimension);
    if (dimension == 0)
      empty = true;
    else if (expected > UINT64_MAX / dimension)
      fail("its shape is too large");
    else
      expected *= dimension;
  }
  if (empty)
    expected = 0;
  if (bytes < expected)
    fail("it holds " + std::to_string(bytes) + " bytes of data instead of " +
         std::to_string(expected));
  tensor.data =
      alignedBytes(file, prefix + headerSize, expected, byteWidth(tensor.type));
  return tensor;
}

void cim::writeNpy(const std::string &path, const Tensor &tensor) {
  std::string header = "{'descr': '";
  for (const auto &[spelling, elementType] : elementTypes)
    if (elementType == tensor.type)
      header += spelling;
  header += "', 'fortran_order': False, 'shape': (";
  for (int64_t dimension : tensor.shape)
    header += std::to_string(dimension) + ",";
  header += "), }";
  // The array begins at a multiple of 64 bytes, as numpy.save does it.
  constexpr size_t prefix = 10;
  header.resize((prefix + header.size() + 1 + 63) / 64 * 64 - prefix - 1, ' ');
  header += '\n';
  const uint16_t headerSize = header.size();
  writeWhole(path, [&](std::ostream &stream) {
    stream << magic << '\x01' << '\0';
    stream.write(reinterpret_cast<const char *>(&headerSize),
                 sizeof headerSize);
    stream << header;
    stream.write(reinterpret_cast<const char *>(tensor.data.get()),
                 tensor.bytes());
  });
}
