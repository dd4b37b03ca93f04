//===- ModuleFileTest.cpp - Modules in files, good and bad ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/TensorFile.h"
#include "tests/compiler/CompilerTest.h"

using namespace cim;
using namespace testing;
namespace fs = std::filesystem;

namespace {

class ModuleFile : public cim::test::CompilerTest {
protected:
  std::string file = folder / "module.mlir";
  fs::path tensorFile = folder / "module.safetensors";
  ModuleFile() { compileTo(network, Stage::cim, file); }
};

TEST_F(ModuleFile, keepsWeightsBesideTheText) {
  EXPECT_THAT(read(file), HasSubstr("module.safetensors"));
  TensorMap tensors = readSafetensors(tensorFile);
  std::vector<std::string> names;
  for (const auto &[name, tensor] : tensors)
    names.push_back(name);
  EXPECT_THAT(names, ElementsAre("first.weight", "second.weight"));
}

TEST_F(ModuleFile, takesEditedWeightsAndSaysSo) {
  std::vector<double> before = run(file);
  EXPECT_THAT(warnings, IsEmpty());
  TensorMap tensors = readSafetensors(tensorFile);
  std::vector<float> zeros(tensors.at("first.weight").elements());
  tensors["first.weight"] = makeTensor({8, 8, 3, 3}, zeros);
  writeSafetensors(tensorFile, tensors);
  EXPECT_NE(run(file), before);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("have changed")));
}

TEST_F(ModuleFile, canBeWrittenOverItself) {
  std::vector<double> before = run(file);
  compileTo(file, Stage::cim, file);
  EXPECT_EQ(run(file), before);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(ModuleFile, canBeMovedWithItsTensors) {
  std::vector<double> before = run(file);
  fs::create_directories(folder / "elsewhere");
  fs::rename(file, folder / "elsewhere/module.mlir");
  fs::rename(tensorFile, folder / "elsewhere/module.safetensors");
  EXPECT_EQ(run(folder / "elsewhere/module.mlir"), before);
}

TEST_F(ModuleFile, saysWhichTensorIsMissingOrWrong) {
  TensorMap tensors = readSafetensors(tensorFile);
  TensorMap fewer = tensors;
  fewer.erase("second.weight");
  writeSafetensors(tensorFile, fewer);
  EXPECT_THAT(messageOfCompiling(file),
              AllOf(HasSubstr(file), HasSubstr("'second.weight'"),
                    HasSubstr("module.safetensors")));

  TensorMap reshaped = tensors;
  reshaped["second.weight"].shape = {8, 72};
  writeSafetensors(tensorFile, reshaped);
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'second.weight'"));

  TensorMap integers = tensors;
  integers["second.weight"].type = plan::I32;
  writeSafetensors(tensorFile, integers);
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'second.weight'"));

  write(tensorFile, "rubbish");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("module.safetensors"));
  fs::remove(tensorFile);
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("module.safetensors"));
}

TEST_F(ModuleFile, keepsATensorThatIsUsedInTwoShapes) {
  edit(network,
       "%3 = nn.conv %2, %w2 pads [1, 1, 1, 1] : (tensor<1x8x6x6xf32>, "
       "tensor<8x8x3x3xf32>)",
       "%w3 = nn.reshape %w1 : tensor<8x8x3x3xf32> -> tensor<8x8x1x9xf32>\n"
       "  %3 = nn.conv %2, %w3 pads [0, 4, 0, 4] : (tensor<1x8x6x6xf32>, "
       "tensor<8x8x1x9xf32>)");
  compileTo(network, Stage::cim, file);
  TensorMap tensors = readSafetensors(tensorFile);
  EXPECT_THAT(tensors, ElementsAre(Key("first.weight")));
  EXPECT_EQ(run(file), run(network));
  EXPECT_THAT(warnings, IsEmpty());

  // Neither of the two shapes.
  tensors["first.weight"].shape = {8, 72};
  writeSafetensors(tensorFile, tensors);
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'first.weight'"));
}

TEST_F(ModuleFile, saysThatATextNamesNoTensors) {
  edit(file, "cim.tensors", "cim.nothing");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("cim.tensors"));
}

TEST_F(ModuleFile, readsNoTensorsFromOtherFolders) {
  edit(file, "module.safetensors", "../module.safetensors");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("in the same folder"));
}

TEST_F(ModuleFile, refusesResourcesThatDoNotFitTheirType) {
  edit(network, "\"0x04000000", "\"0x0400000000112233");
  EXPECT_THAT(messageOfCompiling(network), HasSubstr("'first.weight'"));
}

TEST_F(ModuleFile, saysWhereATextIsWrong) {
  edit(file, "cim.conv", "cim.cnov");
  EXPECT_THAT(messageOfCompiling(file),
              AllOf(HasSubstr(file), HasSubstr("line"), HasSubstr("cim.cnov")));
  write(file, "");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'main'"));
  write(file, "module {");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr(file));
  write(file, "module { func.func private @main() }");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'main'"));
  write(file, "func.func @main(%x: tensor<?x3xf32>) { return }");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("tensor<?x3xf32>"));
  write(file, "func.func @main(%x: i32) -> i32 { return %x : i32 }");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("i32"));
  write(file, "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
              "  %0 = call @main(%x) : (tensor<2xf32>) -> tensor<2xf32>\n"
              "  return %0 : tensor<2xf32>\n}");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("func.call"));
}

TEST_F(ModuleFile, refusesWhatIsNoText) {
  write(file, std::string("ML\xefR\x0b\x00", 6));
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("bytecode"));
  write(file, std::string("module\0{}", 9));
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("not a text"));
  write(file, std::string(1 << 20, '['));
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("nests"));
  write(file, "module attributes {a = " + std::string(1 << 20, '<') + "} {}");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("nests"));
}

TEST_F(ModuleFile, refusesAnUnknownStage) {
  edit(file, "cim.stage = \"cim\"", "cim.stage = \"cin\"");
  EXPECT_THAT(messageOfCompiling(file), HasSubstr("'cin'"));
}

/// Words that an edit may bring in, the dangerous ones among them.
const char *const words[] = {"0",
                             "-1",
                             "2",
                             "3",
                             "9223372036854775807",
                             "-9223372036854775808",
                             "4294967296",
                             "1.0e+400",
                             "nan",
                             "0x7FF0000000000000",
                             "?",
                             "*",
                             "[",
                             "]",
                             "(",
                             ")",
                             "{",
                             "}",
                             "<",
                             ">",
                             "dense<>",
                             "dense_resource<a>",
                             "i1",
                             "f64",
                             "tensor<f32>",
                             "tensor<65536x65536x65536x65536xf32>",
                             "tensor<0x4xf32>",
                             "@fc",
                             "@main",
                             "@first",
                             "%x",
                             "%1",
                             "nn.relu",
                             "none",
                             "loc(unknown)"};

TEST_F(ModuleFile, survivesManyEdits) {
  ErrorRequest errors;
  errors.noise = "normal:0.1ns";
  for (Stage stage : {Stage::nn, Stage::perturbed}) {
    compileTo(network, stage, file, {errors});
    std::string text = read(file);
    // Words and what stands between them, so that edits keep the text whole
    // enough to come past the parser.
    std::vector<std::string> pieces;
    bool inWord = false;
    for (char c : text) {
      bool isWord = std::isalnum(c) || std::strchr("%@_.-#", c);
      if (pieces.empty() || !isWord || !inWord)
        pieces.emplace_back();
      pieces.back() += c;
      inWord = isWord;
    }
    std::mt19937 random(1);
    int accepted = 0;
    for (int i = 0; i < 1000; ++i) {
      std::vector<std::string> edited = pieces;
      std::string &place = edited[random() % edited.size()];
      switch (random() % 3) {
      case 0:
        place = words[random() % std::size(words)];
        break;
      case 1:
        place = pieces[random() % pieces.size()];
        break;
      case 2:
        place.clear();
        break;
      }
      std::string result;
      for (const std::string &piece : edited)
        result += piece;
      write(file, result);
      accepted += messageOfCompiling(file, {errors}) == "no error";
    }
    EXPECT_GT(accepted, 10);
  }
}

TEST_F(ModuleFile, leavesNothingBehindWhenItCannotWrite) {
  auto filesIn = [](const fs::path &folder) {
    return std::distance(fs::directory_iterator(folder), {});
  };
  auto before = filesIn(folder);
  // A folder stands where the text should go, a file where the folder should.
  fs::create_directories(folder / "taken.mlir");
  EXPECT_THAT(
      messageOf([&] { compileTo(network, Stage::cim, folder / "taken.mlir"); }),
      HasSubstr("taken.mlir"));
  EXPECT_THAT(messageOf([&] {
                compileTo(network, Stage::cim, folder / "none/x.mlir");
              }),
              HasSubstr("none/x"));
  EXPECT_EQ(filesIn(folder), before + 1);
}

} // namespace
