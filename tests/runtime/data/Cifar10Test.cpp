//===- Cifar10Test.cpp - CIFAR-10, unpacked and packed -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DataTest.h"

#include "runtime/tensor/Files.h"

#include <archive.h>
#include <archive_entry.h>

using namespace cim;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

std::string record(char label, char pixel) {
  return std::string(1, label) + std::string(3072, pixel);
}

class Cifar10Test : public DataTest {
protected:
  using Members = std::vector<std::pair<std::string, std::string>>;
  const Members members = {
      {"data_batch_3.bin", record(3, 'c')},
      {"test_batch.bin", record(9, 't') + record(0, 'u')},
      {"data_batch_1.bin", record(1, 'a')},
      {"data_batch_5.bin", record(5, 'e')},
      {"data_batch_2.bin", record(2, 'b')},
      {"batches.meta.txt", "airplane\n"},
      {"data_batch_4.bin", record(4, 'd')},
  };
  void writeFolder(const std::string &name) {
    for (const auto &[file, bytes] : members)
      write(name + "/" + file, bytes);
  }
  void writeArchive(const std::string &name, const Members &contents,
                    int (*filter)(archive *)) {
    archive *out = ::archive_write_new();
    filter(out);
    ::archive_write_set_format_ustar(out);
    ASSERT_EQ(::archive_write_open_filename(out, path(name).c_str()), 0);
    for (const auto &[file, bytes] : contents) {
      archive_entry *entry = ::archive_entry_new();
      ::archive_entry_set_pathname(entry, file.c_str());
      ::archive_entry_set_size(entry, bytes.size());
      ::archive_entry_set_filetype(entry, AE_IFREG);
      ::archive_entry_set_perm(entry, 0644);
      ::archive_write_header(out, entry);
      ::archive_write_data(out, bytes.data(), bytes.size());
      ::archive_entry_free(entry);
    }
    ::archive_write_free(out);
  }
  size_t cached() {
    const fs::path cache = folder / "cache" / "cimulator";
    return fs::exists(cache) ? std::distance(fs::directory_iterator(cache), {})
                             : 0;
  }
};

TEST_F(Cifar10Test, ReadsFolders) {
  writeFolder("flat");
  DataSet test = open("cifar10:" + path("flat"), {.inputShape = {3, 32, 32}});
  ASSERT_EQ(test.images(), 2);
  EXPECT_EQ(test.label(0), 9);
  EXPECT_EQ(test.label(1), 0);
  std::vector<float> image(3072);
  test.read(0, image.data());
  EXPECT_EQ(image[0], static_cast<float>(('t' / 255.0 - 0.485) / 0.229));
  EXPECT_EQ(image[1024], static_cast<float>(('t' / 255.0 - 0.456) / 0.224));
  EXPECT_EQ(image[3071], static_cast<float>(('t' / 255.0 - 0.406) / 0.225));
  DataSet train = open("cifar10:" + path("flat") + ":train");
  ASSERT_EQ(train.images(), 5);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(train.label(i), i + 1);
  EXPECT_EQ(open("cifar10:" + path("flat") + ":train", {.limit = 2}).images(),
            2);
  writeFolder("deep/cifar-10-batches-bin");
  EXPECT_EQ(open("cifar10:" + path("deep")).sha256(), test.sha256());
}

TEST_F(Cifar10Test, ArchivesAgreeWithFolders) {
  writeFolder("flat");
  const std::string expected = open("cifar10:" + path("flat")).sha256();
  writeArchive("a.tar", members, ::archive_write_add_filter_none);
  writeArchive("a.tar.gz", members, ::archive_write_add_filter_gzip);
  writeArchive("a.tar.xz", members, ::archive_write_add_filter_xz);
  for (const char *name : {"a.tar", "a.tar.gz", "a.tar.xz"}) {
    double last = 0;
    DataOptions options;
    options.progress = [&](const char *, double fraction) {
      EXPECT_GE(fraction, last);
      EXPECT_LE(fraction, 1.0);
      last = fraction;
    };
    EXPECT_EQ(open("cifar10:" + path(name), options).sha256(), expected);
    EXPECT_GT(last, 0.0);
    // The second time nothing is unpacked.
    options.progress = [](const char *, double) { FAIL(); };
    EXPECT_EQ(open("cifar10:" + path(name), options).sha256(), expected);
    EXPECT_EQ(open("cifar10:" + path(name) + ":train").images(), 5);
  }
  EXPECT_EQ(cached(), 3u);
  // A changed archive is another one.
  Members changed = members;
  changed[1].second = record(8, 'z');
  writeArchive("a.tar", changed, ::archive_write_add_filter_none);
  EXPECT_EQ(open("cifar10:" + path("a.tar")).label(0), 8);
}

TEST_F(Cifar10Test, GivingUpLeavesNothingBehind) {
  writeArchive("a.tar", members, ::archive_write_add_filter_none);
  struct Interrupted {};
  DataOptions options;
  options.progress = [](const char *, double) { throw Interrupted(); };
  EXPECT_THROW(open("cifar10:" + path("a.tar"), options), Interrupted);
  EXPECT_EQ(cached(), 0u);
}

TEST_F(Cifar10Test, WrongFilesAreErrors) {
  EXPECT_THAT(failure("cifar10:" + path("nowhere")),
              HasSubstr("there is no such file or folder"));
  fs::create_directories(folder / "empty");
  EXPECT_THAT(failure("cifar10:" + path("empty")),
              HasSubstr("lacks 'test_batch.bin'"));
  writeFolder("flat");
  fs::resize_file(folder / "flat" / "test_batch.bin", 5000);
  EXPECT_THAT(failure("cifar10:" + path("flat")),
              HasSubstr("test_batch.bin' is not a usable CIFAR-10 file"));
  write("flat/test_batch.bin", "");
  EXPECT_THAT(failure("cifar10:" + path("flat")), HasSubstr("0 bytes"));
  write("flat/test_batch.bin", record(1, 'a') + record(10, 'a'));
  EXPECT_THAT(failure("cifar10:" + path("flat")),
              HasSubstr("the label of record 1 is 10"));
  fs::remove(folder / "flat" / "data_batch_4.bin");
  EXPECT_THAT(failure("cifar10:" + path("flat") + ":train"),
              HasSubstr("lacks 'data_batch_4.bin'"));
  EXPECT_THAT(failure("cifar10:" + path("flat"), {.inputShape = {1, 32, 32}}),
              testing::Not(""));
}

TEST_F(Cifar10Test, HostileArchivesAreErrors) {
  write("noise", "this is no archive at all");
  EXPECT_THAT(failure("cifar10:" + path("noise")),
              HasSubstr("not a usable archive"));
  write("nothing", "");
  EXPECT_THAT(failure("cifar10:" + path("nothing")), testing::Not(""));
  writeArchive("cut.tar.xz", members, ::archive_write_add_filter_xz);
  fs::resize_file(folder / "cut.tar.xz",
                  fs::file_size(folder / "cut.tar.xz") / 2);
  EXPECT_THAT(failure("cifar10:" + path("cut.tar.xz")),
              HasSubstr("not a usable archive"));
  // A member larger than CIFAR-10's, packed to almost nothing.
  writeArchive("bomb.tar.gz",
               {{"test_batch.bin", std::string(40'000'000, '\0')}},
               ::archive_write_add_filter_gzip);
  EXPECT_THAT(failure("cifar10:" + path("bomb.tar.gz")),
              HasSubstr("'test_batch.bin' is larger than any data"));
  EXPECT_EQ(cached(), 0u);
  // A member cannot leave the cache.
  writeArchive("escape.tar", {{"../../test_batch.bin", record(1, 'x')}},
               ::archive_write_add_filter_none);
  EXPECT_EQ(open("cifar10:" + path("escape.tar")).images(), 1);
  EXPECT_FALSE(fs::exists(folder / "test_batch.bin"));
  EXPECT_FALSE(fs::exists(folder / "cache" / "test_batch.bin"));
}

TEST_F(Cifar10Test, AnUnwritableCacheIsAnError) {
  writeArchive("a.tar", members, ::archive_write_add_filter_none);
  write("cache", "a file where the folder should be");
  EXPECT_THAT(failure("cifar10:" + path("a.tar")),
              HasSubstr("set XDG_CACHE_HOME to a writable folder"));
}

} // namespace
