//===- MappedLayer.cpp - A layer's arrays, in double precision ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/MappedLayer.h"

#include "runtime/converters/Mismatch.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/reference/Conversion.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace cim;

/// How many numbers of \p tensor belong to images of \p batch.
static size_t filled(const Batch &batch, const reference::Tensor &tensor) {
  return batch.filled(tensor.shape.empty() ? 1 : tensor.shape[0],
                      tensor.numbers.size());
}

std::vector<reference::Tensor> cim::driven(const plan::Layer &layer,
                                           const reference::Tensor &input,
                                           ConverterCounts &counts,
                                           const Batch &batch) {
  if (!layer.has_dac())
    return {input};
  const Dac dac = dacOf(layer);
  std::vector<reference::Tensor> drives(dac.applications(), input);
  const size_t counted = filled(batch, input);
  for (size_t i = 0; i < input.numbers.size(); ++i) {
    const int64_t code = dac.code(input.numbers[i]);
    for (unsigned which = 0; which < drives.size(); ++which)
      drives[which].numbers[i] = dac.drive(code, which);
    counts.clippedInputs += i < counted && dac.clips(input.numbers[i]);
  }
  counts.inputs += counted;
  return drives;
}

std::vector<reference::Tensor>
cim::digitalInputs(const plan::Layer &layer, const reference::Tensor &input) {
  if (!hasDigitalInputs(layer))
    return {};
  plan::Layer linear = layer;
  linear.mutable_dac()->clear_curve_input();
  linear.mutable_dac()->clear_curve_current();
  ConverterCounts counted; // by driven() already
  return driven(linear, input, counted);
}

MappedLayer::MappedLayer(const plan::Step &step, const plan::Layer &layer,
                         const ReadNoise &noise)
    : step(step), layer(layer), attributes(attributesOf(step)), noise(noise) {
  if (step.operation() == "gemm") {
    alpha = std::get<double>(attributes["alpha"]);
    attributes["alpha"] = 1.0;
  }
  // Without an ADC, nothing happens between arrays.
  rowTiles = layer.has_adc() ? countTiles(layer).rowTiles : 1;
  tileRows = layer.has_adc() ? layer.crossbar().array_rows()
                             : layer.crossbar().matrix_rows();
  if (layer.has_adc() && !layer.adc().limits().empty())
    adc.emplace(layer);
  if (hasMismatch(layer.dac()))
    dacs.emplace(layer);
  slices.assign(layer.has_adc() ? slicesOf(layer) : 1, constant(0));
}

void MappedLayer::bindProgram(const LayerProgram &program) {
  digitalPart = program.digitalPart();
  uniformVariance.assign(slices.size(), 0);
  for (uint32_t slice = 0; slice < program.slices(); ++slice)
    uniformVariance[slices.size() > 1 ? slice : 0] +=
        uniformReadVariance(layer, program.fullScale(slice));
  variances.clear();
  for (double variance : uniformVariance)
    variances.push_back(constant(variance));
}

void MappedLayer::beginChip(const Chip &chip) {
  if (dacs)
    dacs->draw(chip);
  if (adc)
    adc->draw(chip);
  noise.chip = chip;
}

void MappedLayer::packSlice(unsigned slice, const float *written, int64_t begin,
                            int64_t end) {
  std::vector<double> &numbers = slices[slice].numbers;
  const int64_t row = numbers.size() / layer.shape(0);
  std::copy(written, written + (end - begin) * row,
            numbers.begin() + begin * row);
}

void MappedLayer::packReadVariance(unsigned slice, const float *variance,
                                   int64_t begin, int64_t end) {
  std::vector<double> &numbers = variances[slice].numbers;
  const int64_t row = numbers.size() / layer.shape(0);
  for (int64_t i = 0; i < (end - begin) * row; ++i)
    numbers[begin * row + i] = uniformVariance[slice] + variance[i];
}

void MappedLayer::write(const Chip &chip, const LayerProgram &program) {
  bindProgram(program);
  beginChip(chip);
  compensate(program.driftCompensation());
  packAll(chip, program);
}

void MappedLayer::packAll(const Chip &chip, const LayerProgram &program) {
  std::vector<float> written(slices[0].numbers.size());
  for (unsigned slice = 0; slice < slices.size(); ++slice) {
    const auto which = readsSlices() ? std::optional(slice) : std::nullopt;
    program.writeArrays(chip, which, 0, written);
    packSlice(slice, written.data(), 0, layer.shape(0));
    if (!readsVariance())
      continue;
    program.writeReadVariance(chip, which, 0, written);
    packReadVariance(slice, written.data(), 0, layer.shape(0));
  }
}

reference::Tensor MappedLayer::constant(double number) const {
  reference::Tensor weights;
  weights.shape.assign(layer.shape().begin(), layer.shape().end());
  int64_t count = 1;
  for (int64_t extent : weights.shape)
    count *= extent;
  weights.numbers.assign(count, number);
  return weights;
}

uint32_t MappedLayer::rowTileOf(size_t index) const {
  return WeightMatrix(layer).rowOf(index) / tileRows;
}

reference::Tensor MappedLayer::onlyTile(const reference::Tensor &weights,
                                        uint32_t rowTile) const {
  reference::Tensor tile = weights;
  for (size_t i = 0; i < tile.numbers.size(); ++i)
    if (rowTileOf(i) != rowTile)
      tile.numbers[i] = 0;
  return tile;
}

reference::Tensor MappedLayer::compute(const reference::Tensor &input,
                                       const reference::Tensor &weights,
                                       const plan::Value &result) const {
  const reference::Tensor *operands[] = {&input, &weights};
  std::vector<reference::Tensor> sums = {zeros(result)};
  const bool isKnown =
      reference::evaluate(step.operation(), attributes, operands, sums);
  assert(isKnown && "layers are conv, gemm or matmul");
  (void)isKnown;
  return std::move(sums[0]);
}

uint32_t MappedLayer::channelOf(std::span<const int64_t> shape,
                                size_t index) const {
  if (step.operation() != "conv")
    return index % shape.back();
  size_t pixels = 1;
  for (int64_t extent : shape.subspan(2))
    pixels *= extent;
  return index / pixels % shape[1];
}

void MappedLayer::addMismatch(const reference::Tensor &drive, uint32_t slice,
                              uint32_t rowTile, const plan::Value &result,
                              reference::Tensor &sums) const {
  const reference::Tensor weights = onlyTile(slices[slice], rowTile);
  // Weights times what \p of their row's DAC.
  auto scaled = [&](float DacRow::*of) {
    reference::Tensor product = weights;
    for (size_t i = 0; i < product.numbers.size(); ++i)
      product.numbers[i] *= dacs->rowOf(i).*of;
    return product;
  };
  auto add = [&](const reference::Tensor &more) {
    for (size_t i = 0; i < sums.numbers.size(); ++i)
      sums.numbers[i] += more.numbers[i];
  };
  add(compute(drive, scaled(&DacRow::gain), result));

  const Dac dac = dacOf(layer);
  reference::Tensor bent = drive;
  for (double &number : bent.numbers)
    number = dac.bent(std::llrint(number / dac.step()));
  if (dacs->isBent())
    add(compute(bent, scaled(&DacRow::bend), result));

  // A row is off by its offset whatever it is given, padding included.
  const WeightMatrix matrix(layer);
  const reference::Tensor offsets = scaled(&DacRow::offset);
  std::vector<double> ofChannel(matrix.channels);
  for (size_t i = 0; i < offsets.numbers.size(); ++i)
    ofChannel[matrix.channelOf(i)] += offsets.numbers[i];
  for (size_t i = 0; i < sums.numbers.size(); ++i)
    sums.numbers[i] += ofChannel[channelOf(sums.shape, i)];
}

void MappedLayer::addNoise(const reference::Tensor &drive, uint32_t slice,
                           uint32_t rowTile, uint32_t array,
                           uint64_t firstImage, const plan::Value &result,
                           reference::Tensor &sums) const {
  reference::Tensor squares = drive;
  for (double &number : squares.numbers)
    number *= number;
  const reference::Tensor energy =
      compute(squares, onlyTile(variances[slice], rowTile), result);
  // Channels of a matrix come fastest, as in the numbers that are drawn.
  const bool isConv = step.operation() == "conv";
  const size_t rows = isConv ? sums.shape[0] : 1;
  const size_t perRow = sums.numbers.size() / rows;
  const size_t channels = isConv ? sums.shape[1] : sums.shape.back();
  const size_t pixels = perRow / channels;
  std::vector<float> draws(perRow);
  for (size_t row = 0; row < rows; ++row) {
    noise.draw(firstImage, row, array, 0, draws);
    for (size_t i = 0; i < perRow; ++i) {
      const size_t place = isConv ? i % pixels * channels + i / pixels : i;
      const size_t at = row * perRow + i;
      sums.numbers[at] += std::sqrt(energy.numbers[at]) * draws[place];
    }
  }
}

void MappedLayer::forEachArray(std::span<const reference::Tensor> drives,
                               const plan::Value &result,
                               const Visit &visit) const {
  for (uint32_t which = 0; which < drives.size(); ++which)
    for (uint32_t tile = 0; tile < rowTiles; ++tile)
      for (uint32_t slice = 0; slice < slices.size(); ++slice) {
        reference::Tensor sums =
            compute(drives[which], onlyTile(slices[slice], tile), result);
        if (dacs)
          addMismatch(drives[which], slice, tile, result, sums);
        visit(which, slice, tile, sums);
      }
}

reference::Tensor
MappedLayer::run(std::span<const reference::Tensor *const> operands,
                 std::span<const reference::Tensor> drives,
                 std::span<const reference::Tensor> digital,
                 uint64_t firstImage, const plan::Value &result,
                 ConverterCounts &counts, const Batch &batch) const {
  reference::Tensor total = zeros(result);
  uint32_t array = 0;
  auto significance = [&](uint32_t which) {
    return layer.has_dac() ? dacOf(layer).significance(which) : 1;
  };
  const auto inputs = digital.empty() ? drives : digital;
  if (digitalPart != 0)
    for (uint32_t which = 0; which < inputs.size(); ++which) {
      const reference::Tensor sums =
          compute(inputs[which], constant(digitalPart), result);
      for (size_t i = 0; i < sums.numbers.size(); ++i)
        total.numbers[i] += significance(which) * sums.numbers[i];
    }
  forEachArray(
      drives, result,
      [&](uint32_t which, uint32_t slice, uint32_t tile,
          reference::Tensor &sums) {
        if (uniformVariance[slice] > 0 || readsVariance())
          addNoise(drives[which], slice, tile, array, firstImage, result, sums);
        ++array;
        const size_t counted = filled(batch, sums);
        for (size_t i = 0; i < sums.numbers.size(); ++i) {
          double value = sums.numbers[i];
          if (adc) {
            const AdcColumn &column =
                adc->column(slice, tile, channelOf(sums.shape, i));
            counts.clippedSums +=
                i < counted && column.clips(value, adc->lastCode());
            value = column.convert(value, adc->lastCode());
          }
          total.numbers[i] += significance(which) * compensation * value;
        }
        if (adc)
          counts.sums += counted;
      });

  // The bias, as the operation adds it to products of zero.
  const reference::Tensor zero = constant(0);
  std::vector<const reference::Tensor *> others(operands.begin(),
                                                operands.end());
  others[1] = &zero;
  std::vector<reference::Tensor> bias = {zeros(result)};
  reference::evaluate(step.operation(), attributes, others, bias);
  for (size_t i = 0; i < total.numbers.size(); ++i)
    total.numbers[i] = alpha * total.numbers[i] + bias[0].numbers[i];
  return total;
}
