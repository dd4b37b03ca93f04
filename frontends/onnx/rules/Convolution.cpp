//===- Convolution.cpp - Convolution and its padding ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include <algorithm>
#include <limits>

using namespace cim::importer;
using mlir::Value;

/// How a node pads. Some exporters leave the attribute empty.
static std::string readAutoPad(Node &node) {
  std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic.empty())
    return "NOTSET";
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"},
                          automatic))
    node.fail("expects auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, got " +
              quotation(automatic));
  return automatic;
}

Integers cim::importer::readPads(Node &node, llvm::ArrayRef<int64_t> x,
                                 llvm::ArrayRef<int64_t> kernel,
                                 llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> dilations) {
  size_t rank = kernel.size();
  std::string automatic = readAutoPad(node);
  Integers pads(2 * rank, 0);
  if (automatic == "NOTSET")
    return node.extents("pads", 2 * rank, 0).value_or(pads);
  node.ignore({"pads"}); // exporters write zeros beside auto_pad
  if (automatic == "VALID")
    return pads;
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

Value cim::importer::convolution(Node &node, Value x, Value weights,
                                 Value bias) {
  llvm::SmallVector<Value, 3> operands{x, weights};
  if (bias)
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
  return node.create("conv", operands,
                     {node.attribute("strides", strides),
                      node.attribute("pads", pads),
                      node.attribute("dilations", dilations),
                      node.attribute("groups", node.integer("group", 1))});
}

static Results importConv(Node &node) {
  return {convolution(node, node.operand(0), node.operand(1),
                      node.operandOrNull(2))};
}

//===----------------------------------------------------------------------===//
// Transposed
//===----------------------------------------------------------------------===//
//
// The gradient of a convolution is a convolution, too: of the input with
// strides − 1 zeros between its elements, with the weights mirrored and their
// input and output channels in each other's place.

namespace {

/// The attributes of a transposed convolution.
struct Transposed {
  Integers kernel, strides, dilations;
  Integers pads;  ///< of what a convolution with these strides would have read
  Integers added; ///< at the end of the result, output_padding
};

} // namespace

static Transposed readTransposed(Node &node, llvm::ArrayRef<int64_t> image,
                                 llvm::ArrayRef<int64_t> weights) {
  size_t rank = image.size() - 2;
  Integers ones(rank, 1), zeros(rank, 0), noPads(2 * rank, 0);
  Transposed how;
  how.kernel = Integers(weights.drop_front(2));
  if (auto given = node.extents("kernel_shape", rank, 1);
      given && *given != how.kernel)
    node.fail("has kernel_shape " + listed(*given) + ", but weights of shape " +
              listed(weights));
  how.strides = node.extents("strides", rank, 1).value_or(ones);
  how.dilations = node.extents("dilations", rank, 1).value_or(ones);
  how.added = node.extents("output_padding", rank, 0).value_or(zeros);
  std::string automatic = readAutoPad(node);
  bool isSame = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  std::optional<Integers> shape = node.integers("output_shape");
  if (shape && shape->size() == rank + 2) // older files count all dimensions
    shape->erase(shape->begin(), shape->begin() + 2);
  if (shape && shape->size() != rank)
    node.fail("expects an output_shape of " + llvm::Twine(rank) +
              " extents, got " + listed(*shape));
  if (!shape && isSame) {
    shape.emplace();
    for (size_t d = 0; d < rank; ++d)
      shape->push_back(image[d + 2] * how.strides[d]);
  }
  if (!shape) {
    how.pads = automatic == "VALID"
                   ? noPads
                   : node.extents("pads", 2 * rank, 0).value_or(noPads);
    node.ignore({"pads"});
    return how;
  }
  node.ignore({"pads"}); // the shape says more
  how.pads = noPads;
  for (size_t d = 0; d < rank; ++d) {
    int64_t total = how.strides[d] * (image[d + 2] - 1) + how.added[d] +
                    (how.kernel[d] - 1) * how.dilations[d] + 1 - (*shape)[d];
    int64_t half = total >> 1; // rounded down, also below zero
    how.pads[d] = automatic == "SAME_UPPER" ? half : total - half;
    // More than there is: onnxruntime and ONNX's reference add it at the end.
    if (total < 0 && !isSame)
      how.pads[d] = 0;
    how.pads[rank + d] = total - how.pads[d];
  }
  return how;
}

/// \p x with strides − 1 zeros behind every element of a spatial dimension but
/// the last.
static Value spreadOut(Node &node, Value x, llvm::ArrayRef<int64_t> strides) {
  for (auto [d, stride] : llvm::enumerate(strides)) {
    if (stride == 1)
      continue;
    int64_t axis = d + 2, extent = shapeOf(x)[axis];
    Value apart = unsqueeze(node, x, axis + 1);
    int64_t rank = shapeOf(apart).size();
    Integers pads(2 * rank, 0);
    pads[rank + axis + 1] = stride - 1;
    Integers shape(shapeOf(x));
    shape[axis] = extent * stride;
    x = node.reshape(pad(node, apart, pads), shape);
    x = slice(node, x, axis, 0, (extent - 1) * stride + 1);
  }
  return x;
}

static Results importConvTranspose(Node &node) {
  Value x = node.operand(0), weights = node.operand(1);
  llvm::ArrayRef<int64_t> image = shapeOf(x), shape = shapeOf(weights);
  int64_t groups = node.integer("group", 1);
  if (image.size() < 3 || image.size() != shape.size() || groups < 1 ||
      shape[0] != image[1] || image[1] % groups != 0 ||
      product(image.drop_front(2)) == 0)
    node.fail("cannot convolve " + listed(image) + " with weights " +
              listed(shape) + " in " + llvm::Twine(groups) + " groups");
  size_t rank = image.size() - 2;
  Transposed how = readTransposed(node, image, shape);

  // [C, M/groups, K…] → [M, C/groups, K…], mirrored.
  int64_t outputs = shape[1] * groups, inputs = image[1] / groups;
  for (size_t d = 0; d < rank; ++d)
    if (how.kernel[d] > 1)
      weights = reverse(node, weights, d + 2);
  Integers grouped{groups, inputs, shape[1]};
  grouped.append(how.kernel);
  Integers turned{outputs, inputs};
  turned.append(how.kernel);
  weights = node.named(
      node.reshape(swapDimensions(node, node.reshape(weights, grouped), 1, 2),
                   turned),
      1);

  x = spreadOut(node, x, how.strides);
  // A window may begin as far outside as it is wide; what is less is cut off.
  Integers pads(2 * rank), cut(2 * (rank + 2), 0);
  bool cuts = false;
  for (size_t d = 0; d < rank; ++d) {
    int64_t reach = how.dilations[d] * (how.kernel[d] - 1);
    pads[d] = reach - how.pads[d];
    pads[rank + d] = reach - how.pads[rank + d] + how.added[d];
    for (auto [side, place] :
         {std::pair(d, d + 2), std::pair(rank + d, rank + 2 + d + 2)}) {
      cut[place] = std::min<int64_t>(pads[side], 0);
      cuts |= pads[side] < 0;
      pads[side] = std::max<int64_t>(pads[side], 0);
    }
  }
  if (cuts)
    x = pad(node, x, cut);
  llvm::SmallVector<Value, 3> operands{x, weights};
  if (Value bias = node.operandOrNull(2))
    operands.push_back(bias);
  return {node.create("conv", operands,
                      {node.attribute("strides", Integers(rank, 1)),
                       node.attribute("pads", pads),
                       node.attribute("dilations", how.dilations),
                       node.attribute("groups", groups)})};
}

/// Adds up blocks where they lay in the image: what a convolution's gradient
/// does after its product of matrices. x: [N, C·block, blocks].
static Results importCol2Im(Node &node) {
  Value x = node.operand(0);
  Integers image = node.constantIntegers(1, "the result's shape");
  Integers block = node.constantIntegers(2, "the result's shape");
  size_t rank = image.size();
  Integers ones(rank, 1);
  Integers strides = node.extents("strides", rank, 1).value_or(ones);
  Integers dilations = node.extents("dilations", rank, 1).value_or(ones);
  Integers pads =
      node.extents("pads", 2 * rank, 0).value_or(Integers(2 * rank, 0));
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  Integers padded, steps;
  bool fits = shape.size() == 3 && block.size() == rank;
  constexpr int64_t most = int64_t(1) << 31;
  double elements = 1; // of all blocks; a double does not wrap around
  for (size_t d = 0; fits && d < rank; ++d) {
    fits = image[d] >= 1 && image[d] < most && block[d] >= 1 && block[d] < most;
    if (!fits)
      break;
    padded.push_back(image[d] + pads[d] + pads[rank + d]);
    int64_t room = padded[d] - dilations[d] * (block[d] - 1) - 1;
    steps.push_back(room / strides[d] + 1);
    elements *= double(block[d]) * double(steps[d]);
    fits = room >= 0 && elements <= 1 << 24;
  }
  if (!fits || product(steps) != shape[2] || shape[1] % product(block) != 0)
    node.fail("cannot arrange " + listed(shape) + " in blocks of " +
              listed(block) + " over " + listed(image));
  node.tensorType(padded, elementTypeOf(x)); // bounds the places
  // Where each element of each block stands in the padded image.
  const int64_t taps = product(block), blocks = product(steps);
  const int64_t count = taps * blocks, planes = product(shape) / count;
  Table<int64_t> places(node, {1, count});
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t step = 0; step < blocks; ++step) {
      int64_t place = 0, factor = 1;
      for (size_t d = rank, t = tap, s = step; d-- > 0;
           t /= block[d], s /= steps[d], factor *= padded[d])
        place += factor * (int64_t(s % steps[d]) * strides[d] +
                           int64_t(t % block[d]) * dilations[d]);
      places[tap * blocks + step] = place;
    }
  mlir::RankedTensorType type =
      node.tensorType({planes, product(padded)}, elementTypeOf(x));
  Value indices = expand(node, places.constant(), {planes, count});
  Value sums = node.create(
      "scatter_elements",
      {node.splat(type, 0.), indices, node.reshape(x, {planes, count})},
      {node.attribute("axis", int64_t(1)),
       node.attribute("reduction", llvm::StringRef("add"))});
  Integers result{shape[0], shape[1] / taps};
  result.append(padded);
  Integers cut(2 * (rank + 2), 0);
  for (size_t d = 0; d < rank; ++d) {
    cut[d + 2] = -pads[d];
    cut[rank + 2 + d + 2] = -pads[rank + d];
  }
  return {pad(node, node.reshape(sums, result), cut)};
}

//===----------------------------------------------------------------------===//
// Of sequences
//===----------------------------------------------------------------------===//

/// A depthwise convolution of what came before and the input: output and the
/// last places, which come before the next input.
static Results importCausalConvolution(Node &node) {
  Value x = node.operand(0), weights = node.operand(1);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  if (shape.size() != 3 || shapeOf(weights).size() != 3)
    node.fail("expects sequences and weights of 3 dimensions, got " +
              listed(shape) + " and " + listed(shapeOf(weights)));
  int64_t kept = shapeOf(weights)[2] - 1;
  Value whole = x;
  if (Value past = node.operandOrNull(3))
    whole = concat(node, {past, x}, 2);
  else
    whole = pad(node, x, {0, 0, kept, 0, 0, 0});
  int64_t length = shapeOf(whole)[2];
  llvm::SmallVector<Value, 3> operands{whole, weights};
  if (Value bias = node.operandOrNull(2))
    operands.push_back(bias);
  Term y{node, node.create("conv", operands,
                           {node.attribute("strides", Integers{1}),
                            node.attribute("pads", Integers{0, 0}),
                            node.attribute("dilations", Integers{1}),
                            node.attribute("groups", shape[1])})};
  std::string activation = node.text("activation", "none");
  if (activation == "silu" || activation == "swish")
    y = y * y.apply("sigmoid");
  else if (activation != "none")
    node.fail("has the unknown activation '" + activation + "'");
  return {y.value, slice(node, whole, 2, length - kept, kept)};
}

llvm::ArrayRef<Operator> cim::importer::convolutionOperators() {
  static const Operator operators[] = {
      {"Conv", importConv},
      {"ConvTranspose", importConvTranspose},
      {"Col2Im", importCol2Im},
      {"CausalConvWithState", importCausalConvolution, 2},
  };
  return operators;
}
