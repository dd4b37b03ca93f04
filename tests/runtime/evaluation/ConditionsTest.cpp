//===- ConditionsTest.cpp - When and how often a chip is read -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Conditions.h"
#include "runtime/devices/DeviceModels.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::HasSubstr;

namespace {

/// Three layers: a device that ages, one that does not, and none.
plan::Plan exampleOf(const char *ageing = "pcm-joshi2020") {
  plan::Plan plan;
  for (const char *device : {ageing, "reram-milo2021", ""}) {
    plan::Layer &layer = *plan.add_layers();
    layer.set_name("layer" + std::to_string(plan.layers_size()));
    layer.add_shape(4);
    layer.add_shape(5);
    layer.set_macs(4 * 5 * 9);
    if (*device)
      *layer.mutable_device() = resolveDevice({.name = device});
  }
  return plan;
}

std::string errorAt(const plan::Plan &plan, double seconds) {
  try {
    atTime(plan, seconds);
  } catch (const InputError &error) {
    return error.what();
  }
  return "";
}

TEST(Conditions, DevicesThatAgeHaveTheTime) {
  const plan::Plan later = atTime(exampleOf(), 3600);
  EXPECT_EQ(later.layers(0).device().time(), 3600);
  EXPECT_FALSE(later.layers(1).device().has_time());
  EXPECT_FALSE(later.layers(2).has_device());
}

TEST(Conditions, TimesMustBeKnown) {
  EXPECT_THAT(errorAt(exampleOf(), 19),
              testing::AllOf(HasSubstr("layer 'layer1'"),
                             HasSubstr("'pcm-joshi2020'"),
                             HasSubstr("drift begins 20 s")));
  EXPECT_THAT(errorAt(exampleOf("reram-wan2022"), 1e6), HasSubstr("is after"));
  EXPECT_THAT(errorAt(exampleOf("reram-milo2021"), 1),
              HasSubstr("needs a device that changes with time"));
  EXPECT_THAT(errorAt(atTime(exampleOf(), 20), 30),
              HasSubstr("it has a time already"));
}

TEST(Conditions, ReadsAreCounted) {
  plan::Plan plan = exampleOf();
  EXPECT_FALSE(countsReads(plan));
  plan.mutable_layers(0)->mutable_read_disturb()->set_amount(1);
  plan.mutable_layers(1)->mutable_read_disturb()->set_reads(7);
  EXPECT_TRUE(countsReads(plan));
  const plan::Plan counted = withReads(plan, 100);
  // Nine products with a vector for every image.
  EXPECT_EQ(counted.layers(0).read_disturb().reads(), 900);
  EXPECT_EQ(counted.layers(1).read_disturb().reads(), 7);
  EXPECT_FALSE(counted.layers(2).has_read_disturb());
  EXPECT_FALSE(countsReads(counted));
  // Four times as many, bit by bit.
  plan::Dac &dac = *plan.mutable_layers(0)->mutable_dac();
  dac.set_bits(4);
  dac.set_range(1);
  dac.set_is_signed(false);
  dac.set_serial(true);
  EXPECT_EQ(withReads(plan, 100).layers(0).read_disturb().reads(), 3600);
}

} // namespace
