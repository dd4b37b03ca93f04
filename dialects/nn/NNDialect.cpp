//===- NNDialect.cpp - The nn dialect -------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/FoldingMemory.h"
#include "dialects/nn/NN.h"

using namespace mlir;

namespace cim::nn {

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/nn/NNOps.cpp.inc"
      >();
  addInterfaces<FoldingMemory>();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, elements);
}

FailureOr<Value> createOperation(OpBuilder &builder, Location location,
                                 llvm::StringRef mnemonic, ValueRange operands,
                                 llvm::ArrayRef<NamedAttribute> attributes,
                                 Type resultType) {
  MLIRContext *context = builder.getContext();
  OperationName name(("nn." + mnemonic).str(), context);
  std::optional<RegisteredOperationName> info = name.getRegisteredInfo();
  assert(info && "no nn operation of this name, or the dialect is not loaded");
  for (auto [index, operand] : llvm::enumerate(operands)) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !type.hasStaticShape() || !elementCount(type.getShape()))
      return emitError(location)
             << "'nn." << mnemonic << "' op operand #" << index << " has type "
             << operand.getType()
             << ", not a tensor of at most 2^40 elements and known shape";
  }

  // Created apart from the IR, so that type inference and verifiers see the
  // operation as it will be and it can be discarded.
  OperationState state(location, name, operands, {}, attributes);
  bool infers = !resultType;
  if (infers) // any type until the right one is known
    resultType = operands.front().getType();
  state.addTypes(resultType);
  Operation *operation = Operation::create(state);
  LogicalResult valid = success();
  if (infers) {
    auto *inference = info->getInterface<InferTypeOpInterface>();
    assert(inference && "this operation needs a result type");
    llvm::SmallVector<Type, 1> types;
    valid = inference->inferReturnTypes(
        context, location, operands, operation->getRawDictionaryAttrs(),
        operation->getPropertiesStorage(), {}, types);
    if (succeeded(valid))
      operation->getResult(0).setType(types.front());
  }
  // The rest is the verifier's: operand types, and attributes that the result
  // does not depend on.
  if (failed(valid) || failed(info->verifyInvariants(operation))) {
    operation->destroy();
    return failure();
  }
  builder.insert(operation);
  return operation->getResult(0);
}

} // namespace cim::nn

#include "dialects/nn/NNDialect.cpp.inc"
#include "dialects/nn/NNInterfaces.cpp.inc"
