//===- FolderTest.cpp - Folders of PNG and JPEG -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DataTest.h"

#include "runtime/data/ImageFile.h"

#include <cstdio>
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

using namespace cim;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

class FolderTest : public DataTest {
protected:
  /// \p pixels are rows of RGB or, with a channel, of grey.
  void writePng(const std::string &name, unsigned width, unsigned height,
                unsigned channels, const std::vector<uint8_t> &pixels) {
    fs::create_directories((folder / name).parent_path());
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = channels == 1   ? PNG_FORMAT_GRAY
                   : channels == 3 ? PNG_FORMAT_RGB
                                   : PNG_FORMAT_RGBA;
    ASSERT_TRUE(::png_image_write_to_file(&image, path(name).c_str(), 0,
                                          pixels.data(), 0, nullptr));
  }
  void writeJpeg(const std::string &name, unsigned width, unsigned height,
                 uint8_t grey, J_COLOR_SPACE stored = JCS_YCbCr) {
    fs::create_directories((folder / name).parent_path());
    const int channels = stored == JCS_YCbCr ? 3 : 4;
    std::vector<uint8_t> row(width * channels, grey);
    FILE *file = std::fopen(path(name).c_str(), "wb");
    jpeg_compress_struct jpeg;
    jpeg_error_mgr errors;
    jpeg.err = ::jpeg_std_error(&errors);
    ::jpeg_create_compress(&jpeg);
    ::jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 3 ? JCS_RGB : JCS_CMYK;
    ::jpeg_set_defaults(&jpeg);
    ::jpeg_set_colorspace(&jpeg, stored);
    ::jpeg_start_compress(&jpeg, TRUE);
    for (unsigned y = 0; y < height; ++y) {
      JSAMPROW rows[] = {row.data()};
      ::jpeg_write_scanlines(&jpeg, rows, 1);
    }
    ::jpeg_finish_compress(&jpeg);
    ::jpeg_destroy_compress(&jpeg);
    std::fclose(file);
  }
  std::string spec(const std::string &name = "f") {
    return "folder:" + path(name);
  }
};

TEST_F(FolderTest, ClassesAreSubfoldersInSortedOrder) {
  writePng("f/b/1.png", 2, 1, 3, {1, 2, 3, 4, 5, 6});
  writePng("f/a/2.png", 2, 1, 1, {7, 8});
  writePng("f/a/10.png", 2, 1, 3, {9, 9, 9, 9, 9, 9});
  write("f/readme.txt", "files beside the classes are no images");
  write("f/a/.hidden", "nor are hidden ones");
  for (unsigned threads : {1, 3}) {
    DataSet data = open(spec(), {.threads = threads});
    ASSERT_EQ(data.images(), 3);
    EXPECT_THAT(data.asStored().classNames, testing::ElementsAre("a", "b"));
    EXPECT_EQ(data.label(0), 0);
    EXPECT_EQ(data.label(2), 1);
    std::vector<float> image(6);
    data.read(0, image.data()); // "10.png" sorts before "2.png"
    EXPECT_EQ(image[0], 9 / 255.0f);
    data.read(1, image.data());
    EXPECT_EQ(image, (std::vector<float>{7 / 255.0f, 8 / 255.0f, 7 / 255.0f,
                                         8 / 255.0f, 7 / 255.0f, 8 / 255.0f}));
    data.read(2, image.data()); // planes
    EXPECT_EQ(image, (std::vector<float>{1 / 255.0f, 4 / 255.0f, 2 / 255.0f,
                                         5 / 255.0f, 3 / 255.0f, 6 / 255.0f}));
  }
  EXPECT_EQ(open(spec(), {.limit = 2}).images(), 2);
  DataSet grey = open(spec(), {.inputShape = {1, 1, 2}});
  EXPECT_EQ(grey.shape(), (std::vector<int64_t>{1, 1, 2}));
}

TEST_F(FolderTest, SplitsAreFolders) {
  writePng("f/train/a/1.png", 1, 1, 1, {1});
  writePng("f/test/a/1.png", 1, 1, 1, {2});
  writePng("f/test/a/2.png", 1, 1, 1, {3});
  EXPECT_EQ(open(spec()).images(), 2);
  EXPECT_EQ(open(spec() + ":train").images(), 1);
  EXPECT_THAT(failure(spec("f/train") + ":train"), HasSubstr("has no splits"));
  EXPECT_TRUE(hasSplits(parseDataSpec(spec())));
  EXPECT_FALSE(hasSplits(parseDataSpec(spec("f/train"))));
}

TEST_F(FolderTest, ReadsJpegAndTransparentPng) {
  writeJpeg("f/a/1.jpg", 8, 8, 100);
  writePng("f/a/2.png", 8, 8, 4, std::vector<uint8_t>(256, 50));
  DataSet data = open(spec(), {.inputShape = {3, 8, 8}});
  std::vector<float> image(192);
  data.read(0, image.data());
  EXPECT_NEAR(image[0], 100 / 255.0, 2 / 255.0);
  data.read(1, image.data());
  EXPECT_EQ(image[0], 50 / 255.0f);
}

TEST_F(FolderTest, CmykIsAnError) {
  for (J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
    writeJpeg("f/a/1.jpg", 8, 8, 100, stored);
    for (int64_t channels : {1, 3})
      EXPECT_THAT(failure(spec(), {.inputShape = {channels, 8, 8}}),
                  HasSubstr("1.jpg' is a CMYK JPEG; convert it to RGB"));
  }
}

// What a file states about its colours changes nothing.
TEST_F(FolderTest, GreyOfColourIsThatOfTheValues) {
  writePng("f/a/1.png", 1, 1, 3, {200, 30, 90});
  std::string bytes;
  {
    std::ifstream in(path("f/a/1.png"), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const size_t chunk = bytes.find("sRGB"); // after its length
  ASSERT_NE(chunk, bytes.npos);
  write("f/a/2.png", bytes.erase(chunk - 4, 13));
  DataSet data = open(spec(), {.inputShape = {1, 1, 1}});
  for (int64_t i : {0, 1}) {
    float grey = 0;
    data.read(i, &grey);
    EXPECT_EQ(grey, 87 / 255.0f) << i; // 0.299 R + 0.587 G + 0.114 B
  }
}

TEST_F(FolderTest, DamagedImagesAreErrors) {
  writePng("f/a/1.png", 40, 40, 3, std::vector<uint8_t>(4800, 77));
  writeJpeg("f/a/2.jpg", 40, 40, 77);
  ASSERT_EQ(failure(spec()), "");
  for (const char *name : {"1.png", "2.jpg"}) {
    const std::string file = path("f/a/") + name;
    std::string bytes;

    {
      std::ifstream in(file, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    // Cut anywhere, or with any byte changed: an error or an image, never more.
    for (size_t size = 0; size < bytes.size(); ++size) {
      write(std::string("f/a/") + name, bytes.substr(0, size));
      EXPECT_NE(failure(spec()), "") << name << " cut to " << size;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string damaged = bytes;
      damaged[i] ^= 0x55;
      write(std::string("f/a/") + name, damaged);
      failure(spec(), {.inputShape = {3, 40, 40}});
    }
    write(std::string("f/a/") + name, bytes);
  }
}

TEST_F(FolderTest, WrongFoldersAreErrors) {
  EXPECT_THAT(failure(spec("nowhere")), HasSubstr("there is no such folder"));
  fs::create_directories(folder / "f");
  EXPECT_THAT(failure(spec()), HasSubstr("holds no images"));
  fs::create_directories(folder / "f" / "a");
  EXPECT_THAT(failure(spec()), HasSubstr("holds no images"));
  writePng("f/a/1.png", 3, 2, 3, std::vector<uint8_t>(18, 1));
  EXPECT_THAT(failure(spec(), {.inputShape = {3, 32, 32}}),
              HasSubstr("1.png' has 3×2 pixels, but 32×32 are expected"));
  writePng("f/a/2.png", 2, 2, 3, std::vector<uint8_t>(12, 1));
  EXPECT_THAT(failure(spec()), HasSubstr("2.png' has 2×2 pixels"));
  write("f/a/2.png", "GIF89a");
  EXPECT_THAT(failure(spec()), HasSubstr("neither PNG nor JPEG"));
}

// A header may claim any size; nothing is allocated for it.
TEST_F(FolderTest, HugeClaimsAreErrors) {
  writePng("f/a/1.png", 1, 1, 3, {1, 2, 3});
  std::string bytes;
  {
    std::ifstream in(path("f/a/1.png"), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (size_t at : {16, 20}) { // width and height in IHDR
    bytes[at] = 0x7f;
    write("f/a/1.png", bytes);
    EXPECT_NE(failure(spec()), "");
  }
  // The same with a valid checksum.
  const uint32_t sum = ::crc32(0, (const Bytef *)bytes.data() + 12, 17);
  for (int i = 0; i < 4; ++i)
    bytes[29 + i] = static_cast<char>(sum >> (24 - 8 * i));
  write("f/a/1.png", bytes);
  EXPECT_NE(failure(spec()), "");
}

} // namespace
