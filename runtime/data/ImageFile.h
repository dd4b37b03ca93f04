//===- ImageFile.h - PNG and JPEG -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DATA_IMAGEFILE_H
#define CIM_RUNTIME_DATA_IMAGEFILE_H

#include <cstdint>
#include <string>
#include <vector>

namespace cim {

/// Pixels of one image file, planes of C×H×W, 8 bits.
struct DecodedImage {
  int64_t channels = 0, height = 0, width = 0;
  std::vector<uint8_t> planes;
};

/// Decodes a PNG or JPEG file (told apart by their first bytes) to \p channels
/// planes: 1 (grey) or 3 (red, green, blue). Values are the file's own: no
/// gamma or colour profile is applied, 16 bits are cut to 8, transparency is
/// dropped, palettes are resolved. Throws InputError, naming the file, when it
/// is of another kind, damaged, or cut off; and before decoding when \p height
/// and \p width are not 0 and the file's differ.
DecodedImage decodeImageFile(const std::string &path, int64_t channels,
                             int64_t height, int64_t width);

} // namespace cim

#endif // CIM_RUNTIME_DATA_IMAGEFILE_H
