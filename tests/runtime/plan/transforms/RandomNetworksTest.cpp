//===- RandomNetworksTest.cpp - Transforms keep what is computed ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/AssignLayouts.h"
#include "runtime/plan/transforms/FuseEpilogues.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/plan/transforms/RemoveDead.h"
#include "tests/runtime/plan/transforms/Network.h"

using namespace cim;
using namespace testing;
using cim::test::isAbout;
using cim::test::Network;

namespace {

/// Operations at random, each on values made before, all of one shape; so that
/// every neighbourhood occurs that the transforms could get wrong.
Network randomNetwork(unsigned seed) {
  Network network(seed);
  std::mt19937 random(seed);
  std::vector<uint32_t> values = {network.input({1, 4, 5, 5}),
                                  network.input({1, 4, 5, 5})};
  auto any = [&] { // mostly one of the latest
    size_t back = std::min<size_t>(random() % 8, random() % values.size());
    return values[values.size() - 1 - back];
  };
  for (int i = 0; i < 25; ++i) {
    uint32_t x = any();
    uint32_t y = 0;
    switch (random() % 11) {
    case 0:
    case 1:
      y = network.conv(x, 4);
      break;
    case 2:
      y = network.convWithBias(x, 4);
      break;
    case 3:
    case 4:
      y = network.batchNorm(x);
      break;
    case 5:
      y = network.relu(x);
      break;
    case 6:
      y = network.clip(x, -1, 1);
      break;
    case 7:
    case 8:
      y = network.add(x, any());
      break;
    case 9:
      y = network.same(random() % 2 ? "mul" : "sub",
                       {x, network.constant({4, 1, 1})});
      break;
    case 10:
      y = network.same("softmax", {x});
      network.with("axis", int(random() % 4));
      break;
    }
    values.push_back(y);
  }
  network.output(values.back());
  network.output(any());
  return network;
}

class RandomNetworks : public TestWithParam<unsigned> {};

TEST_P(RandomNetworks, computeTheSameAfterAllTransforms) {
  Network network = randomNetwork(GetParam());
  std::vector<double> expected = network.result();
  size_t before = network.plan.steps_size();
  fuseEpilogues(network.plan, network.tensors);
  EXPECT_THAT(network.result(), isAbout(expected));
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.result(), isAbout(expected));
  EXPECT_LT(network.plan.steps_size(), before);
  assignLayouts(network.plan);
  EXPECT_THAT(network.result(), isAbout(expected));
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.result(), isAbout(expected));
}

TEST_P(RandomNetworks, computeTheSameWithParametersKept) {
  Network network = randomNetwork(GetParam());
  std::vector<double> expected = network.result();
  unsigned step = 0;
  optimise(network.plan, network.tensors,
           [&](const plan::Step &) { return (GetParam() + step++) % 3 == 0; });
  EXPECT_THAT(network.result(), isAbout(expected));
}

INSTANTIATE_TEST_SUITE_P(, RandomNetworks, Range(0u, 100u));

} // namespace
