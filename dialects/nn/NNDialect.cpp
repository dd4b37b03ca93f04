//===- NNDialect.cpp - The nn dialect -------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/NN.h"

using namespace mlir;

namespace cim::nn {

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/nn/NNOps.cpp.inc"
      >();
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
             << "'nn." << mnemonic << "' op operand #" << index
             << " has type " << operand.getType()
             << ", not a tensor of at most 2^40 elements and known shape";
  }

  // Attributes become properties, completed by their default values, so that
  // type inference sees what the operation will have.
  NamedAttrList list(attributes);
  info->populateDefaultAttrs(list);
  DictionaryAttr dictionary = list.getDictionary(context);
  auto diagnose = [&] { return emitError(location); };
  OperationState state(location, *info, operands, {}, list.getAttrs());
  if (resultType) {
    state.addTypes(resultType);
  } else {
    auto *inference = info->getInterface<InferTypeOpInterface>();
    assert(inference && "this operation needs a result type");
    std::unique_ptr<char[]> storage(new char[info->getOpPropertyByteSize()]());
    OpaqueProperties properties(storage.get());
    info->initOpProperties(properties, {});
    LogicalResult valid =
        info->setOpPropertiesFromAttribute(*info, properties, dictionary,
                                           diagnose);
    llvm::SmallVector<Type, 1> types;
    if (succeeded(valid))
      valid = inference->inferReturnTypes(context, location, operands,
                                          dictionary, properties, {}, types);
    info->deleteOpProperties(properties);
    if (failed(valid))
      return failure();
    state.addTypes(types);
  }
  // What type inference leaves to the verifier (operand types, attributes of
  // operations that keep their type) must be right from the start as well.
  Operation *operation = Operation::create(state);
  if (failed(info->verifyInvariants(operation))) {
    operation->destroy();
    return failure();
  }
  builder.insert(operation);
  return operation->getResult(0);
}

} // namespace cim::nn

#include "dialects/nn/NNDialect.cpp.inc"
#include "dialects/nn/NNInterfaces.cpp.inc"
