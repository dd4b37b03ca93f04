//===- Import.cpp - From an ONNX file to the nn dialect -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Import.h"

#include "dialects/nn/Constants.h"
#include "dialects/nn/NN.h"
#include "frontends/onnx/Model.h"
#include "frontends/onnx/NarrowType.h"
#include "frontends/onnx/NodeOrder.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"
#include "runtime/tensor/Errors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ScopedPrinter.h"

using namespace cim;
using namespace cim::importer;
using mlir::Value;

//===----------------------------------------------------------------------===//
// Unsupported nodes
//===----------------------------------------------------------------------===//

/// "kernel_shape=[3, 3]", for people.
static std::string describedAttribute(const onnx::AttributeProto &attribute) {
  std::string text = printable(attribute.name()) + "=";
  if (attribute.has_i())
    return text + std::to_string(attribute.i());
  if (attribute.has_f())
    return text + llvm::to_string(attribute.f());
  if (attribute.has_s())
    return text + quotation(attribute.s());
  if (attribute.ints_size() > 0)
    return text +
           listed(Integers(attribute.ints().begin(), attribute.ints().end()));
  if (attribute.floats_size() > 0)
    return text + "[…]";
  if (attribute.has_g() || attribute.graphs_size() > 0)
    return text + "a graph";
  return text + "…";
}

namespace {

class Importer {
public:
  Importer(mlir::MLIRContext &mlirContext, const std::string &path,
           const ImportOptions &options)
      : path(path), options(options), model(readModel(path)),
        graph(*model.mutable_graph()), order(orderNodes(graph, path)),
        context{mlir::OpBuilder(&mlirContext),
                path,
                standardOpset(model, path),
                TensorReader(path),
                {}} {}

  mlir::OwningOpRef<mlir::ModuleOp> run() {
    rejectUnsupportedNodes();
    if (context.opset > newestOpset && options.warn)
      options.warn(path + ": uses opset " + std::to_string(context.opset) +
                   ", newer than " + std::to_string(newestOpset) +
                   ", the newest one known here; its operators are read as in "
                   "that one");
    for (onnx::TensorProto &initializer : *graph.mutable_initializer())
      initializers[initializer.name()] = &initializer;

    mlir::OpBuilder &builder = context.builder;
    mlir::Location location =
        mlir::NameLoc::get(builder.getStringAttr(printable(graph.name())));
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(location);
    (*module)->setAttr("nn.model",
                       builder.getStringAttr(printable(graph.name())));
    mlir::ScopedDiagnosticHandler handler(
        builder.getContext(), [&](mlir::Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
            context.diagnostics += diagnostic.str();
          return mlir::success();
        });
    builder.setInsertionPointToEnd(module->getBody());
    function = mlir::func::FuncOp::create(builder, location, "main",
                                          builder.getFunctionType({}, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    importInputs();
    for (int index : order)
      importNode(index);
    importOutputs();
    eraseUnused();
    if (mlir::failed(mlir::verify(*module)))
      fail(context.diagnostics);
    return module;
  }

private:
  [[noreturn]] void fail(const std::string &what) {
    throw InputError(path + ": " + what);
  }

  /// All of them at once, so that a user learns what is missing in one go.
  void rejectUnsupportedNodes();
  void importInputs();
  void importNode(int index);
  void reportConstants(int node, llvm::ArrayRef<Value> operands);
  void importOutputs();
  /// What only shapes needed, or nobody.
  void eraseUnused();

  mlir::RankedTensorType inputType(const onnx::ValueInfoProto &input);
  mlir::RankedTensorType exampleType(const onnx::ValueInfoProto &input,
                                     ElementType type, const Tensor &example);
  void noteNarrowType(const std::string &name, int32_t dataType) {
    if (narrowType(dataType))
      context.narrowTypes[name] = dataType;
  }
  /// The value called \p name, which has been computed or is an initializer.
  Value valueOf(const std::string &name);
  Value constant(const Tensor &tensor, llvm::StringRef name);

  const std::string &path;
  const ImportOptions &options;
  onnx::ModelProto model;
  onnx::GraphProto &graph;
  std::vector<int> order;
  ImportContext context;
  mlir::func::FuncOp function;
  llvm::StringMap<onnx::TensorProto *> initializers;
  llvm::StringMap<Value> values;
};

} // namespace

void Importer::rejectUnsupportedNodes() {
  llvm::StringSet<> used;
  for (const onnx::NodeProto &node : graph.node())
    for (const std::string &input : node.input())
      used.insert(input);
  for (const onnx::ValueInfoProto &output : graph.output())
    used.insert(output.name());

  constexpr int mostShown = 1000;
  int count = 0;
  std::string list;
  for (const onnx::NodeProto &node : graph.node()) {
    bool isStandard = node.domain().empty() || node.domain() == "ai.onnx";
    const Operator *known = isStandard ? findOperator(node.op_type()) : nullptr;
    std::string why;
    if (known && known->outputs >= 0)
      for (int i = known->outputs; i < node.output_size(); ++i)
        if (!node.output(i).empty() && used.contains(node.output(i)))
          why = "its output " + quotation(node.output(i)) + " is used";
    if (known && why.empty())
      continue;
    if (++count > mostShown)
      continue;
    if (!isStandard)
      why = "domain " + quotation(node.domain());
    for (const onnx::AttributeProto &attribute : node.attribute())
      why += (why.empty() ? "" : ", ") + describedAttribute(attribute);
    list += (list.empty() ? "" : "; ") + described(node) +
            (why.empty() ? "" : ": " + why);
  }
  if (count == 0)
    return;
  if (count > mostShown)
    list += "; and " + std::to_string(count - mostShown) + " more";
  fail(std::to_string(count) + (count == 1 ? " node is" : " nodes are") +
       " not supported (opset " + std::to_string(context.opset) + "): " + list +
       ". Export the network without these operators");
}

//===----------------------------------------------------------------------===//
// Inputs, constants, outputs
//===----------------------------------------------------------------------===//

mlir::RankedTensorType Importer::inputType(const onnx::ValueInfoProto &input) {
  std::string subject = "input " + quotation(input.name());
  if (!input.type().has_tensor_type())
    fail(subject + " is not a tensor");
  const onnx::TypeProto::Tensor &tensor = input.type().tensor_type();
  std::optional<ElementType> type = importer::elementTypeOf(tensor.elem_type());
  if (!type)
    fail(subject + " has elements of type " + typeName(tensor.elem_type()) +
         ", which is not supported");
  auto example = options.examples.find(input.name());
  if (example != options.examples.end())
    return exampleType(input, *type, example->second);
  if (!tensor.has_shape())
    fail(subject + " has no shape; export the network with one");
  Integers shape;
  for (const onnx::TensorShapeProto::Dimension &dimension :
       tensor.shape().dim()) {
    bool known = dimension.has_dim_value() && dimension.dim_value() > 0;
    if (known) {
      shape.push_back(dimension.dim_value());
    } else if (shape.empty()) {
      shape.push_back(1); // the batch: the network is described for one image
    } else {
      bool named = dimension.has_dim_param() && !dimension.dim_param().empty();
      std::string extent = named ? quotation(dimension.dim_param())
                           : dimension.has_dim_value()
                               ? std::to_string(dimension.dim_value())
                               : "unknown";
      fail(subject + " has dimension " + std::to_string(shape.size()) +
           " of extent " + extent +
           ", but only the batch (dimension 0) may be left open; export the "
           "network with fixed sizes");
    }
  }
  try {
    checkShape({shape.data(), shape.size()});
  } catch (const std::length_error &error) {
    fail(subject + " has " + error.what());
  }
  return mlir::RankedTensorType::get(
      shape, toMlir(context.builder.getContext(), *type));
}

/// The type of \p example, which has to be one that \p input can have.
mlir::RankedTensorType Importer::exampleType(const onnx::ValueInfoProto &input,
                                             ElementType type,
                                             const Tensor &example) {
  const onnx::TypeProto::Tensor &tensor = input.type().tensor_type();
  bool fits = example.type == type;
  if (tensor.has_shape()) {
    fits &= tensor.shape().dim_size() == int(example.shape.size());
    for (int i = 0; fits && i < tensor.shape().dim_size(); ++i)
      fits = !tensor.shape().dim(i).has_dim_value() ||
             tensor.shape().dim(i).dim_value() == example.shape[i];
  }
  if (!fits)
    fail("input " + quotation(input.name()) + " is given a tensor of shape " +
         listed({example.shape.data(), example.shape.size()}) +
         ", which is not of its type and shape");
  return mlir::RankedTensorType::get(
      example.shape, toMlir(context.builder.getContext(), type));
}

Value Importer::constant(const Tensor &tensor, llvm::StringRef name) {
  auto type = mlir::RankedTensorType::get(
      tensor.shape, toMlir(context.builder.getContext(), tensor.type));
  return nn::createConstant(context.builder, name, type, tensor.data);
}

void Importer::importInputs() {
  mlir::OpBuilder &builder = context.builder;
  for (const auto &[name, tensor] : options.constants)
    values[name] = constant(tensor, name);
  llvm::SmallVector<mlir::Type> types;
  llvm::SmallVector<mlir::DictionaryAttr> attributes;
  for (const onnx::ValueInfoProto &input : graph.input()) {
    noteNarrowType(input.name(), input.type().tensor_type().elem_type());
    // Initializers are inputs as well in old files, with a default value.
    if (initializers.contains(input.name()) || values.contains(input.name()))
      continue;
    mlir::RankedTensorType type = inputType(input);
    mlir::StringAttr name = builder.getStringAttr(input.name());
    values[input.name()] =
        function.getBody().addArgument(type, mlir::NameLoc::get(name));
    types.push_back(type);
    attributes.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr("nn.name", name)));
  }
  function.setType(builder.getFunctionType(types, {}));
  function.setAllArgAttrs(attributes);
}

Value Importer::valueOf(const std::string &name) {
  auto found = values.find(name);
  if (found != values.end())
    return found->second;
  onnx::TensorProto *initializer = initializers.lookup(name);
  if (!initializer) // orderNodes() knows that a node names it as an output
    fail("value " + quotation(name) +
         " is used, but its node does not compute it as it is set");
  noteNarrowType(name, initializer->data_type());
  return values[name] =
             constant(context.tensors.read(*initializer,
                                           "initializer " + quotation(name)),
                      name);
}

void Importer::importOutputs() {
  mlir::OpBuilder &builder = context.builder;
  llvm::SmallVector<Value> results;
  llvm::SmallVector<mlir::Type> types;
  llvm::SmallVector<mlir::DictionaryAttr> attributes;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    results.push_back(valueOf(output.name()));
    types.push_back(results.back().getType());
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr("nn.name", builder.getStringAttr(output.name()))));
  }
  mlir::func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(attributes);
}

void Importer::eraseUnused() {
  for (mlir::Operation &operation :
       llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (mlir::isOpTriviallyDead(&operation))
      operation.erase();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void Importer::reportConstants(int node, llvm::ArrayRef<Value> operands) {
  for (auto [i, operand] : llvm::enumerate(operands))
    if (mlir::ElementsAttr value = operand ? constantOf(operand) : nullptr)
      options.constantOperand({node, static_cast<int>(i),
                               nn::nameOf(operand.getLoc()).str(), value});
}

/// Whether ONNX moves numbers of narrow types by \p operatorType.
static bool movesNarrowNumbers(llvm::StringRef operatorType) {
  static constexpr llvm::StringLiteral names[] = {
      "Flatten", "Identity",  "Pad",      "Reshape",
      "Squeeze", "Transpose", "Unsqueeze"};
  return llvm::is_contained(names, operatorType);
}

/// Whether it reads them otherwise.
static bool readsNarrowNumbers(llvm::StringRef operatorType) {
  static constexpr llvm::StringLiteral names[] = {
      "Cast",           "CastLike", "DequantizeLinear",
      "QuantizeLinear", "Shape",    "Size"};
  return llvm::is_contained(names, operatorType);
}

void Importer::importNode(int index) {
  const onnx::NodeProto &proto = graph.node(index);
  const Operator *known = findOperator(proto.op_type());
  assert(known && "checked by rejectUnsupportedNodes()");
  llvm::SmallVector<Value> operands;
  for (const std::string &input : proto.input())
    operands.push_back(input.empty() ? Value() : valueOf(input));
  Node node(context, proto, operands);
  const bool moves = movesNarrowNumbers(proto.op_type());
  for (size_t i = 0; i < node.operandCount(); ++i)
    if (int32_t type = node.narrowType(i);
        type != 0 && !moves && !readsNarrowNumbers(proto.op_type()))
      node.fail("has operand " + quotation(proto.input(i)) + " of type " +
                typeName(type) +
                ", in which nothing is computed; convert it "
                "(DequantizeLinear, Cast) first");
  Results results = known->rule(node);
  node.checkAllRead();
  if (int32_t type = moves ? node.narrowType(0) : 0)
    node.setNarrowType(type);
  for (size_t i = 0; i < results.size() && i < node.outputCount(); ++i) {
    if (!proto.output(i).empty())
      values[proto.output(i)] = results[i];
  }
  if (options.constantOperand && !llvm::all_of(results, constantOf))
    reportConstants(index, operands);
}

mlir::OwningOpRef<mlir::ModuleOp>
cim::importOnnx(mlir::MLIRContext &context, const std::string &path,
                const ImportOptions &options) {
  context.loadDialect<nn::NNDialect, mlir::func::FuncDialect>();
  ImportOptions bound = options;
  for (;;) {
    try {
      return Importer(context, path, bound).run();
    } catch (const DependsOnInputs &error) {
      bool bindsMore = false; // else the same error would come for ever
      for (const std::string &input : error.inputs) {
        auto example = options.examples.find(input);
        if (example == options.examples.end())
          throw;
        bindsMore |= bound.constants.insert(*example).second;
      }
      if (!bindsMore)
        throw;
    }
  }
}
