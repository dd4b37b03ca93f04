//===- NpyTest.cpp - Data saved by NumPy -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DataTest.h"

#include "runtime/tensor/TensorFile.h"

#include <algorithm>
#include <cmath>
#include <span>

using namespace cim;
using testing::HasSubstr;

namespace {

template <typename T>
Tensor tensor(ElementType type, std::vector<int64_t> shape,
              const std::vector<T> &values) {
  Tensor result;
  result.type = type;
  result.shape = shape;
  std::shared_ptr<std::byte[]> bytes(new std::byte[values.size() * sizeof(T)]);
  std::ranges::copy(std::as_bytes(std::span(values)), bytes.get());
  result.data = {bytes, bytes.get()};
  return result;
}

class NpyTest : public DataTest {
protected:
  void writeLabels(std::vector<int64_t> values) {
    writeNpy(path("y.npy"),
             tensor<int64_t>(plan::I64, {(int64_t)values.size()}, values));
  }
  std::string spec() { return "npy:" + path("x.npy") + "," + path("y.npy"); }
};

TEST_F(NpyTest, FloatsAreUsedAsTheyAre) {
  std::vector<float> values = {0, 1, -2.5, 1e30, 4, 5, 6, 7};
  writeNpy(path("x.npy"), makeTensor({2, 1, 2, 2}, values));
  writeLabels({1, 0});
  DataSet data = open(spec(), {.inputShape = {1, 2, 2}, .classes = 2});
  std::vector<float> image(4);
  data.read(0, image.data());
  EXPECT_EQ(image, std::vector<float>({0, 1, -2.5, 1e30}));
  data.read(1, image.data());
  EXPECT_EQ(image, std::vector<float>({4, 5, 6, 7}));
  EXPECT_EQ(data.label(0), 1);
  EXPECT_EQ(open(spec(), {.limit = 1}).images(), 1);
  EXPECT_EQ(open(spec(), {.limit = 5}).images(), 2);
  EXPECT_THAT(failure(spec(), {.normalization = parseNormalization("1/2")}),
              HasSubstr("--normalize has no effect"));
  EXPECT_THAT(failure(spec(), {.inputShape = {1, 3, 2}}),
              HasSubstr("are 1×2×2 but the network's input is 1×3×2"));
  EXPECT_THAT(failure(spec(), {.classes = 1}),
              HasSubstr("y.npy': the label of image 0 is 1, but the network "
                        "has only 1 outputs"));
}

TEST_F(NpyTest, BytesAreScaledAndNormalized) {
  writeNpy(path("x.npy"),
           tensor<uint8_t>(plan::U8, {1, 2, 1, 2}, {0, 255, 51, 102}));
  for (ElementType type : {plan::U8, plan::I8})
    writeNpy(path("y.npy"), tensor<uint8_t>(type, {1}, {1}));
  std::vector<float> image(4);
  open(spec()).read(0, image.data());
  EXPECT_EQ(image, std::vector<float>({0, 1, 0.2f, 0.4f}));
  open(spec(), {.normalization = parseNormalization("0.5,0/0.5,2")})
      .read(0, image.data());
  EXPECT_EQ(image, std::vector<float>({-1, 1, 0.1f, 0.2f}));
  EXPECT_THAT(
      failure(spec(), {.normalization = parseNormalization("1,2,3/1,1,1")}),
      HasSubstr("gives 3 means and standard deviations, but the images have 2 "
                "channels"));
}

TEST_F(NpyTest, WrongFilesAreErrors) {
  EXPECT_THAT(failure(spec()), HasSubstr("x.npy"));
  writeNpy(path("x.npy"), makeTensor({2, 1, 1, 1}, std::vector<float>{1, 2}));
  EXPECT_THAT(failure(spec()), HasSubstr("y.npy"));
  writeLabels({0, 1, 2});
  EXPECT_THAT(failure(spec()), HasSubstr("holds 3 labels"));
  writeLabels({0, -1});
  EXPECT_THAT(failure(spec()), HasSubstr("image 1 is -1"));
  writeNpy(path("y.npy"), makeTensor({2}, std::vector<float>{0, 1}));
  EXPECT_THAT(failure(spec()), HasSubstr("one dimension of integers"));
  writeNpy(path("y.npy"),
           tensor<uint64_t>(plan::U64, {2}, {0, uint64_t(1) << 63}));
  EXPECT_THAT(failure(spec(), {.classes = 10}), HasSubstr("image 1 is 9223"));
  writeLabels({0, 1});
  EXPECT_EQ(failure(spec()), "");
  for (float bad : {NAN, INFINITY}) {
    writeNpy(path("x.npy"),
             makeTensor({2, 1, 1, 1}, std::vector<float>{1, bad}));
    EXPECT_THAT(failure(spec()), HasSubstr("image 1 holds a value that is not "
                                           "finite"));
  }
  writeNpy(path("x.npy"), tensor<double>(plan::F64, {2, 1}, {1, 2}));
  EXPECT_THAT(failure(spec()), HasSubstr("must be float32 or uint8"));
  writeNpy(path("x.npy"), tensor<uint8_t>(plan::U8, {2}, {1, 2}));
  EXPECT_THAT(failure(spec()), HasSubstr("N×C×H×W"));
  writeNpy(path("x.npy"), tensor<uint8_t>(plan::U8, {2, 0}, {}));
  EXPECT_THAT(failure(spec()), HasSubstr("there are no images"));
  // A billion images without pixels need no memory.
  writeNpy(path("x.npy"), tensor<uint8_t>(plan::U8, {int64_t(1) << 40, 0}, {}));
  EXPECT_THAT(failure(spec()), HasSubstr("holds 2 labels"));
}

// The documented byte order, computed with Python's hashlib:
// struct.pack('<qBBqBB', 3, 1, 2, 4, 250, 0)
TEST_F(NpyTest, HashIsOverLabelsAndPixels) {
  writeNpy(path("x.npy"),
           tensor<uint8_t>(plan::U8, {2, 1, 1, 2}, {1, 2, 250, 0}));
  writeLabels({3, 4});
  EXPECT_EQ(open(spec()).sha256(),
            "8ce01889f9a4ad23e4da7395600956fc1fffb5c39812762aaa658be15cf636e7");
}

} // namespace
