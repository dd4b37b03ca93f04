//===- GeneralNetwork.cpp - Arrays as networks of resistors ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/wires/GeneralNetwork.h"

#include <Eigen/SparseCholesky>
#include <stdexcept>

using namespace cim;

std::vector<double> cim::effectiveConductances(const Wires &wires, size_t rows,
                                               size_t columns,
                                               const std::vector<double> &uS) {
  const size_t nodes = 2 * rows * columns;
  auto onRow = [&](size_t i, size_t j) { return i * columns + j; };
  auto onColumn = [&](size_t i, size_t j) {
    return rows * columns + i * columns + j;
  };
  std::vector<Eigen::Triplet<double>> entries;
  auto toGround = [&](size_t node, double siemens) {
    entries.emplace_back(node, node, siemens);
  };
  auto resistor = [&](size_t a, size_t b, double siemens) {
    toGround(a, siemens);
    toGround(b, siemens);
    entries.emplace_back(a, b, -siemens);
    entries.emplace_back(b, a, -siemens);
  };
  const double row = 1 / wires.row, column = 1 / wires.column;
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) {
      resistor(onRow(i, j), onColumn(i, j), uS[i * columns + j] * 1e-6);
      if (j > 0)
        resistor(onRow(i, j - 1), onRow(i, j), row);
      if (i > 0)
        resistor(onColumn(i - 1, j), onColumn(i, j), column);
    }
  for (size_t i = 0; i < rows; ++i) {
    toGround(onRow(i, 0), row);
    if (wires.driveBothEnds)
      toGround(onRow(i, columns - 1), row);
  }
  for (size_t j = 0; j < columns; ++j)
    toGround(onColumn(rows - 1, j), column);

  Eigen::SparseMatrix<double> matrix(nodes, nodes);
  matrix.setFromTriplets(entries.begin(), entries.end());
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
  if (solver.info() != Eigen::Success)
    throw std::runtime_error("the network has no solution");
  std::vector<double> effective;
  for (size_t i = 0; i < rows; ++i) {
    Eigen::VectorXd current = Eigen::VectorXd::Zero(nodes);
    current[onRow(i, 0)] += row;
    if (wires.driveBothEnds)
      current[onRow(i, columns - 1)] += row;
    const Eigen::VectorXd voltage = solver.solve(current);
    for (size_t j = 0; j < columns; ++j)
      effective.push_back(voltage[onColumn(rows - 1, j)] * column * 1e6);
  }
  return effective;
}
