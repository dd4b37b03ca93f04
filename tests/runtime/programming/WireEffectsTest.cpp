//===- WireEffectsTest.cpp - What wires change of weights -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Programming.h"
#include "runtime/wires/ArrayNetwork.h"
#include "tests/runtime/Differences.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

using namespace cim;

namespace {

constexpr Chip chip{.seed = 1, .trial = 2};

/// A layer of \p shape on arrays of 16 x 6 cells.
plan::Layer layerOf(std::vector<int64_t> shape, unsigned axis,
                    unsigned groups) {
  plan::Layer layer;
  layer.set_name("conv1");
  layer.set_channel_axis(axis);
  int64_t count = 1;
  for (int64_t extent : shape) {
    layer.add_shape(extent);
    count *= extent;
  }
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_lowest_conductance(2);
  crossbar.set_highest_conductance(50);
  crossbar.set_array_rows(16);
  crossbar.set_array_columns(6);
  crossbar.set_groups(groups);
  crossbar.set_groups_per_array(1);
  crossbar.set_matrix_columns(shape[axis] / groups);
  crossbar.set_matrix_rows(count / shape[axis]);
  crossbar.mutable_wires()->set_row(20);
  crossbar.mutable_wires()->set_column(10);
  return layer;
}

Tensor randomWeights(const plan::Layer &layer) {
  std::vector<int64_t> shape(layer.shape().begin(), layer.shape().end());
  std::mt19937 generator(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(elementCount(shape));
  for (float &value : values)
    value = std::round(normal(generator) * 4);
  values[0] = -7; // symmetric codes of 4 bits as they are
  values[1] = 7;
  for (float &value : values)
    value = std::clamp(value, -7.0f, 7.0f);
  return makeTensor(shape, values);
}

std::vector<float> written(const plan::Layer &layer, const Tensor &weights) {
  LayerProgram program(layer, weights);
  std::vector<float> result(weights.elements());
  program.writeAll(chip, result);
  std::vector<double> slices(result.size(), program.digitalPart());
  for (unsigned slice = 0; slice < program.slices(); ++slice) {
    std::vector<float> read(result.size());
    program.writeArrays(chip, slice, 0, read);
    for (size_t i = 0; i < read.size(); ++i)
      slices[i] += read[i];
  }
  for (size_t i = 0; i < result.size(); ++i)
    EXPECT_NEAR(slices[i], result[i], 1e-5);
  return result;
}

/// All weights from conductances that are worked out here, tile by tile.
std::vector<double> expected(const plan::Layer &layer, const Tensor &tensor) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const auto weights = tensor.as<float>();
  const size_t channels = layer.shape(layer.channel_axis());
  const size_t rows = crossbar.matrix_rows(),
               columns = crossbar.matrix_columns();
  size_t inner = 1;
  for (int d = layer.channel_axis() + 1; d < layer.shape_size(); ++d)
    inner *= layer.shape(d);
  const bool pairs = crossbar.cells() == plan::Crossbar::DIFFERENTIAL;
  const bool hasReference =
      !pairs && !crossbar.ideal_reference() && crossbar.cell_bits() == 0;
  const double lo = crossbar.lowest_conductance(), window = 48;
  std::vector<double> result(weights.size());
  for (size_t group = 0; group < crossbar.groups(); ++group)
    for (size_t top = 0; top < rows; top += 16)
      for (size_t left = 0; left < columns; left += 6) {
        const size_t height = std::min<size_t>(16, rows - top);
        const size_t width = std::min<size_t>(6, columns - left);
        auto index = [&](size_t r, size_t c) {
          const size_t row = top + r, channel = group * columns + left + c;
          return (row / inner * channels + channel) * inner + row % inner;
        };
        auto effective = [&](auto share) {
          const size_t all = width + (hasReference ? 1 : 0);
          std::vector<double> cells(height * all);
          for (size_t r = 0; r < height; ++r)
            for (size_t c = 0; c < all; ++c)
              cells[r * all + c] =
                  lo +
                  window * (c == width ? 0.5 : share(weights[index(r, c)]));
          ArrayNetwork network;
          network.solve({20, 10, crossbar.wires().drive_both_ends()}, height,
                        all, cells);
          std::vector<double> shares(height * width);
          for (size_t r = 0; r < height; ++r)
            for (size_t c = 0; c < width; ++c)
              shares[r * width + c] =
                  (cells[r * all + c] -
                   (hasReference ? cells[r * all + width] : lo)) /
                  window;
          return shares;
        };
        auto add = [&](double worth, auto share) {
          const auto shares = effective(share);
          for (size_t r = 0; r < height; ++r)
            for (size_t c = 0; c < width; ++c)
              result[index(r, c)] += worth * shares[r * width + c];
        };
        if (crossbar.cell_bits() > 0) { // two bits each
          for (int slice = 0; slice < (pairs ? 2 : 4); ++slice) {
            auto digit = [&](double code) {
              return double((int(std::max(code, 0.0)) >> 2 * slice) & 3) / 3;
            };
            const double worth = 3 << 2 * slice;
            if (pairs) {
              add(worth, [&](double w) { return digit(w); });
              add(-worth, [&](double w) { return digit(-w); });
            } else {
              const double step = 14.0 / 255;
              add(worth * step,
                  [&](double w) { return digit(std::rint((w + 7) / step)); });
            }
          }
        } else if (pairs) {
          add(7, [](double w) { return std::max(w, 0.0) / 7; });
          add(-7, [](double w) { return std::max(-w, 0.0) / 7; });
        } else {
          add(14, [](double w) { return (w + 7) / 14; });
          if (!hasReference)
            for (size_t r = 0; r < height; ++r)
              for (size_t c = 0; c < width; ++c)
                result[index(r, c)] -= 7;
        }
      }
  if (!pairs && crossbar.cell_bits() > 0)
    for (double &value : result)
      value -= 7;
  return result;
}

TEST(WireEffects, EveryKindOfCellsFollowsItsNetworks) {
  struct Case {
    std::vector<int64_t> shape;
    unsigned axis, groups;
  };
  for (const Case &shape : {Case{{8, 3, 3, 3}, 0, 1},
                            {{8, 5, 3, 3}, 0, 4},
                            {{40, 14}, 1, 1},
                            {{3, 8, 7}, 1, 1}})
    for (bool pairs : {true, false})
      for (bool sliced : {false, true})
        for (bool ideal : {false, true}) {
          plan::Layer layer = layerOf(shape.shape, shape.axis, shape.groups);
          plan::Crossbar &crossbar = *layer.mutable_crossbar();
          crossbar.mutable_wires()->set_drive_both_ends(ideal);
          crossbar.set_ideal_reference(ideal && !pairs);
          if (!pairs)
            crossbar.set_cells(plan::Crossbar::OFFSET);
          if (sliced) {
            crossbar.set_cell_bits(2);
            layer.mutable_quantize()->set_bits(pairs ? 4 : 8);
            layer.mutable_quantize()->set_mode(pairs ? plan::Quantize::SYMMETRIC
                                                     : plan::Quantize::MINMAX);
          }
          const Tensor weights = randomWeights(layer);
          const auto result = written(layer, weights);
          const auto reference = expected(layer, weights);
          double largest = 0;
          for (size_t i = 0; i < result.size(); ++i) {
            ASSERT_NEAR(result[i], reference[i], 2e-5)
                << "weight " << i << ", pairs " << pairs << ", sliced "
                << sliced << ", axis " << shape.axis;
            largest = std::max(
                largest, std::abs(result[i] - weights.as<float>()[i] * 1.0));
          }
          EXPECT_GT(largest, 0.02);
        }
}

/// Groups on the diagonal of one array: its lines are longer than their own,
/// and pass by cells that hold and conduct nothing.
TEST(WireEffects, GroupsOfOneArrayShareItsLines) {
  constexpr size_t groups = 9, rows = 4, together = 4;
  for (bool pairs : {true, false}) {
    plan::Layer layer = layerOf({groups, 1, 2, 2}, 0, groups);
    layer.mutable_crossbar()->set_groups_per_array(together);
    if (!pairs)
      layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
    const Tensor weights = randomWeights(layer);
    const auto all = weights.as<float>();
    // Groups 0 to 3, 4 to 7, and 8; a column and a reference for each.
    auto shares = [&](auto share) {
      std::vector<double> result(groups * rows);
      for (size_t first = 0; first < groups; first += together) {
        const size_t here = std::min(together, groups - first);
        const size_t columns = pairs ? here : 2 * here;
        std::vector<double> cells(here * rows * columns, 0);
        auto at = [&](size_t group, size_t row, size_t column) -> double & {
          return cells[(group * rows + row) * columns + column];
        };
        for (size_t g = 0; g < here; ++g)
          for (size_t r = 0; r < rows; ++r) {
            at(g, r, g) = 2 + 48 * share(all[(first + g) * rows + r]);
            if (!pairs)
              at(g, r, here + g) = 2 + 48 * 0.5;
          }
        ArrayNetwork network;
        network.solve({20, 10, false}, here * rows, columns, cells);
        for (size_t g = 0; g < here; ++g)
          for (size_t r = 0; r < rows; ++r)
            result[(first + g) * rows + r] =
                (at(g, r, g) - (pairs ? 2 : at(g, r, here + g))) / 48;
      }
      return result;
    };
    const auto result = written(layer, weights);
    const auto positive =
        pairs ? shares([](double w) { return std::max(w, 0.0) / 7; })
              : shares([](double w) { return (w + 7) / 14; });
    const auto negative =
        shares([](double w) { return std::max(-w, 0.0) / 7; });
    layer.mutable_crossbar()->set_groups_per_array(1);
    const auto apart = written(layer, weights);
    double difference = 0;
    for (size_t i = 0; i < result.size(); ++i) {
      EXPECT_NEAR(result[i],
                  pairs ? 7 * (positive[i] - negative[i]) : 14 * positive[i],
                  2e-5);
      difference = std::max<double>(difference, std::abs(result[i] - apart[i]));
    }
    EXPECT_GT(difference, 1e-3);
  }
}

TEST(WireEffects, WiresWithoutResistanceChangeNothing) {
  plan::Layer layer = layerOf({8, 3, 3, 3}, 0, 1);
  layer.mutable_crossbar()->mutable_wires()->set_row(0);
  layer.mutable_crossbar()->mutable_wires()->set_column(0);
  const Tensor weights = randomWeights(layer);
  const auto result = written(layer, weights);
  for (size_t i = 0; i < result.size(); ++i)
    EXPECT_NEAR(result[i], weights.as<float>()[i], 1e-6);
}

/// Wires act on the conductances that cells have, not on those meant.
TEST(WireEffects, ErrorsOfCellsComeFirst) {
  plan::Layer layer = layerOf({1, 1}, 1, 1);
  layer.mutable_crossbar()->mutable_wires()->set_row(300);
  layer.mutable_crossbar()->mutable_wires()->set_column(500);
  layer.mutable_shift()->set_amount(10);
  layer.mutable_shift()->set_unit(plan::MICROSIEMENS);
  auto seen = [](double uS) { return 1 / (1 / uS + 800e-6); };
  LayerProgram program(layer, makeTensor({1, 1}, std::vector<float>{48}));
  float result;
  program.writeAll(chip, {&result, 1});
  EXPECT_NEAR(result, seen(60) - seen(12), 1e-4);
}

TEST(WireEffects, FirstOrderIsAnOption) {
  plan::Layer layer = layerOf({8, 3, 3, 3}, 0, 1);
  const Tensor weights = randomWeights(layer);
  const auto exact = written(layer, weights);
  layer.mutable_crossbar()->mutable_wires()->set_first_order(true);
  const double difference =
      test::largestDifference(written(layer, weights), exact);
  EXPECT_GT(difference, 1e-5);
  EXPECT_LT(difference, 0.02);
}

} // namespace
