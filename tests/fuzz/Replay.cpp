//===- Replay.cpp - Runs a fuzz target on files ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The place of libFuzzer's main() in ordinary builds: every input that once was
// a finding is a regression test, and so are some changed copies of each, the
// same ones every time. Fails where a reader that they reach takes none of
// them.
//
//     fuzz_TARGET COPIES FOLDER...
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Scratch.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

struct Input {
  std::string path, bytes;
};

/// All files below \p folders, in the order of their paths.
std::vector<Input> readAll(const std::vector<std::string> &folders) {
  std::vector<Input> inputs;
  for (const std::string &folder : folders)
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file())
        continue;
      std::ifstream file(entry.path(), std::ios::binary);
      inputs.push_back({entry.path().string(),
                        std::string(std::istreambuf_iterator<char>(file), {})});
    }
  std::sort(inputs.begin(), inputs.end(),
            [](const Input &a, const Input &b) { return a.path < b.path; });
  return inputs;
}

/// \p bytes with some of them changed, removed, repeated or replaced by a part
/// of \p other.
std::string changed(std::string bytes, const std::string &other,
                    std::mt19937 &generator) {
  // Distributions differ between libraries; the bits of mt19937 do not.
  auto below = [&](size_t bound) {
    return bound == 0 ? 0 : size_t(generator()) % bound;
  };
  static constexpr unsigned char extremes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  for (size_t changes = 1 + below(4); changes > 0 && !bytes.empty();
       --changes) {
    const size_t place = below(bytes.size());
    const size_t length = 1 + below(std::min<size_t>(bytes.size() - place, 64));
    switch (below(5)) {
    case 0:
      bytes[place] ^= char(1 << below(8));
      break;
    case 1:
      bytes[place] = char(extremes[below(std::size(extremes))]);
      break;
    case 2:
      bytes.erase(place, length);
      break;
    case 3:
      bytes.insert(below(bytes.size()), bytes.substr(place, length));
      break;
    default:
      bytes.replace(place, length, other.substr(below(other.size()), length));
    }
  }
  return bytes;
}

void run(const std::string &bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.data()),
                         bytes.size());
}

} // namespace

int main(int count, char **arguments) {
  if (count < 3)
    return 2;
  const int copies = std::atoi(arguments[1]);
  const std::vector<Input> inputs = readAll({arguments + 2, arguments + count});
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto &[path, bytes] = inputs[i];
    std::printf("%s\n", path.c_str());
    std::fflush(stdout); // the last line names what crashed
    run(bytes);
    std::mt19937 generator(i);
    for (int copy = 0; copy < copies; ++copy) {
      const std::string &other = inputs[generator() % inputs.size()].bytes;
      const std::string copied = changed(bytes, other, generator);
      // Whoever looks for the finding sets this and gets it.
      if (const char *kept = std::getenv("CIM_FUZZ_KEEP"))
        std::ofstream(kept, std::ios::binary) << copied;
      run(copied);
    }
  }
  std::printf("%zu inputs, %zu changed copies\n", inputs.size(),
              inputs.size() * copies);
  bool isComplete = !cim::fuzz::taken.empty();
  for (const auto &[line, count] : cim::fuzz::taken)
    if (count == 0) {
      std::printf("the reader in line %u took none of them\n", line);
      isComplete = false;
    }
  return isComplete ? 0 : 1;
}
