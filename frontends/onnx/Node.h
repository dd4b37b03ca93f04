//===- Node.h - An ONNX node while it is imported ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an import rule sees of a node: attributes and operands, checked when
// they are read, and how to build nn operations in its place. Whatever a rule
// does not read is an error, so that nothing in a file is passed over silently.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_NODE_H
#define CIM_FRONTENDS_ONNX_NODE_H

#include "frontends/onnx/TensorData.h"
#include "runtime/tensor/Errors.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <string>

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace cim::importer {

/// What the import rules of one model share.
struct ImportContext {
  mlir::OpBuilder builder; ///< inserts at the end of the function
  std::string path;
  int64_t opset;
  TensorReader tensors;
  /// The errors that MLIR has reported.
  std::string diagnostics;
  /// How many steps (nn::foldingSteps) computing constants may take from here
  /// on: some seconds' worth, and more than the weights of the largest
  /// convolutional networks need. A hostile file must not make the compiler
  /// compute for hours.
  double foldingBudget = 1 << 29;
  /// The element types of narrow tensors (NarrowType.h) by their names, numbers
  /// of TensorProto::DataType: the types in the IR say only what holds them.
  llvm::StringMap<int32_t> narrowTypes{};
};

/// A value that has to be known depends on inputs of the network.
struct DependsOnInputs : InputError {
  DependsOnInputs(const std::string &message, std::vector<std::string> inputs)
      : InputError(message), inputs(std::move(inputs)) {}
  std::vector<std::string> inputs; ///< by name
};

using Integers = llvm::SmallVector<int64_t, 6>;
using Results = llvm::SmallVector<mlir::Value, 1>;

/// The element type in the IR; signed integers are signless there.
mlir::Type toMlir(mlir::MLIRContext *context, ElementType type);

/// The shape of a value (of static shape, as all are).
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
mlir::Type elementTypeOf(mlir::Value value);

class Node {
public:
  /// \p operands: null where the node leaves an optional one out.
  Node(ImportContext &context, const onnx::NodeProto &proto,
       llvm::ArrayRef<mlir::Value> operands);

  /// "Conv".
  llvm::StringRef operatorType() const;
  int64_t opset() const { return context.opset; }
  mlir::Location location() const { return loc; }
  mlir::OpBuilder &builder() const { return context.builder; }
  TensorReader &tensors() const { return context.tensors; }

  /// Throws InputError: file, node, \p what.
  [[noreturn]] void fail(const llvm::Twine &what) const;
  /// Fails for attributes and operands that nobody has read.
  void checkAllRead() const;

  //===--- Attributes
  //------------------------------------------------------===//

  bool has(llvm::StringRef attribute) const;
  int64_t integer(llvm::StringRef attribute,
                  std::optional<int64_t> otherwise = std::nullopt);
  bool flag(llvm::StringRef attribute, bool otherwise) {
    return integer(attribute, otherwise) != 0;
  }
  /// ONNX stores float32; the number is exactly that one.
  double number(llvm::StringRef attribute,
                std::optional<double> otherwise = std::nullopt);
  std::string text(llvm::StringRef attribute, llvm::StringRef otherwise);
  std::optional<Integers> integers(llvm::StringRef attribute);
  std::optional<std::vector<float>> numbers(llvm::StringRef attribute);
  /// One integer from 0 or 1 to 2^31 − 1 for each of \p count dimensions.
  std::optional<Integers> extents(llvm::StringRef attribute, size_t count,
                                  int64_t least);
  /// The element type that an attribute names by its number in ONNX, which has
  /// to be a supported one.
  int32_t dataType(llvm::StringRef attribute);
  mlir::Type elementType(llvm::StringRef attribute) {
    return elementType(dataType(attribute));
  }
  /// The element type in the IR of \p dataType, a supported one.
  mlir::Type elementType(int32_t dataType) const;
  /// A tensor attribute as a constant; null when there is none. If it is
  /// narrow, so is the node's output.
  std::optional<Tensor> tensor(llvm::StringRef attribute);
  /// Attributes that mean nothing here.
  void ignore(std::initializer_list<llvm::StringRef> attributes);

  //===--- Operands
  //--------------------------------------------------------===//

  /// Operands, those left out counted, without those left out at the end.
  size_t operandCount() const { return operands.size(); }
  size_t outputCount() const;
  bool hasOperand(size_t index) const;
  /// Fails when it is left out.
  mlir::Value operand(size_t index);
  mlir::Value operandOrNull(size_t index);
  llvm::SmallVector<mlir::Value> allOperands();
  /// The type of a narrow operand (ImportContext::narrowTypes), otherwise 0.
  int32_t narrowType(size_t index) const;
  /// Says that the elements of the first output are of the narrow type
  /// \p dataType.
  void setNarrowType(int32_t dataType);
  /// The operand, which has to follow from constants and shapes alone because
  /// it decides \p what ("the axes", "the result's shape"), as integers.
  Integers constantIntegers(size_t index, llvm::StringRef what);
  /// The same for one number.
  double constantNumber(size_t index, llvm::StringRef what);
  /// The same for a list of numbers.
  llvm::SmallVector<double> constantNumbers(size_t index, llvm::StringRef what);
  /// Fails unless the operand follows from constants and shapes alone.
  void requireConstant(size_t index, llvm::StringRef what) {
    constantOperand(index, what);
  }
  /// An axis that may count from the end, as one that does not.
  int64_t axis(int64_t axis, int64_t rank) const;
  /// \p axes, normalised and in ascending order; fails when one occurs twice.
  Integers sortedAxes(llvm::ArrayRef<int64_t> axes, int64_t rank) const;

  //===--- Building
  //--------------------------------------------------------===//

  /// Creates the nn operation \p mnemonic at this node and folds it.
  /// \p resultType is for operations that need it (nn::createOperation).
  mlir::Value create(llvm::StringRef mnemonic, mlir::ValueRange operands,
                     llvm::ArrayRef<mlir::NamedAttribute> attributes = {},
                     mlir::Type resultType = {});
  /// An attribute of an nn operation.
  template <typename T>
  mlir::NamedAttribute attribute(llvm::StringRef name, const T &value) const {
    return {builder().getStringAttr(name), toAttribute(value)};
  }
  /// \p value with \p shape, which has as many elements or else fails.
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  /// \p value in another element type.
  mlir::Value cast(mlir::Value value, mlir::Type elementType);
  /// \p value; if it is a constant that was computed from the constant operand
  /// \p index, with the name of that one: they are the same weights.
  mlir::Value named(mlir::Value value, size_t index);
  /// Counts \p bytes of a constant that the rule computes itself; fails when
  /// those of the network take more than they may (nn::FoldingMemory).
  void takeMemory(double bytes);
  /// A constant, named after the first output of the node.
  mlir::Value constant(mlir::ElementsAttr value);
  mlir::Value constant(const Tensor &tensor);
  /// A tensor with the same number everywhere, named after the first output.
  mlir::Value splat(mlir::RankedTensorType type, double value);
  mlir::Value splat(mlir::RankedTensorType type, mlir::TypedAttr value);
  /// A scalar constant of the element type of \p like.
  mlir::Value scalar(double value, mlir::Value like);
  /// The type of a tensor of \p shape, checked.
  mlir::RankedTensorType tensorType(llvm::ArrayRef<int64_t> shape,
                                    mlir::Type elementType) const;
  /// The name of output \p index.
  llvm::StringRef outputName(size_t index) const;

private:
  const onnx::AttributeProto *find(llvm::StringRef attribute);
  std::string message(const llvm::Twine &what) const;
  [[noreturn]] void failForMemory() const;
  /// Fails when the constant operands of \p operation make no sense to it, so
  /// that it will never be computed.
  void failIfSenseless(mlir::Operation *operation) const;
  mlir::ElementsAttr constantOperand(size_t index, llvm::StringRef what);

  mlir::Attribute toAttribute(bool value) const {
    return builder().getBoolAttr(value);
  }
  mlir::Attribute toAttribute(int64_t value) const {
    return builder().getI64IntegerAttr(value);
  }
  mlir::Attribute toAttribute(double value) const {
    return builder().getF64FloatAttr(value);
  }
  mlir::Attribute toAttribute(llvm::StringRef value) const {
    return builder().getStringAttr(value);
  }
  mlir::Attribute toAttribute(const Integers &value) const {
    return builder().getDenseI64ArrayAttr(value);
  }

  ImportContext &context;
  const onnx::NodeProto &proto;
  llvm::SmallVector<mlir::Value> operands;
  mlir::Location loc;
  llvm::SmallBitVector attributesRead, operandsRead;
};

/// The constant that \p value is, or null.
mlir::ElementsAttr constantOf(mlir::Value value);
/// The numbers of a constant of integers or booleans.
Integers integersOf(mlir::ElementsAttr constant);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_NODE_H
