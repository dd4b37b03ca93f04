//===- CimAssembly.cpp - The text of cim operations -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/Decimal.h"
#include "dialects/nn/Assembly.h"

#include "llvm/ADT/StringExtras.h"

#include <charconv>

using namespace mlir;

namespace cim::crossbar {

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

std::string decimal(double number) {
  if (!std::isfinite(number))
    return "0x" + llvm::utohexstr(llvm::bit_cast<uint64_t>(number),
                                  /*LowerCase=*/false, /*Width=*/16);
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, std::end(buffer), number);
  assert(error == std::errc() && "32 characters hold every double");
  auto [mantissa, exponent] = StringRef(buffer, end - buffer).split('e');
  std::string text = mantissa.str();
  if (!mantissa.contains('.'))
    text += ".0";
  if (!exponent.empty())
    text += "e" + exponent.str();
  return text;
}

FailureOr<llvm::APFloat> parseNumber(AsmParser &parser) {
  double number;
  if (parser.parseFloat(number))
    return failure();
  return llvm::APFloat(number);
}

static ParseResult parseNumber(OpAsmParser &parser, FloatAttr &value) {
  double number;
  if (parser.parseFloat(number))
    return failure();
  value = parser.getBuilder().getF64FloatAttr(number);
  return success();
}

static void printNumber(OpAsmPrinter &printer, Operation *, FloatAttr value) {
  printer << decimal(value.getValueAsDouble());
}

static ParseResult parseNumbers(OpAsmParser &parser, DenseF64ArrayAttr &value) {
  SmallVector<double> numbers;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
        return parser.parseFloat(numbers.emplace_back());
      }))
    return failure();
  value = parser.getBuilder().getDenseF64ArrayAttr(numbers);
  return success();
}

static void printNumbers(OpAsmPrinter &printer, Operation *,
                         DenseF64ArrayAttr value) {
  raw_ostream &stream = printer.getStream();
  stream << '[';
  llvm::interleaveComma(value.asArrayRef(), stream,
                        [&](double number) { stream << decimal(number); });
  stream << ']';
}

using NamedNumbers = ArrayRef<std::pair<StringRef, FloatAttr *>>;

/// `low 0.001 high 0.002`, those of zero left out, in this order.
static ParseResult parseNamedNumbers(OpAsmParser &parser,
                                     NamedNumbers numbers) {
  for (auto [name, value] : numbers) {
    *value = parser.getBuilder().getF64FloatAttr(0.0);
    if (succeeded(parser.parseOptionalKeyword(name)) &&
        parseNumber(parser, *value))
      return failure();
  }
  return success();
}

static void printNamedNumbers(OpAsmPrinter &printer, NamedNumbers numbers) {
  llvm::ListSeparator space(" ");
  for (auto [name, value] : numbers)
    if (*value && !value->getValue().isZero()) {
      printer << StringRef(space) << name << ' ';
      printer << decimal(value->getValueAsDouble());
    }
}

static ParseResult parseFractions(OpAsmParser &parser, FloatAttr &low,
                                  FloatAttr &high, FloatAttr &flip) {
  return parseNamedNumbers(parser,
                           {{"low", &low}, {"high", &high}, {"flip", &flip}});
}

static void printFractions(OpAsmPrinter &printer, Operation *, FloatAttr low,
                           FloatAttr high, FloatAttr flip) {
  printNamedNumbers(printer, {{"low", &low}, {"high", &high}, {"flip", &flip}});
}

static ParseResult parseMismatch(OpAsmParser &parser, FloatAttr &gain,
                                 FloatAttr &offset, FloatAttr &inl) {
  return parseNamedNumbers(
      parser, {{"gain", &gain}, {"offset", &offset}, {"inl", &inl}});
}

static void printMismatch(OpAsmPrinter &printer, Operation *, FloatAttr gain,
                          FloatAttr offset, FloatAttr inl) {
  // Where there are none, there is no space either.
  for (auto [name, value] :
       {std::pair("gain", gain), {"offset", offset}, {"inl", inl}})
    if (value && !value.getValue().isZero())
      printer << ' ' << name << ' ' << decimal(value.getValueAsDouble());
}

/// A range and what belongs to it: `max`, `percentile 99.9`, `fraction 0.25`,
/// `limits [1.5, 3.0]`.
static ParseResult parseAdcRange(OpAsmParser &parser, AdcRangeAttr &range,
                                 FloatAttr &value, DenseF64ArrayAttr &limits) {
  SMLoc location = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<AdcRange> known = symbolizeAdcRange(keyword);
  if (!known)
    return parser.emitError(location)
           << "expects range max, percentile, fraction or limits, got "
           << keyword;
  range = AdcRangeAttr::get(parser.getContext(), *known);
  if (*known == AdcRange::limits)
    return parseNumbers(parser, limits);
  return *known == AdcRange::max ? ParseResult(success())
                                 : parseNumber(parser, value);
}

static void printAdcRange(OpAsmPrinter &printer, Operation *operation,
                          AdcRangeAttr range, FloatAttr value,
                          DenseF64ArrayAttr limits) {
  printer << stringifyAdcRange(range.getValue());
  if (value) {
    printer << ' ';
    printNumber(printer, operation, value);
  }
  if (limits) {
    printer << ' ';
    printNumbers(printer, operation, limits);
  }
}

//===----------------------------------------------------------------------===//
// Quantization and weights
//===----------------------------------------------------------------------===//

/// The mode's name, and what belongs to it: `percentile 99.9`,
/// `levels [-1.0, 0.0, 1.0]`.
static ParseResult parseQuantizationMode(OpAsmParser &parser,
                                         QuantizationModeAttr &mode,
                                         FloatAttr &percentile,
                                         DenseF64ArrayAttr &levels) {
  SMLoc location = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<QuantizationMode> value = symbolizeQuantizationMode(keyword);
  if (!value)
    return parser.emitError(location)
           << "expects mode minmax, symmetric, percentile, lloyd or levels, "
              "got "
           << keyword;
  mode = QuantizationModeAttr::get(parser.getContext(), *value);
  if (*value == QuantizationMode::percentile)
    return parseNumber(parser, percentile);
  if (*value == QuantizationMode::levels)
    return parseNumbers(parser, levels);
  return success();
}

static void printQuantizationMode(OpAsmPrinter &printer, Operation *operation,
                                  QuantizationModeAttr mode,
                                  FloatAttr percentile,
                                  DenseF64ArrayAttr levels) {
  printer << stringifyQuantizationMode(mode.getValue());
  if (percentile) {
    printer << ' ';
    printNumber(printer, operation, percentile);
  }
  if (levels) {
    printer << ' ';
    printNumbers(printer, operation, levels);
  }
}

using nn::parseTypedElements;
using nn::printTypedElements;

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

ParseResult ConvOp::parse(OpAsmParser &parser, OperationState &state) {
  Builder &builder = parser.getBuilder();
  SmallVector<OpAsmParser::UnresolvedOperand, 2> operands(1);
  FlatSymbolRefAttr layer;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseOperand(operands[0]) || parser.parseKeyword("on") ||
      parser.parseAttribute(layer, getLayerAttrName(state.name),
                            state.attributes) ||
      (succeeded(parser.parseOptionalKeyword("bias")) &&
       parser.parseOperand(operands.emplace_back())))
    return failure();
  for (StringRef name : {"strides", "pads", "dilations"}) {
    if (failed(parser.parseOptionalKeyword(name)))
      continue;
    Attribute values = DenseI64ArrayAttr::parse(parser, Type());
    if (!values)
      return failure();
    state.attributes.set(name, values);
  }
  if (succeeded(parser.parseOptionalKeyword("groups"))) {
    int64_t groups;
    if (parser.parseInteger(groups))
      return failure();
    state.attributes.set("groups", builder.getI64IntegerAttr(groups));
  }
  if (nn::parseWindowedEnd(parser, state, operands, location))
    return failure();
  // They may stand in the attribute dictionary, too.
  if (!state.attributes.get("groups"))
    state.attributes.set("groups", builder.getI64IntegerAttr(1));
  return success();
}

void ConvOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getX() << " on " << getLayerAttr();
  if (getBias())
    printer << " bias " << getBias();
  auto printUnless = [&](StringRef name, ArrayRef<int64_t> values,
                         int64_t usual) {
    if (llvm::all_of(values, [&](int64_t value) { return value == usual; }))
      return;
    printer << ' ' << name << " [";
    llvm::interleaveComma(values, printer);
    printer << ']';
  };
  printUnless("strides", getStrides(), 1);
  printUnless("pads", getPads(), 0);
  printUnless("dilations", getDilations(), 1);
  if (getGroups() != 1)
    printer << " groups " << getGroups();
  printer.printOptionalAttrDict(
      (*this)->getAttrs(), {"layer", "strides", "pads", "dilations", "groups"});
  printer << " : ";
  printer.printFunctionalType(*this);
}

} // namespace cim::crossbar

#define GET_OP_CLASSES
#include "dialects/cim/CimOps.cpp.inc"
