//===- ArrayNetwork.cpp - An array of cells and its wires -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ArrayNetwork.h"
#include "runtime/wires/ProductKernels.h"

#include <algorithm>
#include <cassert>

using namespace cim;

static ProductKernel *kernelOf(ProductSet set) {
  switch (set) {
  case ProductSet::baseline:
    return addProductBaseline;
  case ProductSet::avx2:
    return addProductAvx2;
  case ProductSet::avx512:
    return addProductAvx512;
  case ProductSet::fastest:
    break;
  }
  if (__builtin_cpu_supports("avx512f"))
    return addProductAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return addProductAvx2;
  return addProductBaseline;
}

static ProductKernel *&kernelInUse() {
  static ProductKernel *kernel = kernelOf(ProductSet::fastest);
  return kernel;
}

void cim::setProductSet(ProductSet set) { kernelInUse() = kernelOf(set); }

/// \p count, rounded up to a width that kernels take.
static size_t padded(size_t count) {
  return (count + ProductWidth - 1) / ProductWidth * ProductWidth;
}

void ArrayNetwork::solve(const Wires &wires, size_t rows, size_t columns,
                         std::span<double> conductances) {
  assert(conductances.size() == rows * columns);
  constexpr double perOhm = 1e-6; // a resistance in 1/uS
  const Line row{wires.row * perOhm, wires.driveBothEnds};
  const Line column{wires.column * perOhm, false};
  // Wide arrays are turned: by reciprocity, the current that a volt on row i
  // sends into the sink of column j is what a volt on that sink would send into
  // row i. Seen from there, the lines of columns drive, in the order from their
  // sink, and those of rows collect. Two drivers at a row would become two
  // collectors, which cost twice as much.
  if (columns <= (wires.driveBothEnds ? 2 * rows : rows))
    return solveExactly(row, column, rows, columns, conductances);
  turned.resize(rows * columns);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      turned[(columns - 1 - j) * rows + (rows - 1 - i)] =
          conductances[i * columns + j];
  solveExactly(column, row, columns, rows, turned);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j)
      conductances[i * columns + j] =
          turned[(columns - 1 - j) * rows + (rows - 1 - i)];
}

void ArrayNetwork::solveExactly(Line drivers, Line collectors, size_t rows,
                                size_t columns,
                                std::span<double> conductances) {
  sum.resize(rows * columns);
  sweep(drivers, collectors, rows, columns, conductances.data(), sum.data());
  if (!collectors.bothEnds) {
    std::copy(sum.begin(), sum.end(), conductances.begin());
    return;
  }
  // A sweep gives the current into the sink behind the last row. The other
  // one's is that of the same array with its rows in the other order.
  auto reverseRows = [&](const double *from, double *to) {
    for (size_t i = 0; i < rows; ++i)
      std::copy_n(from + i * columns, columns, to + (rows - 1 - i) * columns);
  };
  reversed.resize(rows * columns);
  reverseRows(conductances.data(), reversed.data());
  sweep(drivers, collectors, rows, columns, reversed.data(),
        conductances.data());
  reverseRows(conductances.data(), reversed.data());
  for (size_t cell = 0; cell < sum.size(); ++cell)
    conductances[cell] = sum[cell] + reversed[cell];
}

/// Eliminates the nodes of one row's wire. With g the cells' conductances, T
/// the wire's matrix (segments at a node, -1 between neighbours) and
/// Q = (T + R diag(g))^-1, the column lines see the conductances
/// diag(g) - R diag(g) Q diag(g), and the currents diag(g) Q e per volt of the
/// row, e the ends that are driven. Leaves R Q in `coupling` and the currents
/// in `injected`.
void ArrayNetwork::couple(Line drivers, size_t columns, const double *g) {
  const size_t stride = padded(columns);
  coupling.assign(columns * stride, 0);
  injected.resize(columns);
  forward.resize(columns);
  backward.resize(columns);
  const size_t last = columns - 1;
  auto diagonal = [&](size_t j) {
    const double segments = j < last || drivers.bothEnds ? 2 : 1;
    return segments + drivers.resistance * g[j];
  };
  // The inverse of a tridiagonal matrix from its two continued fractions.
  for (size_t j = 0; j < columns; ++j)
    forward[j] = 1 / (diagonal(j) - (j > 0 ? forward[j - 1] : 0));
  for (size_t j = columns; j-- > 0;)
    backward[j] = 1 / (diagonal(j) - (j < last ? backward[j + 1] : 0));
  double *q = coupling.data();
  for (size_t j = 0; j < columns; ++j)
    q[j * stride + j] = 1 / (1 / forward[j] + 1 / backward[j] - diagonal(j));
  for (size_t j = 1; j < columns; ++j)
    for (size_t k = 0; k < j; ++k)
      q[j * stride + k] = q[(j - 1) * stride + k] * backward[j];
  for (size_t j = last; j-- > 0;)
    for (size_t k = j + 1; k < columns; ++k)
      q[j * stride + k] = q[(j + 1) * stride + k] * forward[j];
  for (size_t j = 0; j < columns; ++j)
    injected[j] =
        g[j] * (q[j * stride] + (drivers.bothEnds ? q[j * stride + last] : 0));
  for (double &element : coupling)
    element *= drivers.resistance;
}

/// The columns that are eliminated at a time.
static constexpr size_t PanelColumns = ProductWidth;

/// The inverse of a small positive definite matrix, in place.
static void invert(double (&a)[PanelColumns][PanelColumns], size_t size) {
  for (size_t k = 0; k < size; ++k) {
    const double pivot = 1 / a[k][k];
    a[k][k] = 1;
    for (size_t j = 0; j < size; ++j)
      a[k][j] *= pivot;
    for (size_t i = 0; i < size; ++i) {
      if (i == k)
        continue;
      const double factor = a[i][k];
      a[i][k] = 0;
      for (size_t j = 0; j < size; ++j)
        a[i][j] -= factor * a[k][j];
    }
  }
}

/// Gauss-Jordan elimination in place: the first \p size columns of `system`, a
/// positive definite matrix S, become its inverse, those after them up to
/// \p width what they were times S^-1.
void ArrayNetwork::eliminate(size_t size, size_t width, size_t stride) {
  ProductKernel *addProduct = kernelInUse();
  panel.resize(size * PanelColumns);
  pivotRows.resize(PanelColumns * stride);
  double *x = system.data();
  for (size_t k = 0; k < size; k += PanelColumns) {
    const size_t count = std::min(PanelColumns, size - k);
    double pivot[PanelColumns][PanelColumns];
    for (size_t i = 0; i < size; ++i)
      for (size_t j = 0; j < count; ++j) {
        panel[i * PanelColumns + j] = -x[i * stride + k + j];
        x[i * stride + k + j] = 0;
      }
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < count; ++j)
        pivot[i][j] = -panel[(k + i) * PanelColumns + j];
      x[(k + i) * stride + k + i] = 1;
    }
    invert(pivot, count);
    std::fill(pivotRows.begin(), pivotRows.end(), 0);
    addProduct({pivotRows.data(), stride}, {pivot[0], PanelColumns},
               {x + k * stride, stride}, count, count, width);
    addProduct({x, stride}, {panel.data(), PanelColumns},
               {pivotRows.data(), stride}, k, count, width);
    addProduct({x + (k + count) * stride, stride},
               {panel.data() + (k + count) * PanelColumns, PanelColumns},
               {pivotRows.data(), stride}, size - k - count, count, width);
    for (size_t i = 0; i < count; ++i)
      std::copy_n(pivotRows.data() + i * stride, width, x + (k + i) * stride);
  }
}

/// Eliminates the rows of an array one after the other, each a block with one
/// unknown per column line. Row i's voltages on the lines are
///
///   c_i = P_i (y_i + c_i+1),   P_i = (R A_i + k_i - P_i-1)^-1,
///   y_i = b_i V_i + P_i-1 y_i-1,
///
/// with A_i and b_i from couple(), R the resistance of the column lines and k_i
/// the segments at each of their nodes; the sinks receive P_last y_last. Rows
/// form segments, whose inputs are carried along as right-hand sides, together
/// with what comes from the rows before; so that the work per row does not grow
/// with the number of rows, and no P has to be kept.
void ArrayNetwork::sweep(Line drivers, Line collectors, size_t rows,
                         size_t columns, const double *conductances,
                         double *effective) {
  const size_t block = padded(columns), length = block;
  const size_t stride = 3 * block;
  system.assign(columns * stride, 0);
  double *x = system.data();
  segments.resize((rows + length - 1) / length);
  for (size_t i = 0; i < rows; ++i) {
    const size_t place = i % length;
    Segment &segment = segments[i / length];
    const bool isFirst = i < length;
    // Right-hand sides: what comes from before, and one per input.
    const size_t inputs = isFirst ? block : 2 * block;
    if (place == 0) {
      segment.begin = i;
      segment.count = std::min(length, rows - i);
      for (size_t r = 0; r < columns; ++r) {
        std::fill_n(x + r * stride + block, 2 * block, 0);
        if (!isFirst)
          x[r * stride + block + r] = 1;
      }
    }
    const double *g = conductances + i * columns;
    couple(drivers, columns, g);
    const double ends = i > 0 || collectors.bothEnds ? 2 : 1;
    for (size_t r = 0; r < columns; ++r) {
      const double *q = coupling.data() + r * block;
      double *line = x + r * stride;
      const double own = collectors.resistance * g[r];
      for (size_t c = 0; c < columns; ++c)
        line[c] = -(own * q[c] * g[c]) - line[c];
      line[r] += own + ends;
      line[inputs + place] = injected[r];
    }
    eliminate(columns, padded(inputs + place + 1), stride);
    if (place + 1 < segment.count)
      continue;
    segment.inputs.resize(columns * block);
    segment.transfer.resize(isFirst ? 0 : columns * block);
    for (size_t r = 0; r < columns; ++r) {
      std::copy_n(x + r * stride + inputs, block,
                  segment.inputs.data() + r * block);
      if (!isFirst)
        std::copy_n(x + r * stride + block, block,
                    segment.transfer.data() + r * block);
    }
  }

  // From the sinks back: carried is what brings a segment's end to them.
  ProductKernel *addProduct = kernelInUse();
  for (size_t s = segments.size(); s-- > 0;) {
    const Segment &segment = segments[s];
    const bool isLast = s + 1 == segments.size();
    auto bringToSinks = [&](const std::vector<double> &matrix,
                            std::vector<double> &result) {
      if (isLast) {
        result = matrix;
        return;
      }
      result.assign(columns * block, 0);
      addProduct({result.data(), block}, {carried.data(), block},
                 {matrix.data(), block}, columns, columns, block);
    };
    bringToSinks(segment.inputs, product);
    for (size_t i = 0; i < segment.count; ++i)
      for (size_t j = 0; j < columns; ++j)
        effective[(segment.begin + i) * columns + j] = product[j * block + i];
    if (s > 0) {
      bringToSinks(segment.transfer, product);
      std::swap(carried, product);
    }
  }
}
