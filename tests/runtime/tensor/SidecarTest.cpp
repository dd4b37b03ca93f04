#include "runtime/tensor/Sidecar.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <gmock/gmock.h>

using namespace cim;

namespace {

class SidecarTest : public testing::Test {
protected:
  /// Writes \p name with a tensor of one number.
  void write(const char *name, float number) {
    writeWithSidecar(folder.path(name),
                     {{"w", makeTensor({1}, std::span(&number, 1))}},
                     [&](const SidecarReference &written) {
                       reference = written;
                       return "text";
                     });
  }
  float read(const char *name) {
    return readSidecar(folder.path(name), reference, nullptr)
        .at("w")
        .as<float>()[0];
  }
  const test::TemporaryFolder folder;
  SidecarReference reference;
};

TEST_F(SidecarTest, WritesOverItself) {
  write("network.mlir", 1);
  write("network.mlir", 2);
  EXPECT_EQ(read("network.mlir"), 2);
}

TEST_F(SidecarTest, SharesEqualTensors) {
  write("network.mlir", 1);
  write("network.plan", 1);
  EXPECT_EQ(read("network.plan"), 1);
}

TEST_F(SidecarTest, KeepsTheTensorsOfAnotherText) {
  write("network.mlir", 1);
  const SidecarReference first = reference;
  try {
    write("network.plan", 2);
    FAIL() << "network.mlir has lost its tensors";
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), testing::EndsWith("network.mlir' needs; name "
                                                "another file, or remove that "
                                                "one"));
  }
  reference = first;
  EXPECT_EQ(read("network.mlir"), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.path("network.plan")));
}

} // namespace
