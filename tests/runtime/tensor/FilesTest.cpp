#include "runtime/tensor/Files.h"
#include "runtime/tensor/Errors.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <ostream>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace cim;
namespace fs = std::filesystem;

namespace {

class FilesTest : public testing::Test {
protected:
  void SetUp() override {
    folder =
        fs::path(testing::TempDir()) / ("files-" + std::to_string(::getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string path(const char *name) { return folder / name; }
  size_t filesInFolder() {
    return std::distance(fs::directory_iterator(folder), {});
  }
  fs::path folder;
};

TEST_F(FilesTest, WritesWholeFiles) {
  writeWhole(path("a"), [](std::ostream &out) { out << "one"; });
  writeWhole(path("a"), [](std::ostream &out) {
    out << std::string(200'000, 'x') << "two";
  });
  MappedFile file = mapFile(path("a"));
  EXPECT_EQ(file.size, 200'003u);
  EXPECT_EQ(file.text().substr(200'000), "two");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(FilesTest, KeepsTheOldFileWhenTheWriterThrows) {
  writeWhole(path("a"), [](std::ostream &out) { out << "old"; });
  EXPECT_THROW(writeWhole(path("a"),
                          [](std::ostream &out) {
                            out << "half of the n";
                            throw InputError("gave up");
                          }),
               InputError);
  EXPECT_EQ(mapFile(path("a")).text(), "old");
  EXPECT_EQ(filesInFolder(), 1u);
}

// A file size limit makes write(2) fail in the middle as a full disk does.
TEST_F(FilesTest, KeepsTheOldFileWhenTheDiskIsFull) {
  writeWhole(path("a"), [](std::ostream &out) { out << "old"; });
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit = before;
  limit.rlim_cur = 100'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_THROW(writeWhole(path("a"),
                          [](std::ostream &out) {
                            for (int i = 0; i < 1000; ++i)
                              out << std::string(1000, 'x');
                          }),
               InputError);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(mapFile(path("a")).text(), "old");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(FilesTest, SaysWhyAFileCannotBeWritten) {
  EXPECT_THAT(
      [&] {
        writeWhole(path("missing/a"), [](std::ostream &out) { out << 1; });
      },
      testing::ThrowsMessage<InputError>(
          testing::AllOf(testing::HasSubstr("missing/a"),
                         testing::HasSubstr("No such file"))));
  EXPECT_THAT(
      [&] { writeWhole("/dev/full", [](std::ostream &out) { out << "x"; }); },
      testing::ThrowsMessage<InputError>(
          testing::HasSubstr("No space left on device")));
  EXPECT_THROW(writeWhole(folder, [](std::ostream &) {}), InputError);
}

TEST_F(FilesTest, RefusesToMapWhatIsNoFile) {
  EXPECT_THROW(mapFile(path("missing")), InputError);
  EXPECT_THROW(mapFile(folder), InputError);
  EXPECT_THROW(mapFile("/dev/zero"), InputError);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THROW(mapFile(path("pipe")), InputError);
}

// FIPS 180-4's example, and the empty message.
TEST(Sha256Test, GivesThePublishedDigests) {
  Sha256 abc;
  abc.update("a");
  abc.update("bc");
  EXPECT_EQ(abc.finish(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().finish(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

} // namespace
