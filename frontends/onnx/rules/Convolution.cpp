//===- Convolution.cpp - Convolution and its padding ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include <algorithm>
#include <limits>

using namespace cim::importer;
using mlir::Value;

Integers cim::importer::readPads(Node &node, llvm::ArrayRef<int64_t> x,
                                 llvm::ArrayRef<int64_t> kernel,
                                 llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> dilations) {
  size_t rank = kernel.size();
  std::string automatic = node.text("auto_pad", "NOTSET");
  Integers pads(2 * rank, 0);
  if (automatic == "NOTSET" || automatic.empty())
    return node.extents("pads", 2 * rank, 0).value_or(pads);
  node.ignore({"pads"}); // exporters write zeros beside auto_pad
  if (automatic == "VALID")
    return pads;
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER")
    node.fail(
        "expects auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, got '" +
        automatic + "'");
  // As many results as the input has strides; what cannot be halved goes to the
  // end (SAME_UPPER) or the begin.
  for (size_t i = 0; i < rank; ++i) {
    int64_t results = (x[i + 2] + strides[i] - 1) / strides[i];
    int64_t span = dilations[i] * (kernel[i] - 1) + 1;
    int64_t total =
        std::max<int64_t>((results - 1) * strides[i] + span - x[i + 2], 0);
    int64_t less = total / 2, more = total - less;
    pads[i] = automatic == "SAME_UPPER" ? less : more;
    pads[rank + i] = total - pads[i];
  }
  return pads;
}

static Results importConv(Node &node) {
  Value x = node.operand(0), weights = node.operand(1);
  llvm::SmallVector<Value, 3> operands{x, weights};
  if (Value bias = node.operandOrNull(2))
    operands.push_back(bias);

  llvm::ArrayRef<int64_t> image = shapeOf(x), shape = shapeOf(weights);
  if (image.size() < 3 || image.size() != shape.size())
    node.fail("expects an input and weights of the same number of dimensions, "
              "at least 3, got " +
              llvm::Twine(image.size()) + " and " + llvm::Twine(shape.size()));
  size_t rank = image.size() - 2;
  Integers kernel(shape.drop_front(2));
  if (auto given = node.extents("kernel_shape", rank, 1);
      given && *given != kernel)
    node.fail("has kernel_shape " + listed(*given) + ", but weights of shape " +
              listed(shape));
  if (llvm::any_of(kernel, [](int64_t extent) {
        return extent < 1 || extent > std::numeric_limits<int32_t>::max();
      }))
    node.fail("has weights of shape " + listed(shape));
  Integers ones(rank, 1);
  Integers strides = node.extents("strides", rank, 1).value_or(ones);
  Integers dilations = node.extents("dilations", rank, 1).value_or(ones);
  Integers pads = readPads(node, image, kernel, strides, dilations);
  return {node.create("conv", operands,
                      {node.attribute("strides", strides),
                       node.attribute("pads", pads),
                       node.attribute("dilations", dilations),
                       node.attribute("groups", node.integer("group", 1))})};
}

llvm::ArrayRef<Operator> cim::importer::convolutionOperators() {
  static const Operator operators[] = {
      {"Conv", importConv},
  };
  return operators;
}
