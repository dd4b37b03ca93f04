//===- ManifestTest.cpp - The mapping manifest ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Manifest.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"
#include "tests/runtime/mapping/MappedLayer.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

using namespace cim;
using namespace cim::test;
using namespace testing;
using google::protobuf::util::MessageDifferencer;

namespace {

class Manifest : public Test {
protected:
  static plan::Plan twoLayers() {
    plan::Plan plan;
    *plan.add_layers() = mappedLayer(33, 9);
    plan.add_layers()->set_name("digital");
    *plan.add_layers() = mappedLayer(5, 2, 7, 3);
    plan.mutable_layers(2)->set_name("grouped");
    plan.mutable_layers(2)->set_index(2);
    slice(*plan.mutable_layers(2), 5, 2, plan::Crossbar::OFFSET);
    return plan;
  }
  std::string path(const char *name) const { return folder.path(name); }
  std::string messageOfReading(const std::string &file) {
    try {
      readManifest(file);
    } catch (const InputError &error) {
      return error.what();
    }
    return "read";
  }

  const TemporaryFolder folder;
};

TEST_F(Manifest, namesEveryTilesPlace) {
  mapping::Manifest manifest = makeManifest(twoLayers(), "m.onnx", "abc");
  EXPECT_EQ(manifest.version(), manifestVersion);
  EXPECT_EQ(manifest.model_sha256(), "abc");
  ASSERT_EQ(manifest.layers_size(), 2); // a digital layer has no place
  EXPECT_EQ(manifest.layers(0).tiles_size(), 12);
  const mapping::Layer &grouped = manifest.layers(1);
  EXPECT_EQ(grouped.name(), "grouped");
  EXPECT_EQ(grouped.index(), 2u);
  EXPECT_EQ(grouped.cells(), mapping::OFFSET);
  EXPECT_EQ(grouped.weight_bits(), 5u);
  EXPECT_EQ(grouped.tiles_size(), 7 * 3); // groups x slices
  // Arrays are numbered through: 12 of the first layer, then 3 x 3.
  EXPECT_EQ(grouped.tiles(0).array(), 12u);
  EXPECT_EQ(manifest.arrays(), 12u + 9);
  const mapping::Tile &second = grouped.tiles(1);
  EXPECT_EQ(second.array(), 12u);
  EXPECT_EQ(second.group(), 1u);
  EXPECT_EQ(second.array_row(), 5u);
  EXPECT_EQ(second.array_column(), 2u);
  EXPECT_EQ(second.sign(), 1);
}

TEST_F(Manifest, readsWhatItWrites) {
  mapping::Manifest manifest = makeManifest(twoLayers(), "m.onnx", "abc");
  for (const char *name : {"m.pb", "m.json"}) {
    writeManifest(path(name), manifest);
    EXPECT_TRUE(MessageDifferencer::Equals(readManifest(path(name)), manifest));
  }
}

TEST_F(Manifest, refusesOtherVersions) {
  mapping::Manifest manifest = makeManifest(twoLayers(), "m.onnx", "abc");
  manifest.set_version(manifestVersion + 1);
  for (const char *name : {"m.pb", "m.json"}) {
    writeManifest(path(name), manifest);
    EXPECT_THAT(messageOfReading(path(name)),
                AllOf(HasSubstr(name), HasSubstr("of version 2, expected 1")));
  }
}

TEST_F(Manifest, refusesOtherFiles) {
  for (const char *name : {"m.pb", "m.json"}) {
    std::ofstream(path(name)) << "{\"layers\": 7, \xff\xff";
    EXPECT_THAT(messageOfReading(path(name)),
                HasSubstr("is no mapping manifest"));
  }
  EXPECT_THAT(messageOfReading(path("none.pb")), HasSubstr("none.pb"));
}

TEST_F(Manifest, hasABound) {
  plan::Plan plan;
  *plan.add_layers() = mappedLayer(2000, 2000);
  plan.mutable_layers(0)->mutable_crossbar()->set_array_rows(1);
  plan.mutable_layers(0)->mutable_crossbar()->set_array_columns(1);
  EXPECT_THROW(makeManifest(plan, "m.onnx", "abc"), InputError);
}

} // namespace
