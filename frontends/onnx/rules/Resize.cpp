//===- Resize.cpp - Interpolation -----------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every way to interpolate is separable: each dimension by itself, every place
// of the result a weighted sum of some elements. Which elements, and with which
// weights, is computed here; what remains is nn.resample, or nn.gather where a
// single element is taken. Names and formulas: ONNX Resize-19 and, for
// coordinates that it no longer has, Resize-11.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include "llvm/Support/ScopedPrinter.h"

#include <algorithm>
#include <cmath>

using namespace cim::importer;
using mlir::Value;

namespace {

/// How a node interpolates.
struct Interpolation {
  std::string mode = "nearest";
  std::string coordinates = "half_pixel";
  std::string nearest = "round_prefer_floor";
  double cubicCoefficient = -0.75;
  bool excludeOutside = false, antialias = false;
  double extrapolation = 0;
};

/// One dimension's part of the job.
struct Dimension {
  int64_t from = 1, to = 1; ///< extents
  double scale = 1;
  double begin = 0, end = 1; ///< region of interest, as fractions
};

/// What the places of the result are made of, the same number of elements each.
struct Taps {
  Table<int64_t> positions;
  Table<float> weights;           ///< none for "nearest"
  llvm::SmallVector<bool> inside; ///< by place; false: extrapolated
};

} // namespace

/// The place in the operand, a fraction, of place \p y of the result. In
/// float32, as onnxruntime computes it (ONNX does not say): 1 / 0.2 has to
/// reach 5, where the nearest element changes, though the float32 next to 0.2
/// is a little more.
static float sourceOf(int64_t y, const Dimension &dimension,
                      const std::string &coordinates) {
  const float from = dimension.from, to = dimension.to, scale = dimension.scale;
  const float resized = scale * from, centre = (y + 0.5f) / scale - 0.5f;
  if (coordinates == "align_corners")
    return resized == 1 ? 0 : y * (from - 1) / (resized - 1);
  if (coordinates == "asymmetric")
    return y / scale;
  if (coordinates == "pytorch_half_pixel") // see docs/onnx.md
    return to > 1 ? centre : 0;
  if (coordinates == "tf_half_pixel_for_nn")
    return (y + 0.5f) / scale;
  if (coordinates == "half_pixel_symmetric")
    return from / 2 * (1 - to / resized) + centre;
  if (coordinates == "tf_crop_and_resize") {
    const float begin = dimension.begin, extent = dimension.end - begin;
    const float within = resized == 1 ? extent * (from - 1) / 2
                                      : y * extent * (from - 1) / (resized - 1);
    return begin * (from - 1) + within;
  }
  return centre;
}

/// The cubic of Keys (1981), at distance \p x.
static double cubic(double x, double a) {
  x = std::abs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

/// The share of the element \p distance away, in elements of the operand or,
/// when that is reduced without aliasing, of the result.
static double shareOf(double distance, const Interpolation &how) {
  if (how.mode == "cubic")
    return cubic(distance, how.cubicCoefficient);
  return std::max(1 - std::abs(distance), 0.);
}

/// Whether the element right of a place is nearest, \p ratio (above 0, at most
/// 1) away from the left one.
static bool isRightNearest(double ratio, const std::string &mode) {
  if (ratio == 1 || mode == "ceil")
    return true;
  if (mode == "floor")
    return false;
  return mode == "round_prefer_ceil" ? ratio >= 0.5 : ratio > 0.5;
}

static Taps tapsOf(Node &node, const Dimension &dimension,
                   const Interpolation &how) {
  const bool isNearest = how.mode == "nearest";
  const double squeezed = how.antialias ? std::min(dimension.scale, 1.) : 1;
  // The farthest element to the left that may have a share.
  int64_t first = 0, count = 1;
  if (!isNearest) {
    first = static_cast<int64_t>(
                std::floor((how.mode == "cubic" ? -2 : -1) / squeezed)) +
            1;
    count = 2 - 2 * first;
  }
  if (double(dimension.to) * count > double(1 << 26))
    node.fail("combines too many elements: " + llvm::Twine(dimension.to) +
              " places of " + llvm::Twine(count));
  Integers shape{dimension.to}, none{0};
  if (!isNearest)
    shape.push_back(count);
  Taps taps{{node, shape}, {node, isNearest ? none : shape}, {}};
  for (int64_t y = 0; y < dimension.to; ++y) {
    const double source = sourceOf(y, dimension, how.coordinates);
    taps.inside.push_back(how.coordinates != "tf_crop_and_resize" ||
                          (source >= 0 && source <= dimension.from - 1));
    // The element left of the place, so that the ratio is above 0.
    const auto left = static_cast<int64_t>(std::ceil(source)) - 1;
    const double ratio = source - left;
    auto within = [&](int64_t position) {
      return std::clamp<int64_t>(position, 0, dimension.from - 1);
    };
    if (isNearest) {
      taps.positions[y] = within(left + isRightNearest(ratio, how.nearest));
      continue;
    }
    llvm::SmallVector<double, 4> shares;
    double sum = 0;
    for (int64_t t = 0; t < count; ++t) {
      const int64_t position = left + first + t;
      const bool counts =
          !how.excludeOutside || (position >= 0 && position < dimension.from);
      shares.push_back(counts ? shareOf((first + t - ratio) * squeezed, how)
                              : 0);
      sum += shares.back();
    }
    for (int64_t t = 0; t < count; ++t) {
      taps.positions[y * count + t] = within(left + first + t);
      taps.weights[y * count + t] = shares[t] / sum;
    }
  }
  return taps;
}

/// Resizes the dimensions of \p x.
static Value resize(Node &node, Value x, llvm::ArrayRef<Dimension> dimensions,
                    const Interpolation &how) {
  const int64_t rank = dimensions.size();
  const mlir::Type type = elementTypeOf(x);
  const bool interpolates = how.mode != "nearest";
  if (interpolates && !isFloat(x))
    x = node.cast(x, node.builder().getF32Type());
  llvm::SmallVector<std::pair<int64_t, llvm::SmallVector<bool>>> outside;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const Dimension &dimension = dimensions[axis];
    const bool crops = how.coordinates == "tf_crop_and_resize" &&
                       (dimension.begin != 0 || dimension.end != 1);
    if (dimension.from == dimension.to && dimension.scale == 1 && !crops)
      continue;
    if (dimension.from == 0)
      node.fail("interpolates between no elements");
    Taps taps = tapsOf(node, dimension, how);
    Value positions = taps.positions.constant();
    if (interpolates)
      x = node.create("resample", {x, positions, taps.weights.constant()},
                      node.attribute("axis", axis));
    else
      x = node.create("gather", {x, positions}, node.attribute("axis", axis));
    if (llvm::is_contained(taps.inside, false))
      outside.emplace_back(axis, taps.inside);
  }
  for (auto &[axis, inside] : outside) {
    Value mask = along(node, booleans(node, {int64_t(inside.size())}, inside),
                       axis, rank);
    Term extrapolated{node, node.scalar(how.extrapolation, x)};
    x = choose({node, mask}, {node, x}, extrapolated).value;
  }
  return node.cast(x, type);
}

/// A dimension enlarged \p scale times, rounded down. In float32, as
/// onnxruntime computes it (ONNX does not say): 10 elements times 0.7 are 7,
/// though the float32 next to 0.7 is a little less.
static Dimension scaled(Node &node, int64_t from, double scale) {
  if (!(scale > 0) || !(from * scale < double(int64_t(1) << 31)))
    node.fail("scales " + llvm::Twine(from) + " elements by " +
              llvm::to_string(scale));
  if (scale == 1)
    return {from, from}; // exact above 2^24, too
  const float resized = static_cast<float>(from) * static_cast<float>(scale);
  return {from, static_cast<int64_t>(std::floor(resized)), scale};
}

/// Dimensions from the sizes that operand 3 asks for. \p axes: which ones.
static void readSizes(Node &node, llvm::ArrayRef<int64_t> axes,
                      llvm::SmallVectorImpl<Dimension> &dimensions) {
  Integers sizes = node.constantIntegers(3, "the result's shape");
  if (sizes.size() != axes.size())
    node.fail("expects " + llvm::Twine(axes.size()) + " sizes, got " +
              listed(sizes));
  std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  double least = infinity, most = 0;
  for (auto [axis, size] : llvm::zip(axes, sizes)) {
    if (size < 0 || size > int64_t(1) << 31)
      node.fail("has a size of " + llvm::Twine(size));
    Dimension &dimension = dimensions[axis];
    dimension.to = size;
    dimension.scale = double(size) / dimension.from;
    least = std::min(least, dimension.scale);
    most = std::max(most, dimension.scale);
  }
  if (policy == "stretch")
    return;
  if (policy != "not_larger" && policy != "not_smaller")
    node.fail("expects keep_aspect_ratio_policy stretch, not_larger or "
              "not_smaller, got " +
              quotation(policy));
  for (int64_t axis : axes) {
    Dimension &dimension = dimensions[axis];
    dimension.scale = policy == "not_larger" ? least : most;
    dimension.to = static_cast<int64_t>(
        std::floor(dimension.scale * dimension.from + 0.5));
  }
}

static Results importResize(Node &node) {
  Value x = node.operand(0);
  Interpolation how;
  how.mode = node.text("mode", "nearest");
  const bool isEarly = node.opset() < 11; // coordinates were not yet named
  how.coordinates =
      isEarly ? "asymmetric"
              : node.text("coordinate_transformation_mode", "half_pixel");
  how.nearest =
      isEarly ? "floor" : node.text("nearest_mode", "round_prefer_floor");
  if (how.coordinates == "tf_half_pixel_for_nn" && node.opset() >= 13)
    node.fail("has coordinates 'tf_half_pixel_for_nn', which opset 13 removed");
  how.cubicCoefficient = node.number("cubic_coeff_a", -0.75);
  how.excludeOutside = node.flag("exclude_outside", false);
  how.antialias = node.flag("antialias", false);
  how.extrapolation = node.number("extrapolation_value", 0);
  for (auto [name, value, known] :
       {std::tuple(
            "mode", how.mode,
            llvm::SmallVector<llvm::StringRef>{"nearest", "linear", "cubic"}),
        std::tuple("coordinate_transformation_mode", how.coordinates,
                   llvm::SmallVector<llvm::StringRef>{
                       "half_pixel", "half_pixel_symmetric",
                       "pytorch_half_pixel", "align_corners", "asymmetric",
                       "tf_half_pixel_for_nn", "tf_crop_and_resize"}),
        std::tuple("nearest_mode", how.nearest,
                   llvm::SmallVector<llvm::StringRef>{"round_prefer_floor",
                                                      "round_prefer_ceil",
                                                      "floor", "ceil"})})
    if (!llvm::is_contained(known, value))
      node.fail(llvm::Twine("has the unknown ") + name + " " +
                quotation(value));

  Integers shape(shapeOf(x)), axes = axesFrom(0, shape.size());
  if (auto given = node.integers("axes")) {
    axes.clear();
    node.sortedAxes(*given, shape.size()); // checks them
    for (int64_t axis : *given)
      axes.push_back(node.axis(axis, shape.size()));
  }
  llvm::SmallVector<Dimension> dimensions;
  for (int64_t extent : shape)
    dimensions.push_back({extent, extent});
  // An operand without elements counts as left out.
  auto isGiven = [&](size_t operand) {
    return node.hasOperand(operand) &&
           product(shapeOf(node.operand(operand))) > 0;
  };
  const size_t scales = isEarly ? 1 : 2;
  if (isGiven(scales)) {
    if (!isEarly && isGiven(3))
      node.fail("has both scales and sizes; leave one of them out");
    auto factors = node.constantNumbers(scales, "the result's shape");
    if (factors.size() != axes.size())
      node.fail("expects " + llvm::Twine(axes.size()) + " scales, got " +
                llvm::Twine(factors.size()));
    for (auto [axis, factor] : llvm::zip(axes, factors))
      dimensions[axis] = scaled(node, shape[axis], factor);
    node.ignore({"keep_aspect_ratio_policy"});
  } else if (isGiven(3)) {
    readSizes(node, axes, dimensions);
  } else {
    node.fail("has neither scales nor sizes");
  }
  if (!isEarly && isGiven(1) && how.coordinates == "tf_crop_and_resize") {
    auto region = node.constantNumbers(1, "the region of interest");
    if (region.size() != 2 * axes.size())
      node.fail("expects a region of " + llvm::Twine(2 * axes.size()) +
                " numbers, got " + llvm::Twine(region.size()));
    for (auto [i, axis] : llvm::enumerate(axes)) {
      dimensions[axis].begin = region[i];
      dimensions[axis].end = region[axes.size() + i];
    }
  }
  return {resize(node, x, dimensions, how)};
}

/// What Resize was called before opset 10.
static Results importUpsample(Node &node) {
  Value x = node.operand(0);
  Interpolation how{.mode = node.text("mode", "nearest"),
                    .coordinates = "asymmetric",
                    .nearest = "floor"};
  if (how.mode == "bilinear")
    how.mode = "linear";
  if (how.mode != "nearest" && how.mode != "linear")
    node.fail("has the unknown mode " + quotation(how.mode));
  llvm::SmallVector<double> scales;
  if (node.opset() >= 9)
    scales = node.constantNumbers(1, "the result's shape");
  else if (auto given = node.numbers("scales"))
    scales.assign(given->begin(), given->end());
  else // opset 1
    scales = {1, 1, node.number("height_scale"), node.number("width_scale")};
  if (scales.size() != shapeOf(x).size())
    node.fail("expects " + llvm::Twine(shapeOf(x).size()) + " scales, got " +
              llvm::Twine(scales.size()));
  llvm::SmallVector<Dimension> dimensions;
  for (auto [extent, scale] : llvm::zip(shapeOf(x), scales))
    dimensions.push_back(scaled(node, extent, scale));
  return {resize(node, x, dimensions, how)};
}

/// Cuts or fills with zeros, as much at the begin as at the end.
static Results importCenterCropPad(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  int64_t rank = shape.size();
  Integers sizes = node.constantIntegers(1, "the result's shape");
  Integers axes = node.integers("axes").value_or(axesFrom(0, rank));
  if (axes.size() != sizes.size())
    node.fail("expects " + llvm::Twine(axes.size()) + " extents, got " +
              listed(sizes));
  Integers pads(2 * rank, 0);
  for (auto [given, size] : llvm::zip(axes, sizes)) {
    int64_t axis = node.axis(given, rank), more = size - shape[axis];
    pads[axis] = more / 2; // towards zero, so that a cut begins rounded down
    pads[rank + axis] = more - more / 2;
  }
  return {pad(node, x, pads)};
}

llvm::ArrayRef<Operator> cim::importer::resizeOperators() {
  static const Operator operators[] = {
      {"Resize", importResize},
      {"Upsample", importUpsample},
      {"CenterCropPad", importCenterCropPad},
  };
  return operators;
}
