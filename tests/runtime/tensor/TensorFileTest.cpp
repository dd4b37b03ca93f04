#include "runtime/tensor/TensorFile.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <random>
#include <span>

using namespace cim;
namespace fs = std::filesystem;

namespace {

class TensorFileTest : public testing::Test {
protected:
  std::string write(const std::string &bytes) {
    return folder.write("file", bytes);
  }
  std::string read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  const test::TemporaryFolder folder;
};

Tensor example() {
  const float values[] = {1.5f, -2, 0, 3e38f, 1e-40f, 7};
  return makeTensor({2, 3}, values);
}

TEST_F(TensorFileTest, SafetensorsRoundTrip) {
  const std::string path = folder.path("a.safetensors");
  const int64_t integers[] = {-1, INT64_MAX};
  Tensor second = {plan::I64, {2}, {}};
  second.data = {std::shared_ptr<int>(),
                 reinterpret_cast<const std::byte *>(integers)};
  writeSafetensors(path, {{"layer.weight", example()},
                          {"indices", second},
                          {"empty", {plan::F32, {0, 4}, nullptr}}});
  TensorMap tensors = readSafetensors(path);
  ASSERT_EQ(tensors.size(), 3u);
  const Tensor &weights = tensors.at("layer.weight");
  EXPECT_EQ(weights.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_THAT(weights.as<float>(),
              testing::ElementsAreArray(example().as<float>()));
  EXPECT_THAT(tensors.at("indices").as<int64_t>(),
              testing::ElementsAre(-1, INT64_MAX));
  EXPECT_EQ(tensors.at("empty").elements(), 0);
}

TEST_F(TensorFileTest, NpyRoundTrip) {
  const std::string path = folder.path("a.npy");
  writeNpy(path, example());
  Tensor tensor = readNpy(path);
  EXPECT_EQ(tensor.type, plan::F32);
  EXPECT_EQ(tensor.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_THAT(tensor.as<float>(),
              testing::ElementsAreArray(example().as<float>()));
  EXPECT_EQ(fs::file_size(path) % 64, 24u); // aligned header + 6 floats
}

std::string safetensors(const std::string &header, size_t dataBytes) {
  uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char *>(&size), sizeof size);
  return bytes + header + std::string(dataBytes, '\0');
}

// Every file here is broken, so reading it must throw, never crash.
TEST_F(TensorFileTest, RefusesBrokenSafetensors) {
  const std::string entry =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  ASSERT_NO_THROW(readSafetensors(write(safetensors(entry, 8))));
  for (const std::string &bytes :
       {std::string(), std::string("short"), safetensors(entry, 7),
        safetensors(entry, 8).substr(0, 20), safetensors("[1]", 0),
        safetensors("{", 0), safetensors(R"({"a":1})", 0),
        safetensors(R"({"a":{"dtype":"F32","shape":[2]}})", 8),
        safetensors(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})",
                    8),
        safetensors(
            R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8),
        safetensors(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
                    8),
        safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
                    8),
        // 2^62 * 4 bytes wraps to zero.
        safetensors(R"({"a":{"dtype":"F32","shape":[4611686018427387904],)"
                    R"("data_offsets":[0,0]}})",
                    8),
        std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10)})
    EXPECT_THROW(readSafetensors(write(bytes)), InputError) << bytes;
}

TEST_F(TensorFileTest, RefusesBrokenNpy) {
  const std::string path = folder.path("good.npy");
  writeNpy(path, example());
  const std::string good = read(path);
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_THROW(readNpy(write(good.substr(0, length))), InputError) << length;
  auto with = [&](const std::string &from, const std::string &to) {
    std::string bytes = good;
    return bytes.replace(bytes.find(from), from.size(), to);
  };
  for (const std::string &bytes :
       {with("<f4", ">f4"), with("<f4", "|O8"), with("False", "True "),
        with("(2,3,)", "(2,-3)"), with("(2,3,)", "(9,9,)"),
        with("descr", "decsr")})
    EXPECT_THROW(readNpy(write(bytes)), InputError);
  EXPECT_THROW(
      readNpy(write(with("(2,3,)", "(4294967296,4294967296,4294967296)"))),
      InputError);
}

/// What they say of the others is not multiplied.
TEST_F(TensorFileTest, ShapesWithAZeroAreEmpty) {
  const std::string path = folder.path("a.npy");
  const std::vector<int64_t> shape = {1, int64_t(1) << 61, 4, 0};
  writeNpy(path, {plan::U8, shape, nullptr});
  const Tensor tensor = readNpy(path);
  EXPECT_EQ(tensor.shape, shape);
  EXPECT_EQ(tensor.elements(), 0);
  const std::string header = R"({"a":{"dtype":"F32","data_offsets":[0,0],)"
                             R"("shape":[4611686018427387904,4,0]}})";
  EXPECT_EQ(readSafetensors(write(safetensors(header, 0))).at("a").elements(),
            0);
  EXPECT_EQ(elementCount(std::span(shape).first(3)), INT64_MAX);
}

TEST_F(TensorFileTest, SurvivesRandomCorruption) {
  const std::string npy = folder.path("a.npy"),
                    safe = folder.path("a.safetensors");
  writeNpy(npy, example());
  writeSafetensors(safe, {{"a", example()}});
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const bool useNpy = round & 1;
    std::string bytes = read(useNpy ? npy : safe);
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::string path = write(bytes);
    try { // either outcome is right, as long as nothing reads out of bounds
      if (useNpy) {
        Tensor tensor = readNpy(path);
        EXPECT_LE(tensor.bytes(), bytes.size());
      } else {
        for (const auto &[name, tensor] : readSafetensors(path))
          EXPECT_LE(tensor.bytes(), bytes.size());
      }
    } catch (const InputError &) {
    }
  }
}

} // namespace
