#include "runtime/tensor/Sidecar.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <gmock/gmock.h>

using namespace cim;

namespace {

class SidecarTest : public testing::Test {
protected:
  /// Writes \p name with a tensor of one number, and returns what it says.
  SidecarReference write(const char *name, float number) {
    SidecarReference reference;
    writeWithSidecar(folder.path(name),
                     {{"w", makeTensor({1}, std::span(&number, 1))}},
                     [&](const SidecarReference &written) {
                       reference = written;
                       return "file: \"" + written.file + "\"";
                     });
    return reference;
  }
  float read(const SidecarReference &reference) {
    return readSidecar(
               folder.path("network.mlir"), reference,
               [](const std::string &warning) { ADD_FAILURE() << warning; })
        .at("w")
        .as<float>()[0];
  }
  const test::TemporaryFolder folder;
};

TEST_F(SidecarTest, WritesOverItself) {
  write("network.mlir", 1);
  const SidecarReference again = write("network.mlir", 2);
  EXPECT_EQ(again.file, "network.safetensors");
  EXPECT_EQ(read(again), 2);
}

TEST_F(SidecarTest, SharesEqualTensors) {
  write("network.mlir", 1);
  EXPECT_EQ(write("network.plan", 1).file, "network.safetensors");
}

TEST_F(SidecarTest, KeepsTheTensorsOfAnotherText) {
  const SidecarReference first = write("network.mlir", 1),
                         second = write("network.plan", 2);
  EXPECT_EQ(second.file, "network.plan.safetensors");
  EXPECT_EQ(read(first), 1);
  EXPECT_EQ(read(second), 2);
  // Which has tensors of its own, so the first ones are free.
  const SidecarReference third = write("network.mlir", 3);
  EXPECT_EQ(third.file, "network.safetensors");
  EXPECT_EQ(read(second), 2);
}

} // namespace
