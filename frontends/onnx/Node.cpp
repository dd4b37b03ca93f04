//===- Node.cpp - An ONNX node while it is imported -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Node.h"

#include "dialects/nn/Constants.h"
#include "dialects/nn/FoldingMemory.h"
#include "dialects/nn/NN.h"
#include "frontends/onnx/NarrowType.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"
#include "runtime/tensor/Errors.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

#include <algorithm>
#include <cstring>

using namespace cim;
using namespace cim::importer;
using mlir::Value;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

mlir::Type importer::toMlir(mlir::MLIRContext *context, ElementType type) {
  using mlir::IntegerType;
  switch (type) {
  case plan::F32:
    return mlir::Float32Type::get(context);
  case plan::F64:
    return mlir::Float64Type::get(context);
  case plan::BOOL:
    return IntegerType::get(context, 1);
  case plan::U8:
  case plan::U16:
  case plan::U32:
  case plan::U64:
    return IntegerType::get(context, 8 * byteWidth(type),
                            IntegerType::Unsigned);
  default:
    return IntegerType::get(context, 8 * byteWidth(type));
  }
}

llvm::ArrayRef<int64_t> importer::shapeOf(Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

mlir::Type importer::elementTypeOf(Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

mlir::ElementsAttr importer::constantOf(Value value) {
  mlir::ElementsAttr constant;
  mlir::matchPattern(value, mlir::m_Constant(&constant));
  return constant;
}

/// Calls \p function for each element of \p constant, as a \p T.
template <typename T, typename Function>
static void forEachElement(mlir::ElementsAttr constant, Function function) {
  std::shared_ptr<const std::byte> bytes = nn::bytesOf(constant);
  for (int64_t i = 0; i < constant.getNumElements(); ++i) {
    T element; // bytes of a mapped file need not be aligned
    std::memcpy(&element, bytes.get() + i * sizeof(T), sizeof(T));
    function(element);
  }
}

Integers importer::integersOf(mlir::ElementsAttr constant) {
  Integers result;
  auto append = [&](auto element) { result.push_back(element); };
  mlir::Type type = constant.getElementType();
  bool isUnsigned = type.isUnsignedInteger();
  switch (type.getIntOrFloatBitWidth()) {
  case 64:
    forEachElement<int64_t>(constant, append);
    break;
  case 32:
    isUnsigned ? forEachElement<uint32_t>(constant, append)
               : forEachElement<int32_t>(constant, append);
    break;
  case 16:
    isUnsigned ? forEachElement<uint16_t>(constant, append)
               : forEachElement<int16_t>(constant, append);
    break;
  default:
    isUnsigned || type.isInteger(1) ? forEachElement<uint8_t>(constant, append)
                                    : forEachElement<int8_t>(constant, append);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

Node::Node(ImportContext &context, const onnx::NodeProto &proto,
           llvm::ArrayRef<Value> operands)
    : context(context), proto(proto), operands(operands),
      loc(mlir::NameLoc::get(context.builder.getStringAttr(nameOf(proto)))),
      attributesRead(proto.attribute_size()), operandsRead(operands.size()) {
  while (!this->operands.empty() && !this->operands.back())
    this->operands.pop_back();
  operandsRead.resize(this->operands.size());
}

llvm::StringRef Node::operatorType() const { return proto.op_type(); }

std::string Node::message(const llvm::Twine &what) const {
  return context.path + ": " + described(proto) + ": " + printable(what.str());
}

void Node::fail(const llvm::Twine &what) const {
  throw InputError(message(what));
}

static nn::FoldingMemory &foldingMemory(mlir::OpBuilder &builder) {
  return nn::FoldingMemory::of(builder.getContext());
}

void Node::failForMemory() const {
  fail("computes a constant, and those of the network take more than " +
       llvm::Twine(int64_t(foldingMemory(builder()).limit / 1e6)) +
       " MB of memory; export the network with them computed, or allow more "
       "with --fold-memory");
}

void Node::checkAllRead() const {
  for (int i = 0; i < proto.attribute_size(); ++i)
    if (!attributesRead[i])
      fail("has the attribute " + quotation(proto.attribute(i).name()) +
           ", which is not supported in opset " + llvm::Twine(opset()));
  for (size_t i = 0; i < operands.size(); ++i)
    if (operands[i] && !operandsRead[i])
      fail("has " + llvm::Twine(operands.size()) +
           " operands, more than are supported in opset " +
           llvm::Twine(opset()));
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const onnx::AttributeProto *Node::find(llvm::StringRef attribute) {
  for (int i = 0; i < proto.attribute_size(); ++i)
    if (proto.attribute(i).name() == attribute) {
      attributesRead.set(i);
      return &proto.attribute(i);
    }
  return nullptr;
}

bool Node::has(llvm::StringRef attribute) const {
  return llvm::any_of(proto.attribute(), [&](const auto &candidate) {
    return candidate.name() == attribute;
  });
}

int64_t Node::integer(llvm::StringRef attribute,
                      std::optional<int64_t> otherwise) {
  const onnx::AttributeProto *found = find(attribute);
  if (found && (found->has_i() || found->type() == onnx::AttributeProto::INT))
    return found->i();
  if (found)
    fail("expects an integer in attribute '" + attribute + "'");
  if (!otherwise)
    fail("lacks the attribute '" + attribute + "'");
  return *otherwise;
}

double Node::number(llvm::StringRef attribute,
                    std::optional<double> otherwise) {
  const onnx::AttributeProto *found = find(attribute);
  if (found && (found->has_f() || found->type() == onnx::AttributeProto::FLOAT))
    return found->f();
  if (found)
    fail("expects a number in attribute '" + attribute + "'");
  if (!otherwise)
    fail("lacks the attribute '" + attribute + "'");
  return *otherwise;
}

std::string Node::text(llvm::StringRef attribute, llvm::StringRef otherwise) {
  const onnx::AttributeProto *found = find(attribute);
  if (!found)
    return otherwise.str();
  if (!found->has_s())
    fail("expects a text in attribute '" + attribute + "'");
  return found->s();
}

std::optional<Integers> Node::integers(llvm::StringRef attribute) {
  const onnx::AttributeProto *found = find(attribute);
  if (!found)
    return std::nullopt;
  if (found->ints_size() == 0 && found->type() != onnx::AttributeProto::INTS)
    fail("expects integers in attribute '" + attribute + "'");
  return Integers(found->ints().begin(), found->ints().end());
}

std::optional<std::vector<float>> Node::numbers(llvm::StringRef attribute) {
  const onnx::AttributeProto *found = find(attribute);
  if (!found)
    return std::nullopt;
  if (found->floats_size() == 0 &&
      found->type() != onnx::AttributeProto::FLOATS)
    fail("expects numbers in attribute '" + attribute + "'");
  return std::vector<float>(found->floats().begin(), found->floats().end());
}

std::optional<Integers> Node::extents(llvm::StringRef attribute, size_t count,
                                      int64_t least) {
  // Small enough that what rules compute from two of them stays exact.
  constexpr int64_t most = (int64_t(1) << 31) - 1;
  std::optional<Integers> values = integers(attribute);
  if (!values)
    return std::nullopt;
  if (values->size() != count)
    fail("expects " + llvm::Twine(count) + " numbers in attribute '" +
         attribute + "', has " + listed(*values));
  for (int64_t value : *values)
    if (value < least || value > most)
      fail("expects numbers from " + llvm::Twine(least) +
           " to 2^31 - 1 in attribute '" + attribute + "', has " +
           listed(*values));
  return values;
}

int32_t Node::dataType(llvm::StringRef attribute) {
  int64_t number = integer(attribute);
  if (number != static_cast<int32_t>(number) ||
      !importer::elementTypeOf(static_cast<int32_t>(number)))
    fail("converts to " + typeName(number) + ", which is not supported");
  return static_cast<int32_t>(number);
}

mlir::Type Node::elementType(int32_t dataType) const {
  return toMlir(builder().getContext(), *importer::elementTypeOf(dataType));
}

std::optional<Tensor> Node::tensor(llvm::StringRef attribute) {
  const onnx::AttributeProto *found = find(attribute);
  if (!found)
    return std::nullopt;
  if (!found->has_t())
    fail("expects a tensor in attribute '" + attribute + "'");
  // The model is ours and every node is imported once, so that the bytes may be
  // moved out of it.
  auto &stored = const_cast<onnx::TensorProto &>(found->t());
  if (importer::narrowType(stored.data_type()))
    setNarrowType(stored.data_type());
  return context.tensors.read(stored, described(proto) + ": attribute '" +
                                          attribute.str() + "'");
}

void Node::ignore(std::initializer_list<llvm::StringRef> attributes) {
  for (llvm::StringRef attribute : attributes)
    find(attribute);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

size_t Node::outputCount() const { return proto.output_size(); }

bool Node::hasOperand(size_t index) const {
  return index < operands.size() && operands[index];
}

Value Node::operandOrNull(size_t index) {
  if (!hasOperand(index))
    return {};
  operandsRead.set(index);
  return operands[index];
}

Value Node::operand(size_t index) {
  Value value = operandOrNull(index);
  if (!value)
    fail("lacks operand " + llvm::Twine(index));
  return value;
}

llvm::SmallVector<Value> Node::allOperands() {
  llvm::SmallVector<Value> values;
  for (size_t index = 0; index < operands.size(); ++index)
    values.push_back(operand(index));
  return values;
}

int32_t Node::narrowType(size_t index) const {
  return hasOperand(index) ? context.narrowTypes.lookup(proto.input(index)) : 0;
}

void Node::setNarrowType(int32_t dataType) {
  if (proto.output_size() > 0)
    context.narrowTypes[proto.output(0)] = dataType;
}

/// The names of the network's inputs that \p value is computed from.
static std::vector<std::string> inputsBehind(Value value) {
  llvm::SetVector<Value> values;
  values.insert(value);
  std::vector<std::string> inputs;
  for (size_t i = 0; i < values.size(); ++i) {
    if (mlir::Operation *operation = values[i].getDefiningOp())
      values.insert(operation->operand_begin(), operation->operand_end());
    else
      inputs.push_back(nn::nameOf(values[i].getLoc()).str());
  }
  return inputs;
}

mlir::ElementsAttr Node::constantOperand(size_t index, llvm::StringRef what) {
  Value value = operand(index);
  if (mlir::ElementsAttr constant = constantOf(value))
    return constant;
  const std::string decides =
      "operand " + quotation(proto.input(index)) + " decides " + what.str();
  std::vector<std::string> inputs = inputsBehind(value);
  if (inputs.empty()) // an operation of more steps than are folded
    fail(decides + ", but takes too long to compute; export the network with "
                   "it computed");
  throw DependsOnInputs(
      message(decides + ", so it has to be a constant, but it depends on the "
                        "network's input"),
      std::move(inputs));
}

Integers Node::constantIntegers(size_t index, llvm::StringRef what) {
  mlir::ElementsAttr constant = constantOperand(index, what);
  if (!llvm::isa<mlir::IntegerType>(constant.getElementType()) ||
      constant.getShapedType().getRank() > 1)
    fail("expects a list of integers in operand " +
         quotation(proto.input(index)) + ", which decides " + what);
  constexpr int64_t most = 1 << 16;
  if (constant.getNumElements() > most)
    fail("operand " + quotation(proto.input(index)) + " decides " + what +
         " with " + llvm::Twine(constant.getNumElements()) +
         " numbers, which is not plausible");
  return integersOf(constant);
}

double Node::constantNumber(size_t index, llvm::StringRef what) {
  llvm::SmallVector<double> numbers = constantNumbers(index, what);
  if (numbers.size() != 1)
    fail("expects one number in operand " + quotation(proto.input(index)) +
         ", which decides " + what);
  return numbers.front();
}

llvm::SmallVector<double> Node::constantNumbers(size_t index,
                                                llvm::StringRef what) {
  mlir::ElementsAttr constant = constantOperand(index, what);
  llvm::SmallVector<double> result;
  auto append = [&](auto number) { result.push_back(number); };
  if (constant.getElementType().isF32())
    forEachElement<float>(constant, append);
  else if (constant.getElementType().isF64())
    forEachElement<double>(constant, append);
  else if (constant.getElementType().isUnsignedInteger(64))
    forEachElement<uint64_t>(constant, append);
  else
    llvm::append_range(result, integersOf(constant));
  return result;
}

int64_t Node::axis(int64_t axis, int64_t rank) const {
  if (axis < -rank || axis >= rank)
    fail("has the axis " + llvm::Twine(axis) + " where its operand has " +
         llvm::Twine(rank) + " dimensions");
  return axis < 0 ? axis + rank : axis;
}

Integers Node::sortedAxes(llvm::ArrayRef<int64_t> axes, int64_t rank) const {
  Integers sorted;
  for (int64_t given : axes)
    sorted.push_back(axis(given, rank));
  llvm::sort(sorted);
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    fail("names an axis twice: " + listed(axes));
  return sorted;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

void Node::failIfSenseless(mlir::Operation *operation) const {
  llvm::SmallVector<mlir::Attribute> operands(
      llvm::map_range(operation->getOperands(), constantOf));
  std::string whyNot;
  nn::foldByReference(operation, operands, &whyNot);
  if (!whyNot.empty())
    fail("cannot be computed: " + whyNot + "; correct the model");
}

Value Node::create(llvm::StringRef mnemonic, mlir::ValueRange operands,
                   llvm::ArrayRef<mlir::NamedAttribute> attributes,
                   mlir::Type resultType) {
  mlir::FailureOr<Value> created = nn::createOperation(
      builder(), loc, mnemonic, operands, attributes, resultType);
  if (mlir::failed(created)) {
    // The user knows ONNX's node, not the operation that it becomes.
    llvm::StringRef message = context.diagnostics;
    message.consume_front(("'nn." + mnemonic + "' op ").str());
    fail(message);
  }
  mlir::Operation *operation = created->getDefiningOp();
  const bool isConstant = llvm::all_of(operands, constantOf);
  if (isConstant) {
    double steps = nn::foldingSteps(operation);
    if (steps > context.foldingBudget)
      fail("computes a constant, and those of the network take too long to "
           "compute; export the network with them computed");
    context.foldingBudget -= steps;
    if (!foldingMemory(builder()).suffices(operation))
      failForMemory();
  }
  llvm::SmallVector<mlir::OpFoldResult, 1> folded;
  if (mlir::failed(operation->fold(folded)) || folded.empty()) {
    if (isConstant)
      failIfSenseless(operation);
    return *created;
  }
  Value value = llvm::dyn_cast_if_present<Value>(folded.front());
  if (!value) // folding may have given it the location of a named constant
    value = nn::ConstantOp::create(
        builder(), operation->getLoc(),
        llvm::cast<mlir::ElementsAttr>(
            llvm::cast<mlir::Attribute>(folded.front())));
  operation->erase();
  return value;
}

mlir::RankedTensorType Node::tensorType(llvm::ArrayRef<int64_t> shape,
                                        mlir::Type elementType) const {
  try {
    checkShape({shape.data(), shape.size()});
  } catch (const std::length_error &error) {
    fail(llvm::Twine("has a result of ") + error.what());
  }
  return mlir::RankedTensorType::get(shape, elementType);
}

Value Node::reshape(Value value, llvm::ArrayRef<int64_t> shape) {
  if (shapeOf(value) == shape)
    return value;
  mlir::RankedTensorType type = tensorType(shape, elementTypeOf(value));
  auto from = llvm::cast<mlir::RankedTensorType>(value.getType());
  if (type.getNumElements() != from.getNumElements())
    fail("cannot reshape " + listed(from.getShape()) + " to " + listed(shape) +
         ", which has another number of elements");
  return create("reshape", value, {}, type);
}

Value Node::cast(Value value, mlir::Type elementType) {
  if (elementTypeOf(value) == elementType)
    return value;
  return create("cast", value, {}, tensorType(shapeOf(value), elementType));
}

Value Node::named(Value value, size_t index) {
  mlir::Operation *constant = value.getDefiningOp<nn::ConstantOp>();
  mlir::Operation *source = operand(index).getDefiningOp<nn::ConstantOp>();
  if (constant && source && constant != source)
    constant->setLoc(source->getLoc());
  return value;
}

void Node::takeMemory(double bytes) {
  if (!foldingMemory(builder()).take(bytes))
    failForMemory();
}

Value Node::constant(mlir::ElementsAttr value) {
  auto name = mlir::NameLoc::get(builder().getStringAttr(outputName(0)));
  return nn::ConstantOp::create(builder(), name, value);
}

Value Node::constant(const Tensor &tensor) {
  auto type = mlir::RankedTensorType::get(
      tensor.shape, toMlir(builder().getContext(), tensor.type));
  return constant(nn::makeElements(type, outputName(0), tensor.data));
}

Value Node::splat(mlir::RankedTensorType type, double value) {
  mlir::Type element = type.getElementType();
  if (llvm::isa<mlir::FloatType>(element))
    return splat(type, builder().getFloatAttr(element, value));
  return splat(type,
               builder().getIntegerAttr(element, static_cast<int64_t>(value)));
}

Value Node::splat(mlir::RankedTensorType type, mlir::TypedAttr value) {
  return constant(mlir::DenseElementsAttr::get(
      type, llvm::ArrayRef<mlir::Attribute>(value)));
}

Value Node::scalar(double value, Value like) {
  return splat(mlir::RankedTensorType::get({}, elementTypeOf(like)), value);
}

llvm::StringRef Node::outputName(size_t index) const {
  return index < static_cast<size_t>(proto.output_size())
             ? llvm::StringRef(proto.output(index))
             : llvm::StringRef();
}
