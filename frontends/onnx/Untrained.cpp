//===- Untrained.cpp - Networks to be trained from scratch ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Untrained.h"

#include "dialects/cim/grammar/Words.h"
#include "frontends/onnx/Model.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/TensorData.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <set>

using namespace cim;
using namespace cim::importer;

/// Throws InputError, about \p path, when a file of \p bytes is too large.
static void checkFileSize(size_t bytes, const std::string &path) {
  if (bytes > std::numeric_limits<int>::max())
    throw InputError(path + ": needs more than 2 GiB with its parameters and "
                            "external data in one file, which no ONNX file "
                            "can be");
}

/// The elements of \p initializer of the model \p path, whose dimensions may
/// be anything yet.
static int64_t checkedCount(const onnx::TensorProto &initializer,
                            const std::string &path) {
  const std::span<const int64_t> shape(initializer.dims().data(),
                                       initializer.dims_size());
  try {
    checkShape(shape);
  } catch (const std::length_error &error) {
    throw InputError(path + ": initializer " + quotation(initializer.name()) +
                     " has " + error.what());
  }
  return elementCount(shape);
}

/// Gives every parameter of \p model numbers of its own. \p path: of the model,
/// for errors.
static void fillParameters(onnx::ModelProto &model, const std::string &path) {
  // First operand that is a parameter, and the last.
  static const std::map<std::string, std::pair<int, int>> operands = {
      {"Conv", {1, 2}},
      {"Gemm", {1, 2}},
      {"MatMul", {1, 1}},
      {"BatchNormalization", {1, 4}}};
  std::set<std::string> parameters;
  for (const onnx::NodeProto &node : model.graph().node())
    if (auto found = operands.find(node.op_type()); found != operands.end())
      for (int i = found->second.first;
           i <= std::min(found->second.second, node.input_size() - 1); ++i)
        parameters.insert(node.input(i));
  std::minstd_rand random;
  size_t allBytes = 0;
  for (onnx::TensorProto &tensor :
       *model.mutable_graph()->mutable_initializer()) {
    if (!parameters.contains(tensor.name()) ||
        tensor.data_type() != onnx::TensorProto::FLOAT)
      continue;
    const int64_t count = checkedCount(tensor, path);
    checkFileSize(allBytes += count * sizeof(float), path);
    tensor.clear_float_data();
    tensor.clear_external_data();
    tensor.clear_data_location();
    std::string &bytes = *tensor.mutable_raw_data();
    bytes.resize(count * sizeof(float));
    for (int64_t i = 0; i < count; ++i) {
      const float number = 0.5f + float(random() % (1 << 23)) / (1 << 23);
      std::memcpy(bytes.data() + i * sizeof(float), &number, sizeof(float));
    }
  }
}

static void writeModel(const onnx::ModelProto &model,
                       const std::string &output) {
  writeWhole(output,
             [&](std::ostream &out) { model.SerializeToOstream(&out); });
}

void cim::writeUntrained(const std::string &model, const std::string &output) {
  onnx::ModelProto proto = readModel(model);
  fillParameters(proto, model);
  TensorReader(model).embed(*proto.mutable_graph());
  checkFileSize(proto.ByteSizeLong(), model);
  writeModel(proto, output);
}

namespace {

/// A value of the graph and the shape of one image of it.
struct Activation {
  std::string name;
  int64_t channels = 0, height = 0, width = 0;
};

class Builder {
public:
  explicit Builder(const Architecture &architecture)
      : architecture(architecture) {
    model.set_ir_version(8);
    onnx::OperatorSetIdProto &opset = *model.add_opset_import();
    opset.set_version(13);
    model.mutable_graph()->set_name(architecture.name);
  }

  onnx::ModelProto resnet(int64_t blocks) {
    Activation x = normalised(input(), "conv1", "bn1", 16, 1);
    for (int stage = 0; stage < 3; ++stage)
      for (int64_t b = 0; b < blocks; ++b) {
        const std::string name =
            "layer" + std::to_string(stage + 1) + "." + std::to_string(b);
        const int64_t channels = int64_t(16) << stage;
        const int64_t stride = stage > 0 && b == 0 ? 2 : 1;
        Activation y =
            normalised(x, name + ".conv1", name + ".bn1", channels, stride);
        y = normalised(y, name + ".conv2", name + ".bn2", channels, 1,
                       /*activates=*/false);
        const Activation shortcut =
            stride == 1 ? x : shrink(x, name + ".shortcut", y);
        y.name = node("Add", name + ".add", {y.name, shortcut.name});
        y.name = node("Relu", name + ".relu2", {y.name});
        x = y;
      }
    return finish(x);
  }

  onnx::ModelProto vgg(const std::vector<int> &stages) {
    Activation x = input();
    for (size_t s = 0; s < stages.size(); ++s) {
      const std::string name = "stage" + std::to_string(s + 1);
      for (int c = 0; c < stages[s]; ++c) {
        const std::string number = std::to_string(c + 1);
        x = normalised(x, name + ".conv" + number, name + ".bn" + number,
                       std::min(64 << s, 512), 1);
      }
      if (x.height < 2 || x.width < 2)
        continue;
      onnx::NodeProto *pool = nullptr;
      x.name = node("MaxPool", name + ".pool", {x.name}, &pool);
      set(*pool, "kernel_shape", {2, 2});
      set(*pool, "strides", {2, 2});
      x.height /= 2;
      x.width /= 2;
    }
    return finish(x);
  }

private:
  Activation input() {
    const std::vector<int64_t> &shape = architecture.inputShape;
    declare(*model.mutable_graph()->add_input(), "input", shape);
    return {"input", shape[0], shape[1], shape[2]};
  }

  static void declare(onnx::ValueInfoProto &value, const std::string &name,
                      const std::vector<int64_t> &shape) {
    value.set_name(name);
    auto &type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    type.mutable_shape()->add_dim()->set_dim_param("N");
    for (int64_t extent : shape)
      type.mutable_shape()->add_dim()->set_dim_value(extent);
  }

  std::string node(const std::string &operation, const std::string &name,
                   const std::vector<std::string> &inputs,
                   onnx::NodeProto **made = nullptr) {
    onnx::NodeProto &added = *model.mutable_graph()->add_node();
    added.set_op_type(operation);
    added.set_name(name);
    for (const std::string &operand : inputs)
      added.add_input(operand);
    added.add_output(name + ".output");
    if (made)
      *made = &added;
    return added.output(0);
  }

  static void set(onnx::NodeProto &node, const std::string &name,
                  const std::vector<int64_t> &numbers) {
    onnx::AttributeProto &attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    attribute.mutable_ints()->Add(numbers.begin(), numbers.end());
  }

  std::string parameter(const std::string &name,
                        const std::vector<int64_t> &shape) {
    onnx::TensorProto &tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.mutable_dims()->Add(shape.begin(), shape.end());
    return name;
  }
  std::string integers(const std::string &name,
                       const std::vector<int64_t> &numbers) {
    onnx::TensorProto &tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(numbers.size());
    tensor.mutable_int64_data()->Add(numbers.begin(), numbers.end());
    return name;
  }

  /// A 3×3 convolution, batch normalisation and, mostly, ReLU.
  Activation normalised(const Activation &x, const std::string &conv,
                        const std::string &norm, int64_t channels,
                        int64_t stride, bool activates = true) {
    onnx::NodeProto *made = nullptr;
    std::string y = node(
        "Conv", conv,
        {x.name, parameter(conv + ".weight", {channels, x.channels, 3, 3})},
        &made);
    set(*made, "kernel_shape", {3, 3});
    set(*made, "pads", {1, 1, 1, 1});
    set(*made, "strides", {stride, stride});
    y = node("BatchNormalization", norm,
             {y, parameter(norm + ".weight", {channels}),
              parameter(norm + ".bias", {channels}),
              parameter(norm + ".running_mean", {channels}),
              parameter(norm + ".running_var", {channels})});
    if (activates)
      y = node("Relu", norm + ".relu", {y});
    return {y, channels, (x.height - 1) / stride + 1,
            (x.width - 1) / stride + 1};
  }

  /// Every second pixel, and channels of zeros around.
  Activation shrink(const Activation &x, const std::string &name,
                    const Activation &like) {
    const int64_t all = std::numeric_limits<int32_t>::max();
    std::string y = node("Slice", name + ".slice",
                         {x.name, integers(name + ".starts", {0, 0}),
                          integers(name + ".ends", {all, all}),
                          integers(name + ".axes", {2, 3}),
                          integers(name + ".steps", {2, 2})});
    const int64_t before = (like.channels - x.channels) / 2;
    y = node("Pad", name + ".pad",
             {y, integers(name + ".pads",
                          {0, before, 0, 0, 0,
                           like.channels - x.channels - before, 0, 0})});
    return {y, like.channels, like.height, like.width};
  }

  onnx::ModelProto finish(const Activation &x) {
    std::string y = node("GlobalAveragePool", "pool", {x.name});
    y = node("Flatten", "flatten", {y});
    onnx::NodeProto *dense = nullptr;
    node("Gemm", "fc",
         {y, parameter("fc.weight", {architecture.classes, x.channels}),
          parameter("fc.bias", {architecture.classes})},
         &dense);
    onnx::AttributeProto &transposed = *dense->add_attribute();
    transposed.set_name("transB");
    transposed.set_type(onnx::AttributeProto::INT);
    transposed.set_i(1);
    dense->set_output(0, "logits");
    declare(*model.mutable_graph()->add_output(), "logits",
            {architecture.classes});
    fillParameters(model, architecture.name);
    return std::move(model);
  }

  const Architecture &architecture;
  onnx::ModelProto model;
};

/// n of "resnetN", N = 6n + 2.
std::optional<int64_t> blocksOf(const std::string &name) {
  constexpr std::string_view prefix = "resnet";
  if (!name.starts_with(prefix))
    return std::nullopt;
  int64_t layers = 0;
  const char *begin = name.data() + prefix.size(),
             *end = name.data() + name.size();
  auto [last, error] = std::from_chars(begin, end, layers);
  if (error != std::errc() || last != end || layers < 8 || layers > 1202 ||
      layers % 6 != 2)
    return std::nullopt;
  return (layers - 2) / 6;
}

} // namespace

void cim::writeArchitecture(const Architecture &architecture,
                            const std::string &output) {
  static const std::map<std::string, std::vector<int>> vggs = {
      {"vgg11", {1, 1, 2, 2, 2}},
      {"vgg13", {2, 2, 2, 2, 2}},
      {"vgg16", {2, 2, 3, 3, 3}},
      {"vgg19", {2, 2, 4, 4, 4}}};
  const std::string &name = architecture.name;
  const std::optional<int64_t> blocks = blocksOf(name);
  const auto vgg = vggs.find(name);
  if (!blocks && vgg == vggs.end()) {
    const auto near = nearNames(
        name, std::vector<std::string>{
                  "resnet8", "resnet14", "resnet20", "resnet32", "resnet44",
                  "resnet56", "resnet110", "vgg11", "vgg13", "vgg16", "vgg19"});
    throw UsageError("--arch '" + name +
                     "': write resnetN with N = 8, 14, 20, 26, 32, ... or "
                     "vgg11, vgg13, vgg16, vgg19" +
                     (near.empty() ? "" : "; did you mean '" + near[0] + "'?"));
  }
  const std::vector<int64_t> &shape = architecture.inputShape;
  if (shape.size() != 3 || shape[1] < 4 || shape[2] < 4)
    throw InputError("--arch '" + name +
                     "' works on images of at least 4×4 pixels; use other "
                     "data, or an ONNX graph of your own");
  Builder builder(architecture);
  writeModel(blocks ? builder.resnet(*blocks) : builder.vgg(vgg->second),
             output);
}
