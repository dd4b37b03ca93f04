//===- Export.cpp - An ONNX file with other numbers -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Export.h"

#include "dialects/nn/Constants.h"
#include "frontends/onnx/ComputeInFloat32.h"
#include "frontends/onnx/Import.h"
#include "frontends/onnx/Model.h"
#include "frontends/onnx/Quotation.h"
#include "runtime/tensor/Errors.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <ostream>

using namespace cim;
using namespace cim::importer;
using onnx::TensorProto;

//===----------------------------------------------------------------------===//
// Constants of the imported network
//===----------------------------------------------------------------------===//

/// Whether lowering to the plan called the tensor of \p constant \p name: by
/// its resource's key or by its own name, with a number if that was taken.
static bool isCalled(const ConstantOperand &constant, llvm::StringRef name) {
  llvm::StringRef key = constant.name;
  if (auto resource =
          llvm::dyn_cast<mlir::DenseResourceElementsAttr>(constant.value))
    key = resource.getRawHandle().getKey();
  if (!name.consume_front(key))
    return false;
  return name.empty() || (name.consume_front("#") && !name.empty() &&
                          llvm::all_of(name, llvm::isDigit));
}

/// The weights of a ConvTranspose, [C, M/groups, K…], as those of the
/// convolution that it is, [M, C/groups, K…], mirrored in space; or the other
/// way round, which is the same exchange.
static Tensor turned(const Tensor &tensor, int64_t groups) {
  const int64_t first = tensor.shape[0] / groups, second = tensor.shape[1];
  Tensor result = tensor;
  result.shape[0] = groups * second;
  result.shape[1] = first;
  const int64_t window =
      tensor.elements() / (groups * std::max<int64_t>(first * second, 1));
  std::span<const float> from = tensor.as<float>();
  std::vector<float> to(from.size());
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t a = 0; a < first; ++a)
      for (int64_t b = 0; b < second; ++b)
        std::reverse_copy(
            from.begin() + ((g * first + a) * second + b) * window,
            from.begin() + ((g * first + a) * second + b + 1) * window,
            to.begin() + ((g * second + b) * first + a) * window);
  return makeTensor(result.shape, to);
}

/// Whether \p constant holds \p tensor.
static bool holds(const ConstantOperand &constant, const Tensor &tensor) {
  mlir::ShapedType type = constant.value.getShapedType();
  if (!type.getElementType().isF32() ||
      type.getShape() != llvm::ArrayRef(tensor.shape))
    return false;
  const std::shared_ptr<const std::byte> bytes = nn::bytesOf(constant.value);
  return bytes &&
         std::memcmp(bytes.get(), tensor.data.get(), tensor.bytes()) == 0;
}

/// The groups of a ConvTranspose whose weights \p constant is; else 0.
static int64_t transposedGroups(const ConstantOperand &constant,
                                const onnx::GraphProto &graph) {
  const onnx::NodeProto &node = graph.node(constant.node);
  if (node.op_type() != "ConvTranspose" || constant.operand != 1)
    return 0;
  for (const onnx::AttributeProto &attribute : node.attribute())
    if (attribute.name() == "group")
      return attribute.i();
  return 1;
}

namespace {

/// New numbers for the operands that `uses` names, each by the index of its
/// node in the file and its own.
struct Edit {
  std::string name;
  Tensor numbers;
  std::vector<std::pair<int, int>> uses;
};

} // namespace

/// Where the tensors of \p changes stand in the file \p path.
static std::vector<Edit> findUses(const std::string &path,
                                  const TensorChanges &changes,
                                  const onnx::GraphProto &graph) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::vector<ConstantOperand> constants;
  ImportOptions importing;
  importing.constantOperand = [&](const ConstantOperand &constant) {
    constants.push_back(constant);
  };
  mlir::OwningOpRef<mlir::ModuleOp> module =
      importOnnx(context, path, importing);

  auto isOnCrossbar = [&](const ConstantOperand &constant) {
    const std::string &type = graph.node(constant.node).op_type();
    return constant.operand == 1 &&
           (type == "Conv" || type == "Gemm" || type == "MatMul" ||
            type == "ConvTranspose");
  };
  std::vector<Edit> edits;
  std::vector<bool> isTurned(graph.node_size()); // and has its numbers
  for (const auto &[name, change] : changes) {
    std::vector<ConstantOperand> found;
    int64_t groups = 0; // of a ConvTranspose
    for (const ConstantOperand &constant : constants) {
      // In another order they are another tensor, with a name of its own.
      if (const int64_t own = transposedGroups(constant, graph); own > 0) {
        if (!isTurned[constant.node] && change.before.shape.size() > 2 &&
            change.before.shape[0] % own == 0 &&
            holds(constant, turned(change.before, own))) {
          found = {constant};
          groups = own;
          isTurned[constant.node] = true;
          break;
        }
        continue;
      }
      if (isCalled(constant, name) && holds(constant, change.before))
        found.push_back(constant);
    }
    if (found.empty())
      throw InputError(path + ": no node takes " + quotation(name) +
                       " with the numbers that are to be replaced; they are "
                       "computed from others (by folding batch normalisation, "
                       "for example), are codes of a layer of integers, or "
                       "belong to another file");
    if (llvm::any_of(found, isOnCrossbar))
      llvm::erase_if(found, std::not_fn(isOnCrossbar));
    Edit &edit = edits.emplace_back();
    edit.name = found.front().name;
    edit.numbers = groups ? turned(change.after, groups) : change.after;
    for (const ConstantOperand &constant : found)
      edit.uses.emplace_back(constant.node, constant.operand);
  }
  return edits;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

namespace {

/// A model while its constants change.
class Editor {
public:
  Editor(const std::string &path, onnx::ModelProto &model)
      : model(model), graph(*model.mutable_graph()), tensors(path) {
    for (int i = 0; i < graph.node_size(); ++i) {
      for (const std::string &input : graph.node(i).input())
        ++useCounts[input];
      for (const std::string &output : graph.node(i).output())
        producers[output] = i;
    }
    for (const onnx::ValueInfoProto &output : graph.output())
      ++useCounts[output.name()];
    for (int i = 0; i < graph.initializer_size(); ++i)
      initializers[graph.initializer(i).name()] = i;
    for (const onnx::ValueInfoProto &input : graph.input())
      inputs[input.name()] = &input;
  }

  void apply(const Edit &edit);
  /// After the last edit: adds what is new, drops what nothing takes any more,
  /// and brings all of it into one file and one precision.
  void finish(const std::function<void(const std::string &)> &warn);

private:
  /// The element type of \p value, which is a constant.
  int32_t typeOf(const std::string &value) const;
  /// The initializer that only \p edit uses and that may be changed in place.
  TensorProto *ownInitializer(const Edit &edit);
  /// One use of \p operand less.
  void release(const std::string &operand);
  /// Initializers for the edits that get one of their own, their uses bound.
  std::vector<TensorProto> nameAdded();
  void eraseDead();

  onnx::ModelProto &model;
  onnx::GraphProto &graph;
  TensorReader tensors;
  llvm::StringMap<int> useCounts, producers, initializers;
  llvm::StringMap<const onnx::ValueInfoProto *> inputs;
  /// Edits that get an initializer of their own: it can be named only when it
  /// is known which names remain.
  std::vector<const Edit *> added;
  llvm::DenseSet<int> deadNodes;
  llvm::StringSet<> deadValues;
  /// Some new numbers stand where the network has another precision.
  bool hasOtherPrecision = false;
};

} // namespace

int32_t Editor::typeOf(const std::string &value) const {
  // The graph has no cycles: the importer has seen it.
  for (std::string name = value;;) {
    if (auto found = initializers.find(name); found != initializers.end())
      return graph.initializer(found->second).data_type();
    if (const onnx::ValueInfoProto *input = inputs.lookup(name))
      return input->type().tensor_type().elem_type();
    auto producer = producers.find(name);
    if (producer == producers.end())
      return TensorProto::FLOAT;
    const onnx::NodeProto &node = graph.node(producer->second);
    for (const onnx::AttributeProto &attribute : node.attribute())
      if (attribute.has_t()) // Constant, ConstantOfShape
        return attribute.t().data_type();
      else if (int32_t type = resultType(attribute);
               type != TensorProto::UNDEFINED)
        return type;
    const int like = node.op_type() == "CastLike" ||
                     node.op_type() == "DequantizeLinear" ||
                     node.op_type() == "Where";
    if (node.input_size() <= like)
      return TensorProto::FLOAT;
    name = node.input(like);
  }
}

TensorProto *Editor::ownInitializer(const Edit &edit) {
  for (auto [node, operand] : edit.uses) {
    const std::string &value = graph.node(node).input(operand);
    auto found = initializers.find(value);
    if (found == initializers.end())
      continue;
    const int uses = llvm::count_if(edit.uses, [&](auto use) {
      return graph.node(use.first).input(use.second) == value;
    });
    if (uses == useCounts.lookup(value))
      return graph.mutable_initializer(found->second);
  }
  return nullptr;
}

void Editor::release(const std::string &operand) {
  std::vector<std::string> released = {operand};
  while (!released.empty()) {
    const std::string value = std::move(released.back());
    released.pop_back();
    if (value.empty() || --useCounts[value] > 0)
      continue;
    deadValues.insert(value);
    auto producer = producers.find(value);
    if (producer == producers.end())
      continue;
    const onnx::NodeProto &node = graph.node(producer->second);
    if (llvm::any_of(node.output(), [&](const std::string &output) {
          return useCounts.lookup(output) > 0;
        }))
      continue;
    deadNodes.insert(producer->second);
    released.insert(released.end(), node.input().begin(), node.input().end());
  }
}

void Editor::apply(const Edit &edit) {
  for (auto [node, operand] : edit.uses)
    if (typeOf(graph.node(node).input(operand)) != TensorProto::FLOAT)
      hasOtherPrecision = true;
  TensorProto *own = ownInitializer(edit);
  if (own)
    setNumbers(*own, edit.numbers);
  else
    added.push_back(&edit);
  for (auto [node, operand] : edit.uses) {
    std::string &input = *graph.mutable_node(node)->mutable_input(operand);
    if (own && input == own->name())
      continue;
    release(input);
    // Until the added ones have names, a use without one.
    input = own ? own->name() : std::string();
    if (own)
      ++useCounts[input];
  }
}

/// Keeps the elements of \p list, in their order, that \p isKept.
template <typename T, typename Predicate>
static void keepOnly(google::protobuf::RepeatedPtrField<T> &list,
                     Predicate isKept) {
  int kept = 0;
  for (int i = 0; i < list.size(); ++i)
    if (isKept(list[i], i))
      list.SwapElements(kept++, i);
  list.DeleteSubrange(kept, list.size() - kept);
}

std::vector<TensorProto> Editor::nameAdded() {
  llvm::StringSet<> taken;
  for (const auto *values : {&graph.input(), &graph.output()})
    for (const onnx::ValueInfoProto &value : *values)
      taken.insert(value.name());
  for (const TensorProto &initializer : graph.initializer())
    if (!deadValues.contains(initializer.name()))
      taken.insert(initializer.name());
  for (int i = 0; i < graph.node_size(); ++i)
    if (!deadNodes.contains(i))
      for (const std::string &output : graph.node(i).output())
        taken.insert(output);

  std::vector<TensorProto> result;
  for (const Edit *edit : added) {
    std::string name = edit->name;
    for (int copy = 2; !taken.insert(name).second; ++copy)
      name = edit->name + "." + std::to_string(copy);
    for (auto [node, operand] : edit->uses)
      graph.mutable_node(node)->set_input(operand, name);
    result.emplace_back().set_name(name);
    setNumbers(result.back(), edit->numbers);
  }
  return result;
}

void Editor::eraseDead() {
  keepOnly(*graph.mutable_node(),
           [&](auto &, int i) { return !deadNodes.contains(i); });
  auto isAlive = [&](auto &named, int) {
    return !deadValues.contains(named.name());
  };
  keepOnly(*graph.mutable_initializer(), isAlive);
  keepOnly(*graph.mutable_value_info(), isAlive);
  keepOnly(*graph.mutable_input(), isAlive);
}

void Editor::finish(const std::function<void(const std::string &)> &warn) {
  std::vector<TensorProto> initializers = nameAdded();
  eraseDead();
  tensors.embed(graph);
  if (hasOtherPrecision) {
    computeInFloat32(graph, tensors);
    if (warn)
      warn("the network of another precision is written as float32, in which "
           "its results were computed; so are its inputs and outputs");
  }
  for (TensorProto &initializer : initializers) {
    // Before version 4, every initializer is an input as well.
    if (model.ir_version() < 4) {
      onnx::ValueInfoProto &input = *graph.add_input();
      input.set_name(initializer.name());
      auto &type = *input.mutable_type()->mutable_tensor_type();
      type.set_elem_type(TensorProto::FLOAT);
      for (int64_t extent : initializer.dims())
        type.mutable_shape()->add_dim()->set_dim_value(extent);
    }
    *graph.add_initializer() = std::move(initializer);
  }
}

//===----------------------------------------------------------------------===//
// Export
//===----------------------------------------------------------------------===//

/// Adds a note to those that the model has from earlier exports, all under one
/// key, since ONNX wants keys to differ. What is done again is noted once.
static void addNote(onnx::ModelProto &model, const std::string &note) {
  auto &properties = *model.mutable_metadata_props();
  auto found = std::ranges::find(properties, "cimulator",
                                 &onnx::StringStringEntryProto::key);
  if (found == properties.end()) {
    onnx::StringStringEntryProto &entry = *properties.Add();
    entry.set_key("cimulator");
    entry.set_value(note);
  } else if (!llvm::StringRef(found->value()).ends_with(note)) {
    found->set_value(found->value() + "; then: " + note);
  }
}

void cim::exportOnnx(const std::string &path, const TensorChanges &changes,
                     const std::string &output, const ExportOptions &options) {
  onnx::ModelProto model = readModel(path);
  const std::vector<Edit> edits = findUses(path, changes, model.graph());
  Editor editor(path, model);
  for (const Edit &edit : edits)
    editor.apply(edit);
  editor.finish(options.warn);
  if (!options.note.empty())
    addNote(model, options.note);
  if (model.ByteSizeLong() > std::numeric_limits<int>::max())
    throw InputError(output + ": would be larger than 2 GiB, which no ONNX "
                              "file can be");
  writeWhole(output,
             [&](std::ostream &out) { model.SerializeToOstream(&out); });
}
