//===- ShapesTest.cpp - The built-in data set -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DataTest.h"

#include <map>

using namespace cim;

namespace {

class ShapesTest : public DataTest {};

TEST_F(ShapesTest, IsTheSameEverywhere) {
  DataSet data = open("shapes", {.limit = 100, .threads = 1});
  EXPECT_EQ(open("shapes", {.limit = 100, .threads = 3}).sha256(),
            data.sha256());
  EXPECT_EQ(data.shape(), (std::vector<int64_t>{3, 32, 32}));
  // Changing the data set changes every accuracy that was ever measured on it.
  EXPECT_EQ(data.sha256(),
            "31a264bb1eb5e699f728450e8dbc72a0a7f9f0c53f71d6f986e15ba30f39c65b");
  EXPECT_EQ(open("shapes:train", {.limit = 100}).sha256(),
            "100c93e8fcad7b84ca50c06cb209e3f389a0c08175e6b6e4dfe98e2a0c60fd59");
}

TEST_F(ShapesTest, ClassesAreBalanced) {
  DataSet data = open("shapes", {.classes = 10});
  EXPECT_EQ(data.images(), 5000);
  std::map<int64_t, int> counts;
  for (int64_t i = 0; i < data.images(); ++i)
    ++counts[data.label(i)];
  EXPECT_EQ(counts.size(), 10u);
  for (auto [label, count] : counts)
    EXPECT_EQ(count, 500) << label;
}

TEST_F(ShapesTest, ImagesAreNormalized) {
  DataSet data = open("shapes");
  double sum = 0, squares = 0;
  std::vector<float> image(3072);
  for (int64_t i = 0; i < 500; ++i) {
    data.read(i, image.data());
    for (float value : image) {
      sum += value;
      squares += value * value;
    }
  }
  const double count = 500 * 3072;
  EXPECT_NEAR(sum / count, 0, 0.1);
  EXPECT_NEAR(squares / count, 1, 0.2);
}

} // namespace
