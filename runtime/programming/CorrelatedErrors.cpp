//===- CorrelatedErrors.cpp - Errors that cells have in common ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/CorrelatedErrors.h"

#include <algorithm>

using namespace cim;
using random::Source;

CorrelatedErrors::CorrelatedErrors(const plan::Layer &layer)
    : layer(layer.index()), matrix(layer), itsUnit(layer.correlated().unit()),
      column(float(layer.correlated().column())),
      array(float(layer.correlated().array())),
      die(float(layer.correlated().die())) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const bool ofCells = itsUnit == plan::MICROSIEMENS;
  constexpr uint64_t all = uint64_t(1) << 40; // more than any layer has
  tileRows = ofCells ? std::max(crossbar.array_rows(), 1u) : all;
  tileColumns = ofCells ? std::max(crossbar.array_columns(), 1u) : all;
  groupsPerArray = std::max(crossbar.groups_per_array(), 1u);
  uint64_t weights = 1;
  for (int64_t extent : layer.shape())
    weights *= extent;
  const uint64_t rows = weights / std::max<uint64_t>(matrix.channels, 1);
  rowTiles = (rows + tileRows - 1) / tileRows;
  columnTiles = (matrix.channelsPerGroup + tileColumns - 1) / tileColumns;
}

void CorrelatedErrors::addTo(const Chip &chip, uint32_t slice, bool negative,
                             uint64_t first, float factor,
                             std::span<float> values) const {
  random::Coordinates at{.seed = chip.seed,
                         .trial = chip.trial,
                         .layer = layer,
                         .epoch = chip.epoch,
                         .slice = slice,
                         .negative = negative};
  auto drawOf = [&](Source source, uint64_t cell) {
    at.source = source;
    float draw;
    normal.draw(random::Stream(at), cell, {&draw, 1});
    return draw;
  };
  float common = 0;
  if (die > 0) {
    random::Coordinates ofChip{.seed = chip.seed,
                               .trial = chip.trial,
                               .layer = 0,
                               .source = Source::die,
                               .epoch = chip.epoch};
    normal.draw(random::Stream(ofChip), 0, {&common, 1});
    common *= die * factor;
  }
  // Stretches of neighbours in one row, or in one column, of one array.
  for (size_t done = 0; done < values.size();) {
    const uint64_t weight = first + done;
    const uint64_t row = matrix.rowOf(weight);
    const uint64_t channel = matrix.channelOf(weight);
    const uint64_t inGroup = channel % matrix.channelsPerGroup;
    const bool sharesRow = matrix.neighboursShareRow();
    const size_t count =
        std::min<uint64_t>({values.size() - done, matrix.stretch(weight),
                            sharesRow ? tileColumns - inGroup % tileColumns
                                      : tileRows - row % tileRows});
    const uint64_t rowTile = row / tileRows;
    float error = common;
    if (array > 0) {
      const uint64_t group = channel / matrix.channelsPerGroup / groupsPerArray;
      error +=
          array * factor *
          drawOf(Source::array, (group * rowTiles + rowTile) * columnTiles +
                                    inGroup / tileColumns);
    }
    const std::span<float> stretch = values.subspan(done, count);
    const uint64_t firstColumn = rowTile * matrix.channels + channel;
    if (column > 0 && sharesRow) {
      constexpr size_t together = random::CellsPerGroup;
      for (size_t i = 0; i < count; i += together) {
        float draws[together];
        const size_t some = std::min(together, count - i);
        at.source = Source::column;
        normal.draw(random::Stream(at), firstColumn + i, {draws, some});
        for (size_t k = 0; k < some; ++k)
          stretch[i + k] += error + column * factor * draws[k];
      }
    } else {
      if (column > 0)
        error += column * factor * drawOf(Source::column, firstColumn);
      for (float &value : stretch)
        value += error;
    }
    done += count;
  }
}
