//===- NNAssembly.cpp - The text of nn operations -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/Assembly.h"
#include "dialects/nn/NN.h"

using namespace mlir;

namespace cim::nn {

//===----------------------------------------------------------------------===//
// Custom directives
//===----------------------------------------------------------------------===//

/// One type when all three are equal, a function type otherwise.
static ParseResult parseBroadcastTypes(OpAsmParser &parser, Type &a, Type &b,
                                       Type &result) {
  SMLoc location = parser.getCurrentLocation();
  Type type;
  if (parser.parseType(type))
    return failure();
  auto function = dyn_cast<FunctionType>(type);
  if (!function) {
    a = b = result = type;
    return success();
  }
  if (function.getNumInputs() != 2 || function.getNumResults() != 1)
    return parser.emitError(location, "expects two operands and one result");
  a = function.getInput(0);
  b = function.getInput(1);
  result = function.getResult(0);
  return success();
}

static void printBroadcastTypes(OpAsmPrinter &printer, Operation *, Type a,
                                Type b, Type result) {
  if (a == b && b == result)
    printer << a;
  else
    printer << FunctionType::get(a.getContext(), {a, b}, result);
}

/// A text attribute as a bare word.
static ParseResult parseKeyword(OpAsmParser &parser, StringAttr &value) {
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  value = parser.getBuilder().getStringAttr(keyword);
  return success();
}

static void printKeyword(OpAsmPrinter &printer, Operation *, StringAttr value) {
  printer << value.getValue();
}

/// `mode reflect`; nothing for the constant mode.
static ParseResult parsePadMode(OpAsmParser &parser, StringAttr &mode) {
  mode = parser.getBuilder().getStringAttr("constant");
  return succeeded(parser.parseOptionalKeyword("mode"))
             ? parseKeyword(parser, mode)
             : ParseResult::success();
}

static void printPadMode(OpAsmPrinter &printer, Operation *, StringAttr mode) {
  if (mode.getValue() != "constant")
    printer << "mode " << mode.getValue();
}

/// `steps [...]`; nothing when all are 1.
static ParseResult parseSteps(OpAsmParser &parser, DenseI64ArrayAttr &steps,
                              DenseI64ArrayAttr starts) {
  if (failed(parser.parseOptionalKeyword("steps"))) {
    steps = parser.getBuilder().getDenseI64ArrayAttr(
        SmallVector<int64_t>(starts.size(), 1));
    return success();
  }
  steps = dyn_cast_or_null<DenseI64ArrayAttr>(
      DenseI64ArrayAttr::parse(parser, Type()));
  return success(steps != nullptr);
}

static void printSteps(OpAsmPrinter &printer, Operation *,
                       DenseI64ArrayAttr steps, DenseI64ArrayAttr) {
  if (llvm::all_of(steps.asArrayRef(), [](int64_t step) { return step == 1; }))
    return;
  printer << "steps ";
  steps.print(printer);
}

ParseResult parseTypedElements(OpAsmParser &parser, ElementsAttr &value,
                               Type &type) {
  if (parser.parseAttribute(value))
    return failure();
  type = value.getType();
  return success();
}

void printTypedElements(OpAsmPrinter &printer, Operation *, ElementsAttr value,
                        Type) {
  printer.printAttribute(value);
}

//===----------------------------------------------------------------------===//
// Operations with a window
//===----------------------------------------------------------------------===//
//
// Their defaults depend on the number of spatial dimensions, which is known
// when the type is, at the end of the text.

ParseResult parseWindowedEnd(OpAsmParser &parser, OperationState &state,
                             ArrayRef<OpAsmParser::UnresolvedOperand> operands,
                             SMLoc location) {
  Builder &builder = parser.getBuilder();
  FunctionType type;
  if (parser.parseOptionalAttrDict(state.attributes) ||
      parser.parseColonType(type) ||
      parser.resolveOperands(operands, type.getInputs(), location,
                             state.operands) ||
      parser.addTypesToList(type.getResults(), state.types))
    return failure();
  auto x = type.getNumInputs() ? dyn_cast<RankedTensorType>(type.getInput(0))
                               : RankedTensorType();
  if (!x)
    return parser.emitError(location, "expects a ranked tensor to work on");
  int64_t rank = std::max<int64_t>(x.getRank() - 2, 0);
  auto complete = [&](StringRef name, int64_t count, int64_t value) {
    if (!state.attributes.get(name))
      state.attributes.set(name, builder.getDenseI64ArrayAttr(
                                     SmallVector<int64_t>(count, value)));
  };
  complete("strides", rank, 1);
  complete("pads", 2 * rank, 0);
  complete("dilations", rank, 1);
  // An attribute of the wrong kind, which properties could not hold.
  return state.name.verifyInherentAttrs(state.attributes, [&] {
    return parser.emitError(location) << "'" << state.name << "' op ";
  });
}

/// Parses `operands (name value)* attributes : function-type`, the attributes
/// whose names stand in \p lists, \p flags and \p integers in any order, and
/// completes what is left out.
static ParseResult parseWindowed(OpAsmParser &parser, OperationState &state,
                                 ArrayRef<StringRef> lists,
                                 ArrayRef<StringRef> flags,
                                 ArrayRef<StringRef> integers) {
  Builder &builder = parser.getBuilder();
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseOperandList(operands))
    return failure();
  StringRef keyword;
  while (succeeded(parser.parseOptionalKeyword(&keyword))) {
    Attribute value;
    if (llvm::is_contained(lists, keyword)) {
      value = DenseI64ArrayAttr::parse(parser, Type());
    } else if (llvm::is_contained(flags, keyword)) {
      bool isTrue = succeeded(parser.parseOptionalKeyword("true"));
      if (!isTrue && failed(parser.parseOptionalKeyword("false")))
        return parser.emitError(parser.getCurrentLocation(),
                                "expects true or false");
      value = builder.getBoolAttr(isTrue);
    } else if (llvm::is_contained(integers, keyword)) {
      int64_t number;
      if (parser.parseInteger(number))
        return failure();
      value = builder.getI64IntegerAttr(number);
    } else {
      return parser.emitError(parser.getCurrentLocation(),
                              "has no attribute called ")
             << keyword;
    }
    if (!value)
      return failure();
    state.attributes.set(keyword, value);
  }
  return parseWindowedEnd(parser, state, operands, location);
}

static void printWindowed(OpAsmPrinter &printer, Operation *operation,
                          ArrayRef<StringRef> lists, ArrayRef<StringRef> flags,
                          ArrayRef<StringRef> integers) {
  printer << ' ' << operation->getOperands();
  for (StringRef name : lists) {
    auto values = operation->getAttrOfType<DenseI64ArrayAttr>(name);
    int64_t usual = name == "pads" ? 0 : 1;
    if (name != "kernel" &&
        llvm::all_of(values.asArrayRef(),
                     [&](int64_t value) { return value == usual; }))
      continue;
    printer << ' ' << name << ' ';
    values.print(printer);
  }
  for (StringRef name : flags)
    if (operation->getAttrOfType<BoolAttr>(name).getValue())
      printer << ' ' << name << " true";
  for (StringRef name : integers)
    if (int64_t value = operation->getAttrOfType<IntegerAttr>(name).getInt();
        value != 1)
      printer << ' ' << name << ' ' << value;
  SmallVector<StringRef> printed(lists);
  llvm::append_range(printed, flags);
  llvm::append_range(printed, integers);
  printer.printOptionalAttrDict(operation->getAttrs(), printed);
  printer << " : ";
  printer.printFunctionalType(operation);
}

static constexpr StringRef convLists[] = {"strides", "pads", "dilations"};
static constexpr StringRef convIntegers[] = {"groups"};
static constexpr StringRef poolLists[] = {"kernel", "strides", "pads",
                                          "dilations"};
static constexpr StringRef maxPoolFlags[] = {"ceil_mode"};
static constexpr StringRef indexFlags[] = {"ceil_mode", "column_major"};
static constexpr StringRef averagePoolFlags[] = {"ceil_mode",
                                                 "count_include_pad"};

ParseResult ConvOp::parse(OpAsmParser &parser, OperationState &state) {
  return parseWindowed(parser, state, convLists, {}, convIntegers);
}
void ConvOp::print(OpAsmPrinter &printer) {
  printWindowed(printer, *this, convLists, {}, convIntegers);
}
ParseResult MaxPoolOp::parse(OpAsmParser &parser, OperationState &state) {
  return parseWindowed(parser, state, poolLists, maxPoolFlags, {});
}
void MaxPoolOp::print(OpAsmPrinter &printer) {
  printWindowed(printer, *this, poolLists, maxPoolFlags, {});
}
ParseResult MaxPoolIndicesOp::parse(OpAsmParser &parser,
                                    OperationState &state) {
  return parseWindowed(parser, state, poolLists, indexFlags, {});
}
void MaxPoolIndicesOp::print(OpAsmPrinter &printer) {
  printWindowed(printer, *this, poolLists, indexFlags, {});
}
ParseResult SumPoolOp::parse(OpAsmParser &parser, OperationState &state) {
  return parseWindowed(parser, state, poolLists, maxPoolFlags, {});
}
void SumPoolOp::print(OpAsmPrinter &printer) {
  printWindowed(printer, *this, poolLists, maxPoolFlags, {});
}
ParseResult AveragePoolOp::parse(OpAsmParser &parser, OperationState &state) {
  return parseWindowed(parser, state, poolLists, averagePoolFlags, {});
}
void AveragePoolOp::print(OpAsmPrinter &printer) {
  printWindowed(printer, *this, poolLists, averagePoolFlags, {});
}

} // namespace cim::nn

#define GET_OP_CLASSES
#include "dialects/nn/NNOps.cpp.inc"
