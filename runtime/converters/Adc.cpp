//===- Adc.cpp - What ADCs make of partial sums ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/Adc.h"

#include "runtime/converters/Mismatch.h"
#include "runtime/mapping/Tiles.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace cim;
using random::Source;

double AdcColumn::wanted(double sum, double lastCode) const {
  const double code = sum * perSum;
  const double share = std::clamp(code / lastCode, -1.0, 1.0);
  return code + offset + bend * (share - share * share * share);
}

double AdcColumn::convert(double sum, double lastCode) const {
  return step *
         std::rint(std::clamp(wanted(sum, lastCode), -lastCode, lastCode));
}

bool AdcColumn::clips(double sum, double lastCode) const {
  return std::abs(wanted(sum, lastCode)) > lastCode + 0.5;
}

uint32_t cim::limitCount(const plan::Layer &layer) {
  const TileCounts tiles = countTiles(layer);
  return slicesOf(layer) *
         (layer.adc().per_tile() ? tiles.rowTiles * tiles.columnTiles : 1);
}

uint32_t cim::limitOf(const plan::Layer &layer, uint32_t slice,
                      uint32_t rowTile, uint32_t channel) {
  if (!layer.adc().per_tile())
    return slice;
  const TileCounts tiles = countTiles(layer);
  const uint32_t columnTile = channel % layer.crossbar().matrix_columns() /
                              layer.crossbar().array_columns();
  return (slice * tiles.rowTiles + rowTile) * tiles.columnTiles + columnTile;
}

AdcBank::AdcBank(const plan::Layer &asked)
    : layer(asked), slices(slicesOf(layer)),
      rowTiles(countTiles(layer).rowTiles),
      channels(layer.crossbar().matrix_columns() * layer.crossbar().groups()),
      last((1 << (layer.adc().bits() - 1)) - 1) {
  assert(layer.adc().limits_size() > 0);
  columns.resize(size_t(slices) * rowTiles * channels);
  draw({});
}

bool AdcBank::isRandom() const { return hasMismatch(layer.adc()); }

void AdcBank::draw(const Chip &chip) {
  const plan::Adc &adc = layer.adc();
  const size_t perSlice = size_t(rowTiles) * channels;
  std::vector<float> gain(perSlice), offset(perSlice), bend(perSlice);
  auto drawInto = [&](std::vector<float> &draws, Source source, double width,
                      uint32_t slice) {
    drawMismatch(chip, layer.index(), source, slice, width, draws);
  };
  for (uint32_t slice = 0; slice < slices; ++slice) {
    drawInto(gain, Source::adcGain, adc.gain_mismatch(), slice);
    drawInto(offset, Source::adcOffset, adc.offset_mismatch(), slice);
    drawInto(bend, Source::adcNonlinearity, adc.nonlinearity_mismatch(), slice);
    for (size_t i = 0; i < perSlice; ++i) {
      const double limit =
          adc.limits(limitOf(layer, slice, i / channels, i % channels));
      AdcColumn &column = columns[slice * perSlice + i];
      column.step = limit / last;
      column.perSum = (1 + double(gain[i])) / column.step;
      column.offset = offset[i];
      column.bend = bend[i] * bendOfOneCode;
    }
  }
}
