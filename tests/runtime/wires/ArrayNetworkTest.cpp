//===- ArrayNetworkTest.cpp - An array of cells and its wires -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ArrayNetwork.h"
#include "tests/runtime/Differences.h"
#include "tests/runtime/wires/GeneralNetwork.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace cim;

namespace {

std::vector<double> randomCells(size_t rows, size_t columns, double highest,
                                unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(0, highest);
  std::vector<double> cells(rows * columns);
  for (double &cell : cells)
    cell = generator() % 4 == 0 ? 0 : uniform(generator);
  return cells;
}

std::vector<double> solved(const Wires &wires, size_t rows, size_t columns,
                           std::vector<double> cells) {
  ArrayNetwork().solve(wires, rows, columns, cells);
  return cells;
}

std::vector<double> firstOrder(const Wires &wires, size_t rows, size_t columns,
                               std::vector<double> cells) {
  ArrayNetwork().solveFirstOrder(wires, rows, columns, cells);
  return cells;
}

void expectNear(const std::vector<double> &actual,
                const std::vector<double> &expected, double tolerance,
                const std::string &what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t cell = 0; cell < actual.size(); ++cell)
    ASSERT_NEAR(actual[cell], expected[cell], tolerance)
        << what << ", cell " << cell;
}

TEST(ArrayNetwork, OneCellIsThreeResistorsInSeries) {
  // 1/(1000 ohm) with 5 ohm before and 7 ohm behind.
  EXPECT_NEAR(solved({5, 7}, 1, 1, {1000})[0], 1e6 / (5 + 1000 + 7), 1e-9);
  // Two drivers at once: half the resistance.
  EXPECT_NEAR(solved({5, 7, true}, 1, 1, {1000})[0], 1e6 / (2.5 + 1000 + 7),
              1e-9);
}

TEST(ArrayNetwork, TwoCellsByHand) {
  // One row: the second cell lies behind another segment. With r the wire's
  // resistance and g both cells' conductance, columns without resistance:
  // v1 = (1 - r (i1 + i2)), v2 = v1 - r i2, i = g v.
  const double r = 100, g = 1e-3;
  const double a = 1 + r * g, both = a + a * r * g + r * g;
  expectNear(solved({r, 0}, 1, 2, {1000, 1000}),
             {g * a / both * 1e6, g / both * 1e6}, 1e-9, "row");
  // One column, whose sink is next to the second row: by reciprocity the same,
  // the other way round.
  expectNear(solved({0, r}, 2, 1, {1000, 1000}),
             {g / both * 1e6, g * a / both * 1e6}, 1e-9, "column");
}

TEST(ArrayNetwork, WithoutResistanceNothingChanges) {
  for (auto [rows, columns] : {std::pair(9, 5), {5, 9}, {40, 3}, {1, 1}}) {
    auto cells = randomCells(rows, columns, 100);
    expectNear(solved({}, rows, columns, cells), cells, 1e-11, "exact");
    expectNear(firstOrder({}, rows, columns, cells), cells, 1e-11, "first");
  }
}

TEST(ArrayNetwork, AgreesWithAGeneralSparseSolver) {
  struct Case {
    size_t rows, columns;
  };
  for (auto [rows, columns] : {Case{1, 1},
                               {1, 7},
                               {7, 1},
                               {2, 3},
                               {8, 8},
                               {9, 17},
                               {17, 9},
                               {40, 5},
                               {5, 40},
                               {33, 16},
                               {64, 20},
                               {100, 7},
                               {24, 70}})
    for (Wires wires : {Wires{1.5, 1.5}, {0.3, 20}, {20, 0.3}, {500, 900}})
      for (bool both : {false, true}) {
        wires.driveBothEnds = both;
        auto cells = randomCells(rows, columns, 100);
        expectNear(solved(wires, rows, columns, cells),
                   effectiveConductances(wires, rows, columns, cells), 1e-9,
                   std::to_string(rows) + "x" + std::to_string(columns) +
                       " both " + std::to_string(both) + " row " +
                       std::to_string(wires.row));
      }
}

TEST(ArrayNetwork, OneSolverForArraysOfManySizes) {
  ArrayNetwork network;
  for (auto [rows, columns] : {std::pair(60, 40), {3, 2}, {70, 9}, {9, 70}}) {
    auto cells = randomCells(rows, columns, 100), again = cells;
    network.solve({2, 3}, rows, columns, again);
    EXPECT_EQ(again, solved({2, 3}, rows, columns, cells));
  }
}

TEST(ArrayNetwork, SameBitsOnEveryInstructionSet) {
  struct Guard {
    ~Guard() { setProductSet(ProductSet::fastest); }
  } guard;
  for (auto [rows, columns] : {std::pair(70, 37), {37, 70}, {12, 5}}) {
    const auto cells = randomCells(rows, columns, 100);
    setProductSet(ProductSet::baseline);
    const auto baseline = solved({1, 2, true}, rows, columns, cells);
    std::vector<ProductSet> sets = {ProductSet::fastest};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      sets.push_back(ProductSet::avx2);
    for (ProductSet set : sets) {
      setProductSet(set);
      EXPECT_EQ(solved({1, 2, true}, rows, columns, cells), baseline);
    }
  }
}

/// The error of the first order falls with the square of the resistance.
TEST(ArrayNetwork, FirstOrderIsTheBeginningOfTheExactSolution) {
  for (bool both : {false, true}) {
    const size_t rows = 20, columns = 12;
    const auto cells = randomCells(rows, columns, 100);
    auto error = [&](double ohm) {
      const Wires wires{ohm, 2 * ohm, both};
      return test::largestDifference(firstOrder(wires, rows, columns, cells),
                                     solved(wires, rows, columns, cells));
    };
    EXPECT_LT(error(0.1), 0.01);
    EXPECT_NEAR(error(0.2) / error(0.1), 4, 0.2);
  }
}

/// Cells that no current reaches, or all of it, at any resistance.
TEST(ArrayNetwork, ExtremesStayFinite) {
  const auto open = solved({1e6, 1e6}, 300, 30, std::vector<double>(9000, 0));
  EXPECT_THAT(open, testing::Each(0));
  for (double value :
       solved({1e6, 1e6}, 300, 30, std::vector<double>(9000, 1e6))) {
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 1);
  }
}

} // namespace
