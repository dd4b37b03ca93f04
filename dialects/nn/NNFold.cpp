//===- NNFold.cpp - Folding and canonicalisation --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants are folded by the reference, one function for all operations; what
// stands here per operation is only when it does nothing.
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/Constants.h"
#include "dialects/nn/FoldingMemory.h"
#include "dialects/nn/reference/Reference.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include <stdexcept>

using namespace mlir;
using llvm::ArrayRef;

namespace cim::nn {

//===----------------------------------------------------------------------===//
// Attributes to and from the reference's tensors
//===----------------------------------------------------------------------===//

namespace {

/// The most steps that folding one operation may take: enough for the weights
/// of every real network, too little for a hostile file to exhaust the machine.
constexpr int64_t maximumSteps = int64_t(1) << 28;

/// Calls \p function with a value of the C++ type that stores \p element.
template <typename Function>
void withStorageType(Type element, Function function) {
  if (element.isF32())
    return function(float());
  if (element.isF64())
    return function(double());
  bool isUnsigned = element.isUnsignedInteger();
  switch (element.getIntOrFloatBitWidth()) {
  case 1:
    return function(bool());
  case 8:
    return isUnsigned ? function(uint8_t()) : function(int8_t());
  case 16:
    return isUnsigned ? function(uint16_t()) : function(int16_t());
  case 32:
    return isUnsigned ? function(uint32_t()) : function(int32_t());
  case 64:
    return isUnsigned ? function(uint64_t()) : function(int64_t());
  }
  llvm_unreachable("not an element type of the nn dialect");
}

reference::Tensor emptyTensor(RankedTensorType type) {
  Type element = type.getElementType();
  reference::Tensor tensor;
  tensor.kind = isa<FloatType>(element)       ? reference::Kind::floating
                : element.isInteger(1)        ? reference::Kind::boolean
                : element.isUnsignedInteger() ? reference::Kind::unsignedInteger
                                              : reference::Kind::integer;
  tensor.shape = type.getShape();
  return tensor;
}

std::optional<reference::Tensor> toReference(ElementsAttr value) {
  std::shared_ptr<const std::byte> bytes = bytesOf(value);
  if (!bytes)
    return std::nullopt;
  auto type = cast<RankedTensorType>(value.getShapedType());
  reference::Tensor tensor = emptyTensor(type);
  int64_t count = type.getNumElements();
  withStorageType(type.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    auto fill = [&](auto &elements) {
      elements.resize(count);
      // Bytes of a mapped file need not be aligned.
      for (int64_t i = 0; i < count; ++i) {
        T element;
        std::memcpy(&element, bytes.get() + i * sizeof(T), sizeof(T));
        elements[i] = element;
      }
    };
    if constexpr (std::is_floating_point_v<T>)
      fill(tensor.numbers);
    else
      fill(tensor.integers);
  });
  return tensor;
}

ElementsAttr fromReference(const reference::Tensor &tensor,
                           RankedTensorType type, llvm::StringRef name) {
  ElementsAttr value;
  withStorageType(type.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    auto convert = [&](const auto &elements) {
      assert(int64_t(elements.size()) == type.getNumElements());
      size_t count = elements.size();
      std::shared_ptr<T[]> bytes(new T[std::max<size_t>(count, 1)]);
      for (size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<T>(elements[i]);
      // What a network fills with one number (a ConstantOfShape) stays one.
      if (int64_t(count) > maximumInlineElements &&
          std::memcmp(bytes.get(), bytes.get() + 1, (count - 1) * sizeof(T)) ==
              0) {
        value = DenseElementsAttr::get(type, ArrayRef<T>(bytes.get(), 1));
        return;
      }
      value = makeElements(
          type, name,
          {bytes, reinterpret_cast<const std::byte *>(bytes.get())});
    };
    if constexpr (std::is_floating_point_v<T>)
      convert(tensor.numbers);
    else
      convert(tensor.integers);
  });
  return value;
}

reference::Attributes attributesOf(Operation *operation) {
  reference::Attributes attributes;
  for (NamedAttribute named : operation->getAttrs()) {
    Attribute value = named.getValue();
    reference::Attribute &to = attributes[named.getName().str()];
    if (auto flag = dyn_cast<BoolAttr>(value))
      to = int64_t(flag.getValue());
    else if (auto integer = dyn_cast<IntegerAttr>(value))
      to = integer.getInt();
    else if (auto number = dyn_cast<FloatAttr>(value))
      to = number.getValueAsDouble();
    else if (auto text = dyn_cast<StringAttr>(value))
      to = text.str();
    else if (auto integers = dyn_cast<DenseI64ArrayAttr>(value))
      to = std::vector<int64_t>(integers.asArrayRef());
    else if (auto numbers = dyn_cast<DenseF64ArrayAttr>(value))
      to = std::vector<double>(numbers.asArrayRef());
    else
      attributes.erase(named.getName().str()); // discardable: means nothing
  }
  return attributes;
}

/// How many elements of its operands each element of the result takes.
double stepsPerElement(Operation *operation) {
  auto operandShape = [&](unsigned i) {
    return cast<RankedTensorType>(operation->getOperand(i).getType())
        .getShape();
  };
  auto product = [](ArrayRef<int64_t> extents) {
    double result = 1;
    for (int64_t extent : extents)
      result *= extent;
    return result;
  };
  if (isa<ConvOp>(operation))
    return product(operandShape(1).drop_front());
  if (auto gemm = dyn_cast<GemmOp>(operation))
    return operandShape(0)[!gemm.getTransposeA()];
  if (isa<MatmulOp>(operation))
    return operandShape(0).back();
  if (auto pool = dyn_cast<MaxPoolOp>(operation))
    return product(pool.getKernel());
  if (auto pool = dyn_cast<MaxPoolIndicesOp>(operation))
    return product(pool.getKernel());
  if (auto pool = dyn_cast<SumPoolOp>(operation))
    return product(pool.getKernel());
  if (auto resample = dyn_cast<ResampleOp>(operation))
    return operandShape(1)[1];
  if (auto pool = dyn_cast<AveragePoolOp>(operation))
    return product(pool.getKernel());
  if (auto lrn = dyn_cast<LrnOp>(operation))
    return lrn.getSize();
  return 1;
}

/// Weights that an exporter transposes or converts are still the weights: the
/// location, which names them, becomes that of the operand.
void keepName(Operation *operation) {
  if (Operation *constant = operation->getOperand(0).getDefiningOp())
    operation->setLoc(constant->getLoc());
}

/// Bytes of a value of \p type when it is stored, and in the reference.
double storedBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  const unsigned bits = tensor.getElementType().getIntOrFloatBitWidth();
  return double(tensor.getNumElements()) * ((bits + 7) / 8);
}
double referenceBytes(Type type) {
  return double(cast<RankedTensorType>(type).getNumElements()) * sizeof(double);
}

bool isWorthFolding(Operation *operation) {
  return foldingSteps(operation) <= maximumSteps &&
         FoldingMemory::of(operation->getContext()).suffices(operation);
}

} // namespace

FoldingMemory &FoldingMemory::of(MLIRContext *context) {
  return *context->getLoadedDialect<NNDialect>()
              ->getRegisteredInterface<FoldingMemory>();
}

bool FoldingMemory::suffices(Operation *operation) const {
  double bytes = held;
  auto add = [&](Type type) {
    bytes += storedBytes(type) + referenceBytes(type);
  };
  add(operation->getResult(0).getType());
  for (Type type : operation->getOperandTypes())
    add(type);
  return bytes <= limit;
}

double foldingSteps(Operation *operation) {
  auto count = [](Type type) {
    return double(cast<RankedTensorType>(type).getNumElements());
  };
  double results = count(operation->getResult(0).getType());
  double steps = results * stepsPerElement(operation);
  for (Value operand : operation->getOperands())
    steps += count(operand.getType());
  return steps;
}

OpFoldResult foldByReference(Operation *operation, ArrayRef<Attribute> operands,
                             std::string *whyNot) {
  if (llvm::is_contained(operands, Attribute()) || !isWorthFolding(operation))
    return {};
  std::vector<reference::Tensor> values;
  for (Attribute operand : operands) {
    std::optional<reference::Tensor> value;
    if (auto elements = dyn_cast<ElementsAttr>(operand))
      value = toReference(elements);
    if (!value)
      return {};
    values.push_back(std::move(*value));
  }
  std::vector<const reference::Tensor *> pointers;
  for (const reference::Tensor &value : values)
    pointers.push_back(&value);

  auto type = cast<RankedTensorType>(operation->getResult(0).getType());
  reference::Tensor result = emptyTensor(type);
  try {
    [[maybe_unused]] bool known = reference::evaluate(
        operation->getName().stripDialect(), attributesOf(operation), pointers,
        std::span(&result, 1));
    assert(known && "an nn operation without a reference");
  } catch (const std::domain_error &error) {
    if (whyNot)
      *whyNot = error.what();
    return {};
  }

  if (isa<CastOp, TransposeOp>(operation))
    keepName(operation);
  llvm::StringRef name = nameOf(operation->getLoc());
  if (auto resource =
          dyn_cast_or_null<DenseResourceElementsAttr>(operands.front());
      name.empty() && resource)
    name = resource.getRawHandle().getKey();
  ElementsAttr value = fromReference(result, type, name);
  if (!value.isSplat())
    FoldingMemory::of(operation->getContext()).hold(storedBytes(type));
  return value;
}

//===----------------------------------------------------------------------===//
// Operations that do nothing
//===----------------------------------------------------------------------===//

static bool isZero(int64_t value) { return value == 0; }
static bool isOne(int64_t value) { return value == 1; }

/// \p x where the operation keeps it as it is.
static OpFoldResult foldIdentity(Value x, Value result, bool doesNothing) {
  return doesNothing && x.getType() == result.getType() ? OpFoldResult(x)
                                                        : OpFoldResult();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult ReluOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), getX().getDefiningOp<ReluOp>());
}

OpFoldResult ClipOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(),
                      getLowest().isInfinity() && getLowest().isNegative() &&
                          getHighest().isInfinity() &&
                          !getHighest().isNegative());
}

LogicalResult ClipOp::canonicalize(ClipOp op, PatternRewriter &rewriter) {
  bool unbounded =
      op.getHighest().isInfinity() && !op.getHighest().isNegative();
  if (!op.getLowest().isZero() || !unbounded)
    return failure();
  rewriter.replaceOpWithNewOp<ReluOp>(op, op.getX());
  return success();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), true);
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), true);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  // The same bytes under another type.
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX())) {
    keepName(*this);
    return dense.reshape(getType());
  }
  if (auto resource =
          dyn_cast_or_null<DenseResourceElementsAttr>(adaptor.getX())) {
    keepName(*this);
    return DenseResourceElementsAttr::get(getType(), resource.getRawHandle());
  }
  return {};
}

LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ReshapeOp>();
  if (!inner)
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getX());
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), llvm::is_sorted(getPermutation()));
}

LogicalResult TransposeOp::canonicalize(TransposeOp op,
                                        PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  llvm::SmallVector<int64_t> permutation;
  for (int64_t dimension : op.getPermutation())
    permutation.push_back(inner.getPermutation()[dimension]);
  rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getX(), permutation);
  return success();
}

/// A part of a part; exporters slice one dimension after the other.
LogicalResult SliceOp::canonicalize(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<SliceOp>();
  if (!inner)
    return failure();
  llvm::SmallVector<int64_t> starts, steps;
  for (auto [start, size, step, innerStart, innerStep] :
       llvm::zip_equal(op.getStarts(), op.getSizes(), op.getSteps(),
                       inner.getStarts(), inner.getSteps())) {
    starts.push_back(innerStart + start * innerStep);
    // The step to no further element may be any number, and overflow.
    steps.push_back(size > 1 ? step * innerStep : 1);
  }
  rewriter.replaceOpWithNewOp<SliceOp>(op, inner.getX(), starts, op.getSizes(),
                                       steps);
  return success();
}

/// Exporters write a mean over the spatial dimensions either way; only pooling
/// has a kernel and a channels-last result.
LogicalResult ReduceOp::canonicalize(ReduceOp op, PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  const int64_t spatial = type.getRank() - 2;
  if (op.getKind() != "mean" || spatial < 1 ||
      !isa<FloatType>(type.getElementType()) ||
      !llvm::equal(op.getAxes(), llvm::seq<int64_t>(2, type.getRank())))
    return failure();
  Value pooled = GlobalAveragePoolOp::create(rewriter, op.getLoc(), op.getX());
  if (!op.getKeepDimensions())
    pooled = ReshapeOp::create(rewriter, op.getLoc(), op.getType(), pooled);
  rewriter.replaceOp(op, pooled);
  return success();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return foldIdentity(getX().front(), getResult(), getX().size() == 1);
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), llvm::all_of(getSteps(), isOne));
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  return foldIdentity(getX(), getResult(), llvm::all_of(getPads(), isZero));
}

} // namespace cim::nn
