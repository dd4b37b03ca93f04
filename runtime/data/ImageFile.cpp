//===- ImageFile.cpp - PNG and JPEG -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/ImageFile.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <csetjmp>
#include <cstdio> // before jpeglib.h, which needs FILE
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

using namespace cim;

namespace {

/// Larger images are no input of a network; bounds what a header can make us
/// allocate.
constexpr int64_t largestSide = 16384;
constexpr int64_t largestArea = int64_t(1) << 26;

/// What the C libraries report to and jump back with. They know no exceptions,
/// so the functions between setjmp and the libraries' longjmp own nothing that
/// needs a destructor; all memory belongs to the caller.
struct Decoder {
  std::string_view bytes;
  size_t position = 0;
  int64_t channels = 0, height = 0, width = 0;
  int64_t expectedHeight = 0, expectedWidth = 0;
  bool refused = false;
  bool isCmyk = false; ///< libjpeg makes no other colours of it
  std::vector<uint8_t> interleaved;
  std::vector<uint8_t *> rows;
  char error[JMSG_LENGTH_MAX] = {};
  std::jmp_buf escape;
};

/// Makes room for an image of the size that the header claims, if it may have
/// that size.
bool makeRoom(Decoder &decoder) {
  if (decoder.height <= 0 || decoder.width <= 0 ||
      decoder.height > largestSide || decoder.width > largestSide ||
      decoder.height * decoder.width > largestArea ||
      (decoder.expectedHeight != 0 &&
       (decoder.height != decoder.expectedHeight ||
        decoder.width != decoder.expectedWidth))) {
    decoder.refused = true;
    return false;
  }
  const size_t stride = decoder.width * decoder.channels;
  decoder.interleaved.resize(decoder.height * stride);
  decoder.rows.resize(decoder.height);
  for (int64_t y = 0; y < decoder.height; ++y)
    decoder.rows[y] = decoder.interleaved.data() + y * stride;
  return true;
}

[[noreturn]] void pngFailed(png_structp png, png_const_charp message) {
  auto &decoder = *static_cast<Decoder *>(::png_get_error_ptr(png));
  std::snprintf(decoder.error, sizeof decoder.error, "%s", message);
  std::longjmp(decoder.escape, 1);
}

void pngWarned(png_structp, png_const_charp) {}

void readPngBytes(png_structp png, png_bytep target, size_t size) {
  auto &decoder = *static_cast<Decoder *>(::png_get_io_ptr(png));
  if (size > decoder.bytes.size() - decoder.position)
    ::png_error(png, "the file ends too early");
  std::memcpy(target, decoder.bytes.data() + decoder.position, size);
  decoder.position += size;
}

bool decodePng(Decoder &decoder) {
  png_structp png = ::png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder,
                                             pngFailed, pngWarned);
  png_infop info = png ? ::png_create_info_struct(png) : nullptr;
  if (!info) {
    ::png_destroy_read_struct(&png, nullptr, nullptr);
    std::strcpy(decoder.error, "out of memory");
    return false;
  }
  if (setjmp(decoder.escape)) {
    ::png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  ::png_set_user_limits(png, largestSide, largestSide);
  ::png_set_read_fn(png, &decoder, readPngBytes);
  ::png_read_info(png, info);
  decoder.width = ::png_get_image_width(png, info);
  decoder.height = ::png_get_image_height(png, info);
  const bool accepted = makeRoom(decoder);
  if (accepted) {
    const int colour = ::png_get_color_type(png, info);
    ::png_set_expand(png);
    ::png_set_strip_16(png);
    ::png_set_strip_alpha(png);
    if (decoder.channels == 3 && !(colour & PNG_COLOR_MASK_COLOR))
      ::png_set_gray_to_rgb(png);
    if (decoder.channels == 1 && (colour & PNG_COLOR_MASK_COLOR)) {
      // libpng would mix the colours in linear light where the file states a
      // gamma, and only there.
      ::png_set_gamma(png, 1, 1);
      ::png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    }
    ::png_set_interlace_handling(png);
    ::png_read_update_info(png, info);
    if (::png_get_rowbytes(png, info) !=
        static_cast<size_t>(decoder.width * decoder.channels))
      ::png_error(png, "its colour type is not supported");
    ::png_read_image(png, decoder.rows.data());
    ::png_read_end(png, nullptr);
  }
  ::png_destroy_read_struct(&png, &info, nullptr);
  return accepted;
}

struct JpegErrors {
  jpeg_error_mgr manager; // first, so that libjpeg's pointer is ours
  Decoder *decoder;
};

[[noreturn]] void jpegFailed(j_common_ptr jpeg) {
  Decoder &decoder = *reinterpret_cast<JpegErrors *>(jpeg->err)->decoder;
  jpeg->err->format_message(jpeg, decoder.error);
  std::longjmp(decoder.escape, 1);
}

/// libjpeg fills the rest of a file that is cut off with grey and only warns;
/// its other warnings are about files that everyone reads.
void jpegWarned(j_common_ptr jpeg, int level) {
  if (level < 0 && (jpeg->err->msg_code == JWRN_JPEG_EOF ||
                    jpeg->err->msg_code == JWRN_HIT_MARKER))
    jpegFailed(jpeg);
}

bool decodeJpeg(Decoder &decoder) {
  jpeg_decompress_struct jpeg;
  JpegErrors errors;
  jpeg.err = ::jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jpegFailed;
  errors.manager.emit_message = jpegWarned;
  errors.decoder = &decoder;
  if (setjmp(decoder.escape)) {
    ::jpeg_destroy_decompress(&jpeg);
    return false;
  }
  ::jpeg_create_decompress(&jpeg);
  // Progressive files buffer all their coefficients.
  jpeg.mem->max_memory_to_use = 512L << 20;
  ::jpeg_mem_src(&jpeg,
                 reinterpret_cast<const unsigned char *>(decoder.bytes.data()),
                 decoder.bytes.size());
  ::jpeg_read_header(&jpeg, TRUE);
  decoder.width = jpeg.image_width;
  decoder.height = jpeg.image_height;
  decoder.isCmyk =
      jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  const bool accepted = !decoder.isCmyk && makeRoom(decoder);
  if (accepted) {
    jpeg.out_color_space = decoder.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    ::jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height)
      ::jpeg_read_scanlines(&jpeg, &decoder.rows[jpeg.output_scanline],
                            jpeg.output_height - jpeg.output_scanline);
    ::jpeg_finish_decompress(&jpeg);
  }
  ::jpeg_destroy_decompress(&jpeg);
  return accepted;
}

} // namespace

DecodedImage cim::decodeImageFile(const std::string &path, int64_t channels,
                                  int64_t height, int64_t width) {
  const MappedFile file = mapFile(path);
  Decoder decoder;
  decoder.bytes = file.text();
  decoder.channels = channels;
  decoder.expectedHeight = height;
  decoder.expectedWidth = width;
  const bool isPng = decoder.bytes.starts_with("\x89PNG\r\n\x1a\n");
  const bool isJpeg = decoder.bytes.starts_with("\xff\xd8\xff");
  if (!isPng && !isJpeg)
    throw InputError("'" + path +
                     "' is neither PNG nor JPEG; convert it, or remove it from "
                     "the folder");
  const bool decoded = isPng ? decodePng(decoder) : decodeJpeg(decoder);
  if (decoder.isCmyk)
    throw InputError("'" + path + "' is a CMYK JPEG; convert it to RGB");
  if (decoder.refused)
    throw InputError("'" + path + "' has " + std::to_string(decoder.width) +
                     "×" + std::to_string(decoder.height) + " pixels" +
                     (height != 0
                          ? ", but " + std::to_string(width) + "×" +
                                std::to_string(height) +
                                " are expected; resize the images to that"
                          : "; resize it to at most 16384 a side"));
  if (!decoded)
    throw InputError("'" + path + "' is damaged: " + decoder.error +
                     "; replace it, or remove it from the folder");

  DecodedImage image{channels, decoder.height, decoder.width, {}};
  if (channels == 1) {
    image.planes = std::move(decoder.interleaved);
    return image;
  }
  const size_t plane = decoder.height * decoder.width;
  image.planes.resize(channels * plane);
  for (size_t i = 0; i < plane; ++i)
    for (int64_t channel = 0; channel < channels; ++channel)
      image.planes[channel * plane + i] =
          decoder.interleaved[i * channels + channel];
  return image;
}
