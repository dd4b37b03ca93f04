//===- DataSpecTest.cpp - The words of --data and --normalize -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSpec.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;

namespace {

TEST(DataSpecTest, ReadsEveryKind) {
  DataSpec cifar = parseDataSpec("cifar10:/data/cifar");
  EXPECT_EQ(cifar.kind, DataKind::cifar10);
  EXPECT_EQ(cifar.path, "/data/cifar");
  EXPECT_EQ(cifar.split, Split::test);
  EXPECT_EQ(cifar.text, "cifar10:/data/cifar");
  EXPECT_EQ(parseDataSpec("mnist:m:train").split, Split::train);
  EXPECT_EQ(parseDataSpec("mnist:m:train").path, "m");
  EXPECT_EQ(parseDataSpec("folder:f").kind, DataKind::folder);
  DataSpec npy = parseDataSpec("npy:a.npy,b.npy:test");
  EXPECT_EQ(npy.path, "a.npy");
  EXPECT_EQ(npy.labelsPath, "b.npy");
  EXPECT_EQ(parseDataSpec("shapes").kind, DataKind::shapes);
  EXPECT_EQ(parseDataSpec("shapes:train").split, Split::train);
}

TEST(DataSpecTest, PathsMayHoldColons) {
  EXPECT_EQ(parseDataSpec("mnist:a:b").path, "a:b");
  EXPECT_EQ(parseDataSpec("mnist:a:b:test").path, "a:b");
}

TEST(DataSpecTest, RefusesEverythingElse) {
  for (const char *text :
       {"", "cifar10", "cifar10:", "cifar10::train", "cifar:x", ":x",
        "npy:a.npy", "npy:a.npy,", "npy:,b.npy", "npy:a,b:train",
        "shapes:", "shapes:valid"})
    EXPECT_THROW(parseDataSpec(text), UsageError) << text;
}

TEST(DataSpecTest, ReadsNormalizations) {
  Normalization three = parseNormalization("0.5,0.25,-1/1,2,4e-1");
  EXPECT_THAT(three.mean, ElementsAre(0.5, 0.25, -1));
  EXPECT_THAT(three.deviation, ElementsAre(1, 2, 0.4));
  EXPECT_EQ(spelling(three), "0.5,0.25,-1/1,2,0.4");
  EXPECT_EQ(spelling(defaultNormalization(DataKind::mnist)), "0.1307/0.3081");
  for (const char *text : {"", "0.5", "1,2/1", "a/1", "1/0", "1/-1", "nan/1",
                           "1/inf", "1,/1,1", "1/1e999", "/", "1//1"})
    EXPECT_THROW(parseNormalization(text), UsageError) << text;
}

} // namespace
