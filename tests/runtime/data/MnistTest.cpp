//===- MnistTest.cpp - MNIST's idx files -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DataTest.h"

#include <zlib.h>

using namespace cim;
using testing::HasSubstr;

namespace {

std::string bigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string images(uint32_t count, uint32_t height, uint32_t width,
                   const std::string &pixels) {
  return bigEndian(0x803) + bigEndian(count) + bigEndian(height) +
         bigEndian(width) + pixels;
}

std::string labels(uint32_t count, const std::string &bytes) {
  return bigEndian(0x801) + bigEndian(count) + bytes;
}

class MnistTest : public DataTest {
protected:
  void writeBoth(const std::string &imageBytes, const std::string &labelBytes) {
    write("t10k-images-idx3-ubyte", imageBytes);
    write("t10k-labels-idx1-ubyte", labelBytes);
  }
  std::string spec() { return "mnist:" + folder.string(); }
};

TEST_F(MnistTest, NormalizesAndPadsWithZeroPixels) {
  writeBoth(images(2, 2, 3, "\x01\x02\x03\x04\x05\xff" + std::string(6, '\0')),
            labels(2, {7, 3}));
  DataSet data = open(spec(), {.inputShape = {1, 4, 6}});
  ASSERT_EQ(data.images(), 2);
  EXPECT_EQ(data.label(0), 7);
  EXPECT_EQ(data.label(1), 3);
  std::vector<float> image(24);
  data.read(0, image.data());
  const float background = -0.1307 / 0.3081;
  auto at = [&](int pixel) {
    return static_cast<float>((pixel / 255.0 - 0.1307) / 0.3081);
  };
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) {
      const int value = (y - 1) * 3 + x; // one column of padding to the left
      const bool inside = y >= 1 && y < 3 && x >= 1 && x < 4;
      EXPECT_EQ(image[y * 6 + x],
                inside ? at(value == 6 ? 255 : value) : background)
          << y << ' ' << x;
    }
  EXPECT_EQ(open(spec()).shape(), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(open(spec(), {.limit = 1}).images(), 1);
  EXPECT_EQ(open(spec(), {.inputShape = {6}}).shape().size(), 1u);
  EXPECT_THAT(failure(spec(), {.inputShape = {1, 1, 3}}),
              HasSubstr("1×2×3 but the network's input is 1×1×3"));
  EXPECT_THAT(failure(spec(), {.inputShape = {3, 32, 32}}),
              HasSubstr("the network's input is 3×32×32"));
}

TEST_F(MnistTest, GzipAndPlainAgree) {
  const std::string imageBytes = images(2, 1, 1, "ab");
  const std::string labelBytes = labels(2, {0, 1});
  writeBoth(imageBytes, labelBytes);
  const std::string plain = open(spec()).sha256();
  std::filesystem::remove(path("t10k-images-idx3-ubyte"));
  gzFile file = ::gzopen(path("t10k-images-idx3-ubyte.gz").c_str(), "wb");
  ::gzwrite(file, imageBytes.data(), imageBytes.size());
  ::gzclose(file);
  EXPECT_EQ(open(spec()).sha256(), plain);

  // Wherever the compressed stream is cut, in the checksum at its end too.
  const size_t size =
      std::filesystem::file_size(path("t10k-images-idx3-ubyte.gz"));
  for (size_t cut = size; cut-- > 0;) {
    std::filesystem::resize_file(path("t10k-images-idx3-ubyte.gz"), cut);
    EXPECT_THAT(failure(spec()), HasSubstr("t10k-images-idx3-ubyte.gz"));
  }
}

TEST_F(MnistTest, HostileFilesAreErrors) {
  EXPECT_THAT(failure(spec()), HasSubstr("holds neither"));
  EXPECT_THAT(failure("mnist:" + path("nowhere")),
              HasSubstr("there is no such folder"));
  writeBoth("", "");
  EXPECT_THAT(failure(spec()), HasSubstr("ends too early"));
  writeBoth(labels(1, "a"), labels(1, "a"));
  EXPECT_THAT(failure(spec()), HasSubstr("magic number"));
  writeBoth(images(2, 2, 2, "1234567"), labels(2, {0, 1}));
  EXPECT_THAT(failure(spec()), HasSubstr("ends too early"));
  // Headers that claim far more than there is must not be believed.
  writeBoth(images(0xffffffff, 4096, 4096, "x"), labels(0xffffffff, {0}));
  EXPECT_THAT(failure(spec()), HasSubstr("ends too early"));
  writeBoth(images(1, 0xffffffff, 0xffffffff, "x"), labels(1, {0}));
  EXPECT_THAT(failure(spec()), HasSubstr("claims images of"));
  writeBoth(images(1, 1, 1, "x"), labels(2, {0, 1}));
  EXPECT_THAT(failure(spec()), HasSubstr("holds 2 labels but"));
  writeBoth(images(1, 1, 1, "xy"), labels(1, {0}));
  EXPECT_THAT(failure(spec()), HasSubstr("longer than its header says"));
  writeBoth(images(0, 28, 28, ""), labels(0, ""));
  EXPECT_THAT(failure(spec()), HasSubstr("there are no images"));
  writeBoth(images(1, 1, 1, "x"), labels(1, {42}));
  EXPECT_THAT(failure(spec(), {.classes = 10}),
              HasSubstr("the label of image 0 is 42, but the network has only "
                        "10 outputs"));
}

TEST_F(MnistTest, ReadsTheRealOne) {
  if (!std::filesystem::exists(CIM_SHARED "/data/mnist"))
    GTEST_SKIP() << "needs " CIM_SHARED "/data/mnist, which is not here";
  DataSet data = open("mnist:" CIM_SHARED "/data/mnist",
                      {.inputShape = {1, 32, 32}, .classes = 10});
  EXPECT_EQ(data.images(), 10'000);
  EXPECT_EQ(data.label(0), 7);
  EXPECT_EQ(data.label(9'999), 6);
  EXPECT_EQ(open("mnist:" CIM_SHARED "/data/mnist:train").images(), 60'000);
}

} // namespace
