//===- MalformedTest.cpp - Files that cannot be used ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each of these must end in an error of one line: no crash, no hang, no large
// allocation.
//
//===----------------------------------------------------------------------===//
#include "tests/frontends/onnx/ModelBuilder.h"

#include "dialects/nn/FoldingMemory.h"
#include "dialects/nn/NN.h"
#include "frontends/onnx/Untrained.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>
#include <random>
#include <sys/stat.h>

using namespace cim;
using namespace cim::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

/// A convolutional network with a bit of everything.
ModelBuilder smallNetwork() {
  ModelBuilder model;
  model.input("x", {-1, 1, 4, 4}).output("y");
  model.numbers("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5f));
  model.numbers("b", {2}, {1, 2});
  model.integers("target", {2}, {-1, 8});
  model.node("Conv", {"x", "w", "b"}, {"a"}, "conv")
      .integers("kernel_shape", {3, 3})
      .integers("pads", {0, 0, 0, 0});
  model.node("LeakyRelu", {"a"}, {"r"}, "relu").number("alpha", 0.5f);
  model.node("Reshape", {"r", "target"}, {"y"}, "view");
  return model;
}

/// A network of one node.
ModelBuilder oneNode(const std::string &type, const Names &inputs,
                     const Shape &shape, int64_t opset = 13) {
  ModelBuilder model(opset);
  model.input("x", shape).output("y");
  model.node(type, inputs, {"y"}, "n");
  return model;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST(MalformedFile, IsNoModel) {
  TemporaryFolder folder;
  EXPECT_THAT(importError(folder.path("missing.onnx")),
              AllOf(HasSubstr("missing.onnx"), HasSubstr("No such file")));
  EXPECT_THAT(importError(folder.path("")), HasSubstr("folder"));
  EXPECT_THAT(importError(folder.write("empty.onnx", "")), HasSubstr("empty"));
  EXPECT_THAT(importError(folder.write("text.onnx", "Hello, world!\n")),
              HasSubstr("not an ONNX model"));
  EXPECT_THAT(importError(folder.write("zeros.onnx", std::string(100, '\0'))),
              HasSubstr("not an ONNX model"));
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(importError(folder.path("pipe")),
              HasSubstr("not a regular file"));
}

TEST(MalformedFile, TruncatedAnywhere) {
  TemporaryFolder folder;
  std::string bytes = smallNetwork().bytes();
  ASSERT_EQ(importError(folder.write("whole.onnx", bytes)), "");
  for (size_t length = 0; length < bytes.size(); ++length) {
    std::string path = folder.write("cut.onnx", bytes.substr(0, length));
    // Cutting off whole fields from the end leaves a valid message, which may
    // lack a graph, an operator set, …; in any case something is missing.
    EXPECT_NE(importError(path), "") << "cut to " << length;
  }
}

TEST(MalformedFile, DamagedAnywhere) {
  TemporaryFolder folder;
  const std::string bytes = smallNetwork().bytes();
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string damaged = bytes;
    for (int changes = 1 + i % 4; changes > 0; --changes)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    // Any outcome but a crash, since some changes do no harm; in one line.
    std::string error = importError(folder.write("damaged.onnx", damaged));
    EXPECT_EQ(std::count_if(error.begin(), error.end(),
                            [](unsigned char c) { return c < ' '; }),
              0)
        << error;
  }
}

TEST(MalformedFile, NestedTooDeeply) {
  ModelBuilder model = smallNetwork();
  onnx::GraphProto *graph = &model.graph();
  for (int i = 0; i < 1000; ++i) {
    onnx::NodeProto &node = *graph->add_node();
    node.set_op_type("If");
    node.add_output("if" + std::to_string(i));
    graph = node.add_attribute()->mutable_g();
  }
  EXPECT_THAT(importError(model), HasSubstr("damaged"));
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

TEST(MalformedGraph, NamesEveryUnsupportedNode) {
  ModelBuilder model(17);
  model.input("x", {-1, 4}).output("y");
  model.node("LSTM", {"x"}, {"a"}, "rnn").integer("hidden_size", 128);
  model.node("Frobnicate", {"a"}, {"b"}, "odd").text("mode", "fast");
  model.graph().mutable_node(1)->set_domain("com.example");
  model.node("Relu", {"b"}, {"c"}, "fine");
  model.node("Loop", {"c"}, {"y"}, "again").integers("axes", {1, 2});
  EXPECT_THAT(
      importError(model),
      AllOf(HasSubstr("model.onnx: 3 nodes are not supported (opset 17)"),
            HasSubstr("'rnn' (LSTM): hidden_size=128"),
            HasSubstr("'odd' (Frobnicate): domain 'com.example', mode='fast'"),
            HasSubstr("'again' (Loop): axes=[1, 2]"),
            Not(HasSubstr("'fine'"))));
}

TEST(MalformedGraph, UsesAnOutputThatIsNotComputed) {
  ModelBuilder model(12);
  model.input("x", {1, 1, 4, 4}).output("norms");
  model.node("LpPool", {"x"}, {"y", "norms"}, "pool")
      .integers("kernel_shape", {2, 2});
  EXPECT_THAT(importError(model), AllOf(HasSubstr("'pool' (LpPool)"),
                                        HasSubstr("'norms' is used")));
  model.graph().mutable_output(0)->set_name("y");
  EXPECT_EQ(importError(model), "");
}

TEST(MalformedGraph, HasACycle) {
  ModelBuilder model;
  model.input("x", {-1, 4}).output("d");
  model.node("Add", {"x", "c"}, {"a"}, "first");
  model.node("Relu", {"a"}, {"b"}, "second");
  model.node("Neg", {"b"}, {"c"}, "third");
  model.node("Exp", {"c"}, {"d"}, "after");
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("cycle"),
                    HasSubstr("'first' → 'second' → 'third' → 'first'"),
                    Not(HasSubstr("after"))));
  ModelBuilder itself = oneNode("Relu", {"y"}, {1, 4});
  EXPECT_THAT(importError(itself), HasSubstr("'n' → 'n'"));
}

TEST(MalformedGraph, MissesValues) {
  EXPECT_THAT(importError(oneNode("Relu", {"z"}, {1, 4})),
              AllOf(HasSubstr("node 'n' (Relu) reads 'z'")));
  EXPECT_THAT(importError(oneNode("Add", {"x"}, {1, 4})),
              AllOf(HasSubstr("node 'n' (Add)"), HasSubstr("lacks operand 1")));
  EXPECT_THAT(importError(oneNode("Add", {"x", ""}, {1, 4})),
              HasSubstr("lacks operand 1"));
  ModelBuilder model = oneNode("Relu", {"x"}, {1, 4});
  model.output("z");
  EXPECT_THAT(importError(model), HasSubstr("output 'z'"));
  model.graph().clear_output();
  EXPECT_THAT(importError(model), HasSubstr("no outputs"));
}

TEST(MalformedGraph, DefinesAValueTwice) {
  ModelBuilder model = oneNode("Relu", {"x"}, {1, 4});
  model.node("Neg", {"x"}, {"y"}, "other");
  EXPECT_THAT(importError(model), AllOf(HasSubstr("'other' (Neg) computes 'y'"),
                                        HasSubstr("node 'n' (Relu)")));
  model.graph().mutable_node(1)->set_output(0, "x");
  EXPECT_THAT(importError(model), HasSubstr("input or initializer"));
  ModelBuilder inputs = oneNode("Relu", {"x"}, {1, 4});
  inputs.input("x", {1});
  EXPECT_THAT(importError(inputs), HasSubstr("two inputs"));
  ModelBuilder initializers = oneNode("Relu", {"x"}, {1, 4});
  initializers.numbers("w", {1}, {1}).numbers("w", {1}, {1});
  EXPECT_THAT(importError(initializers), HasSubstr("two initializers"));
}

TEST(MalformedGraph, ReadsWhatARuleDoesNotKnow) {
  ModelBuilder model = oneNode("Relu", {"x", "x"}, {1, 4});
  EXPECT_THAT(importError(model), HasSubstr("2 operands"));
  ModelBuilder attribute(13);
  attribute.input("x", {1, 4}).output("y");
  attribute.node("Relu", {"x"}, {"y"}, "n").number("slope", 0.1f);
  EXPECT_THAT(importError(attribute),
              AllOf(HasSubstr("node 'n' (Relu)"), HasSubstr("'slope'")));
}

TEST(MalformedGraph, HasNamesThatCannotBePrinted) {
  EXPECT_THAT(importError(oneNode("Relu", {"a\nb\x1b[31m"}, {1, 4})),
              HasSubstr("'a\\x0Ab\\x1B[31m'"));
  EXPECT_THAT(
      importError(oneNode("Relu", {std::string(100000, 'a')}, {1, 4})).size(),
      testing::Lt(1000u));
  ModelBuilder model = oneNode("Relu", {"x"}, {1, 4});
  model.graph().mutable_node(0)->set_name("\xff\xfe");
  EXPECT_THAT(importError(model), HasSubstr("'\\xFF\\xFE' is not UTF-8"));
}

TEST(MalformedGraph, OperatorSets) {
  ModelBuilder model = oneNode("Relu", {"x"}, {1, 4}, 0);
  EXPECT_THAT(importError(model), HasSubstr("version 0"));
  model.model.clear_opset_import();
  EXPECT_THAT(importError(model), HasSubstr("opset_import"));
  model.model.add_opset_import()->set_domain("com.example");
  EXPECT_THAT(importError(model), HasSubstr("opset_import"));
  model.model.clear_opset_import();
  model.model.set_ir_version(2); // there was one operator set only
  EXPECT_EQ(importError(model), "");
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

TEST(MalformedShape, OfInputs) {
  const int64_t huge = int64_t(1) << 62;
  EXPECT_THAT(importError(oneNode("Relu", {"x"}, {1, huge, huge})),
              AllOf(HasSubstr("input 'x'"), HasSubstr("too many elements")));
  EXPECT_THAT(importError(oneNode("Relu", {"x"}, {1, -5})),
              AllOf(HasSubstr("input 'x'"), HasSubstr("-5")));
  EXPECT_THAT(importError(oneNode("Relu", {"x"}, {1, 0})),
              HasSubstr("extent 0"));
  EXPECT_THAT(importError(oneNode("Relu", {"x"}, Shape(1000, 1))),
              HasSubstr("1000 dimensions"));
  ModelBuilder model = oneNode("Relu", {"x"}, {1, 4});
  auto *tensor =
      model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type();
  tensor->clear_shape();
  EXPECT_THAT(importError(model), HasSubstr("no shape"));
  tensor->mutable_shape()->add_dim();
  tensor->set_elem_type(onnx::TensorProto::STRING);
  EXPECT_THAT(importError(model), HasSubstr("type string"));
  tensor->set_elem_type(24);
  EXPECT_THAT(importError(model), HasSubstr("type float8e8m0"));
  tensor->set_elem_type(22);
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("'x' of type int4"), HasSubstr("convert it")));
  model.graph().mutable_input(0)->clear_type();
  EXPECT_THAT(importError(model), HasSubstr("not a tensor"));
}

TEST(MalformedShape, OfResults) {
  const int64_t huge = int64_t(1) << 62;
  for (auto [type, target] : {std::pair{"Expand", Shape{huge, huge, 4}},
                              {"Tile", {huge, huge}},
                              {"Reshape", {huge, huge}},
                              {"Reshape", {-1, -1}},
                              {"Reshape", {-2, 2}},
                              {"Reshape", {3, 2}},
                              {"Reshape", {0, 0, 0}},
                              {"Reshape", {3, -1}},
                              {"Expand", {-3}}}) {
    ModelBuilder model = oneNode(type, {"x", "s"}, {1, 4});
    model.integers("s", {static_cast<int64_t>(target.size())}, target);
    EXPECT_THAT(importError(model), HasSubstr("node 'n' (")) << type;
  }
  ModelBuilder model;
  model.output("y").integers("s", {2}, {huge, huge});
  model.node("ConstantOfShape", {"s"}, {"y"}, "n");
  EXPECT_THAT(importError(model), HasSubstr("too many elements"));
  ModelBuilder negative;
  negative.output("y").integers("s", {1}, {-1});
  negative.node("ConstantOfShape", {"s"}, {"y"}, "n");
  EXPECT_THAT(importError(negative), HasSubstr("negative dimension"));
}

TEST(MalformedShape, OfConvolutions) {
  auto error = [](const Shape &weights, const std::string &attribute,
                  const Shape &values) {
    ModelBuilder model;
    model.input("x", {-1, 2, 4, 4}).input("w", weights).output("y");
    model.node("Conv", {"x", "w"}, {"y"}, "conv").integers(attribute, values);
    return importError(model);
  };
  const int64_t huge = int64_t(1) << 62;
  EXPECT_EQ(error({3, 2, 3, 3}, "pads", {0, 0, 0, 0}), "");
  for (const std::string &message :
       {error({3, 1, 3, 3}, "pads", {0, 0, 0, 0}),
        error({3, 2, 3}, "pads", {0, 0, 0, 0}),
        error({3, 2, 5, 5}, "pads", {0, 0, 0, 0}),
        error({3, 2, 3, 3}, "pads", {-1, 0, 0, 0}),
        error({3, 2, 3, 3}, "pads", {0, 0}),
        error({3, 2, 3, 3}, "pads", {huge, huge, huge, huge}),
        error({3, 2, 3, 3}, "strides", {0, 1}),
        error({3, 2, 3, 3}, "strides", {huge, huge}),
        error({3, 2, 3, 3}, "dilations", {huge, huge}),
        error({3, 2, 3, 3}, "kernel_shape", {2, 2})})
    EXPECT_THAT(message, HasSubstr("node 'conv' (Conv)"));
  for (int64_t groups : {int64_t(0), int64_t(-1), huge}) {
    ModelBuilder model;
    model.input("x", {-1, 2, 4, 4}).input("w", {3, 2, 3, 3}).output("y");
    model.node("Conv", {"x", "w"}, {"y"}, "conv").integer("group", groups);
    EXPECT_THAT(importError(model), HasSubstr("groups"));
  }
}

TEST(MalformedShape, OfImagesFromColumns) {
  auto error = [](const Shape &image, const Shape &block,
                  const Shape &strides) {
    const auto rank = static_cast<int64_t>(image.size());
    ModelBuilder model(18);
    model.input("x", {1, 1, 1}).output("y");
    model.integers("image", {rank}, image).integers("block", {rank}, block);
    model.node("Col2Im", {"x", "image", "block"}, {"y"}, "n")
        .integers("strides", strides);
    return importError(model);
  };
  EXPECT_EQ(error({1, 1}, {1, 1}, {1, 1}), "");
  // Blocks of 2^64 elements, as a number of 64 bits none.
  const Shape block = {1 << 22, 1 << 22, 1 << 20};
  EXPECT_THAT(error(block, block, {1, 1, 1}), HasSubstr("cannot arrange"));
  const Shape image(3, 1 << 30);
  EXPECT_THAT(error(image, {1, 1, 1}, image), HasSubstr("too many elements"));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

TEST(MalformedTensor, HoldsAnotherNumberOfElements) {
  ModelBuilder model = smallNetwork();
  onnx::TensorProto &weights = *model.graph().mutable_initializer(0);
  weights.mutable_float_data()->RemoveLast();
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("initializer 'w'"), HasSubstr("18 elements"),
                    HasSubstr("17")));
  weights.clear_float_data();
  weights.set_raw_data(std::string(71, '\0'));
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("initializer 'w'"), HasSubstr("72 bytes"),
                    HasSubstr("71")));
  weights.set_raw_data(std::string(72, '\0'));
  EXPECT_EQ(importError(model), "");
}

TEST(MalformedTensor, HasAnImpossibleShapeOrType) {
  ModelBuilder model = smallNetwork();
  onnx::TensorProto &weights = *model.graph().mutable_initializer(0);
  weights.set_dims(0, int64_t(1) << 62);
  EXPECT_THAT(importError(model), HasSubstr("too many elements"));
  weights.set_dims(0, -2);
  EXPECT_THAT(importError(model), HasSubstr("negative dimension"));
  weights.set_dims(0, 2);
  weights.set_data_type(onnx::TensorProto::STRING);
  EXPECT_THAT(importError(model), HasSubstr("type string"));
  weights.set_data_type(24);
  EXPECT_THAT(importError(model), HasSubstr("type float8e8m0"));
  weights.set_data_type(-1);
  EXPECT_THAT(importError(model), HasSubstr("type number -1"));
}

TEST(MalformedTensor, OfANetworkToBeTrained) {
  auto error = [](const ModelBuilder &model) -> std::string {
    TemporaryFolder folder;
    try {
      writeUntrained(folder.write("model.onnx", model.bytes()),
                     folder.path("untrained.onnx"));
    } catch (const InputError &error) {
      return error.what();
    }
    return "";
  };
  ModelBuilder model = smallNetwork();
  onnx::TensorProto &weights = *model.graph().mutable_initializer(0);
  EXPECT_EQ(error(model), "");
  weights.set_dims(0, -2);
  EXPECT_THAT(error(model), AllOf(HasSubstr("model.onnx: initializer 'w'"),
                                  HasSubstr("negative dimension")));
  weights.set_dims(0, int64_t(1) << 62);
  EXPECT_THAT(error(model), HasSubstr("too many elements"));
  weights.set_dims(0, int64_t(1) << 29); // 19 GB
  EXPECT_THAT(error(model), HasSubstr("model.onnx: needs more than 2 GiB"));
}

std::string externalError(const std::string &location,
                          const std::string &offset = "0",
                          const std::string &length = "72") {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inside"));
  folder.write("inside/weights.bin", std::string(100, '\0'));
  folder.write("outside.bin", std::string(100, '\0'));
  std::filesystem::create_symlink("../outside.bin",
                                  folder.path("inside/link.bin"));
  ModelBuilder model = smallNetwork();
  onnx::TensorProto &weights = *model.graph().mutable_initializer(0);
  weights.clear_float_data();
  weights.set_data_location(onnx::TensorProto::EXTERNAL);
  auto add = [&](const char *key, const std::string &value) {
    auto &entry = *weights.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  };
  add("location", location);
  add("offset", offset);
  add("length", length);
  return importError(folder.write("inside/model.onnx", model.bytes()));
}

TEST(MalformedTensor, ExternalData) {
  EXPECT_EQ(externalError("weights.bin"), "");
  EXPECT_EQ(externalError("./weights.bin", "28"), "");
  EXPECT_THAT(externalError("missing.bin"),
              AllOf(HasSubstr("initializer 'w'"), HasSubstr("missing.bin"),
                    HasSubstr("No such file")));
  for (const char *escape :
       {"../outside.bin", "/etc/passwd", "./../inside/weights.bin", "link.bin"})
    EXPECT_THAT(externalError(escape),
                HasSubstr("leads out of the model's folder"))
        << escape;
  EXPECT_THAT(externalError(""), HasSubstr("no file name"));
  EXPECT_THAT(externalError(std::string("weights.bin\0x", 13)),
              HasSubstr("no file name"));
  EXPECT_THAT(externalError("."), HasSubstr("initializer 'w'"));
  EXPECT_THAT(externalError("weights.bin", "29"), HasSubstr("only 100"));
  EXPECT_THAT(externalError("weights.bin", "18446744073709551600"),
              HasSubstr("only 100"));
  EXPECT_THAT(externalError("weights.bin", "-1"), HasSubstr("'-1'"));
  EXPECT_THAT(externalError("weights.bin", "0", "71"), HasSubstr("have 71"));
  EXPECT_THAT(externalError("weights.bin", "many"), HasSubstr("'many'"));
}

TEST(MalformedNode, Attributes) {
  ModelBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y");
  model.node("LeakyRelu", {"x"}, {"y"}, "n").integer("alpha", 1);
  EXPECT_THAT(importError(model), HasSubstr("number in attribute 'alpha'"));
  ModelBuilder pool = oneNode("MaxPool", {"x"}, {1, 2, 4, 4});
  EXPECT_THAT(importError(pool), HasSubstr("lacks the attribute"));
  for (auto [type, attribute] :
       {std::pair{"Softmax", "axis"}, {"Concat", "axis"}, {"Flatten", "axis"}})
    for (int64_t axis : {int64_t(-5), int64_t(5), INT64_MIN, INT64_MAX}) {
      ModelBuilder axes;
      axes.input("x", {1, 2, 4, 4}).output("y");
      axes.node(type, {"x"}, {"y"}, "n").integer(attribute, axis);
      EXPECT_THAT(importError(axes), HasSubstr("axis")) << type;
    }
}

TEST(MalformedNode, SlicesOfAnySize) {
  // Extreme numbers are legal here: exporters write INT64_MAX for "the end".
  for (int64_t start : {INT64_MIN, int64_t(-1), int64_t(0), INT64_MAX})
    for (int64_t end : {INT64_MIN, int64_t(-1), int64_t(3), INT64_MAX})
      for (int64_t step : {INT64_MIN, int64_t(-1), int64_t(1), INT64_MAX}) {
        ModelBuilder model;
        model.input("x", {1, 4}).output("y");
        model.integers("start", {1}, {start}).integers("end", {1}, {end});
        model.integers("axis", {1}, {1}).integers("step", {1}, {step});
        model.node("Slice", {"x", "start", "end", "axis", "step"}, {"y"}, "n");
        EXPECT_EQ(importError(model), "");
      }
}

TEST(MalformedNode, ConstantsThatTakeHoursToCompute) {
  // Each product is worth computing by itself.
  ModelBuilder model;
  model.integers("s", {2}, {512, 512});
  model.node("ConstantOfShape", {"s"}, {"v0"});
  for (int i = 0; i < 10000; ++i) {
    std::string from = "v" + std::to_string(i);
    model.node("MatMul", {from, from}, {"v" + std::to_string(i + 1)});
  }
  model.output("v10000");
  EXPECT_THAT(importError(model), HasSubstr("too long"));
}

/// Gives \p model an output whose shape is the constant `s`.
void reshapeTo(ModelBuilder &model) {
  model.input("x", {1, 4}).output("y");
  model.node("Reshape", {"x", "s"}, {"y"}, "view");
}

TEST(MalformedNode, ConstantIndicesOutOfRange) {
  for (auto [type, shape] : {std::pair{"GatherElements", Shape{1}},
                             {"GatherND", {1, 1}},
                             {"ScatterElements", {1}},
                             {"ScatterND", {1, 1}}}) {
    const bool scatters = llvm::StringRef(type).starts_with("Scatter");
    for (int64_t index : {7, -3}) {
      ModelBuilder model;
      model.integers("data", {2}, {2, 2}).integers("indices", shape, {index});
      model.integers("updates", {1}, {4});
      Names operands{"data", "indices"};
      if (scatters)
        operands.push_back("updates");
      model.node(type, operands, {"s"}, "n");
      reshapeTo(model);
      EXPECT_THAT(
          importError(model),
          AllOf(HasSubstr(std::string("model.onnx: node 'n' (") + type + ")"),
                HasSubstr("index " + std::to_string(index) + " lies outside"),
                HasSubstr("correct the model")));
    }
  }
}

TEST(MalformedNode, ShapesThatTakeTooLongToCompute) {
  // A constant of one number, whose maximum takes more steps than are folded.
  ModelBuilder model;
  model.integers("extent", {1}, {1 << 28});
  onnx::TensorProto &one =
      model.node("ConstantOfShape", {"extent"}, {"ones"}).tensor("value");
  one.set_data_type(onnx::TensorProto::INT8);
  one.add_dims(1);
  one.add_int32_data(1);
  model.node("ReduceMax", {"ones"}, {"most"});
  model.node("Cast", {"most"}, {"s"}).integer("to", onnx::TensorProto::INT64);
  reshapeTo(model);
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("node 'view' (Reshape)"),
                    HasSubstr("operand 's' decides the result's shape"),
                    HasSubstr("takes too long to compute")));
}

TEST(MalformedNode, ConstantsThatFillTheMemory) {
  ModelBuilder model;
  model.integers("first", {}, {0}).integers("step", {}, {1});
  model.integers("last", {}, {(1 << 28) - 9});
  model.node("Range", {"first", "last", "step"}, {"y"}, "n");
  model.output("y");
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("4000 MB"), HasSubstr("--fold-memory")));
}

/// The error of importing \p model when constants may take \p megabytes.
std::string errorWithin(double megabytes, const ModelBuilder &model) {
  TemporaryFolder folder;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<nn::NNDialect>();
  nn::FoldingMemory::of(&context).limit = 1e6 * megabytes;
  try {
    importOnnx(context, folder.write("model.onnx", model.bytes()));
  } catch (const InputError &error) {
    return error.what();
  }
  return "";
}

TEST(MalformedNode, TablesThatFillTheMemory) {
  // Of 200,000 integers each.
  ModelBuilder places = oneNode("Resize", {"x", "", "", "sizes"}, {1});
  places.integers("sizes", {1}, {200000});
  ModelBuilder columns =
      oneNode("Col2Im", {"x", "image", "block"}, {1, 1, 200000}, 18);
  columns.integers("image", {2}, {1, 200000}).integers("block", {2}, {1, 1});
  ModelBuilder coordinates;
  Shape shape(20, 1);
  shape[0] = 10000;
  coordinates.integers("shape", {20}, shape).output("y");
  onnx::TensorProto &one =
      coordinates.node("ConstantOfShape", {"shape"}, {"x"}).tensor("value");
  one.set_data_type(onnx::TensorProto::FLOAT);
  one.add_dims(1);
  one.add_float_data(1);
  coordinates.node("NonZero", {"x"}, {"y"}, "n");
  for (const ModelBuilder &model : {places, columns, coordinates}) {
    EXPECT_THAT(errorWithin(1, model),
                AllOf(HasSubstr("node 'n'"), HasSubstr("more than 1 MB"),
                      HasSubstr("--fold-memory")));
    EXPECT_EQ(errorWithin(2, model), "");
  }
}

TEST(MalformedNode, ManyInAChain) {
  ModelBuilder model;
  model.input("v0", {1, 4});
  constexpr int length = 20000;
  for (int i = 0; i < length; ++i)
    model.node("Neg", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)});
  model.output("v" + std::to_string(length));
  EXPECT_EQ(importError(model), "");
}

} // namespace
