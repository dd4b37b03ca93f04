//===- Cells.cpp - Weights as conductances, and their errors --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Cells.h"
#include "runtime/programming/Draws.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace cim;
using random::Source;

struct Cells::Block {
  float target[MaximumWeights]; ///< conductance that a cell is meant to have
  float change[MaximumWeights]; ///< what it has more
  float draw[MaximumWeights];
  uint32_t words[MaximumWeights];
  bool isStuck[MaximumWeights];
};

/// Bits of the code that cells slice.
static unsigned slicedBits(const plan::Quantize &quantize,
                           bool isDifferential) {
  return isDifferential ? quantize.bits() - 1 : quantize.bits();
}

Cells::Cells(const plan::Layer &layer, double lowest, double highest,
             const Scale &scale)
    : layer(layer.index()) {
  const plan::Crossbar &crossbar = layer.crossbar();
  isDifferential = crossbar.cells() == plan::Crossbar::DIFFERENTIAL;
  clipsToWindow = crossbar.clip_to_window();
  lowestConductance = float(crossbar.lowest_conductance());
  highestConductance = float(crossbar.highest_conductance());
  const double window =
      crossbar.highest_conductance() - crossbar.lowest_conductance();

  cellBits = crossbar.cell_bits();
  hasReference =
      !isDifferential && cellBits == 0 && !crossbar.ideal_reference();
  if (cellBits > 0) {
    unsigned bits = slicedBits(layer.quantize(), isDifferential);
    slices = (bits + cellBits - 1) / cellBits;
    step = scale.step;
    origin = scale.origin;
    digital = isDifferential ? 0 : origin;
    worthOfLowest = scale.step * ((1u << cellBits) - 1) / window;
  } else {
    double range =
        isDifferential ? std::max(-lowest, highest) : highest - lowest;
    zeroLevel = isDifferential ? 0 : float(lowest);
    perWeight = range > 0 ? float(1 / range) : 0;
    worthOfLowest = range / window;
    // Where all weights have one sign, what they have in common is added
    // digitally.
    const double zero = std::clamp(0.0, lowest, highest);
    double reference = zero - lowest;
    digital = isDifferential ? 0 : zero;
    referenceConductance =
        float(lowestConductance + window * (range > 0 ? reference / range : 0));
  }

  unsigned axis = layer.channel_axis();
  for (int dimension = 0; dimension < layer.shape_size(); ++dimension)
    if (unsigned(dimension) > axis)
      inner *= layer.shape(dimension);
    else if (unsigned(dimension) == axis)
      channels = layer.shape(dimension);
  channelsPerGroup = channels / std::max(crossbar.groups(), 1u);

  if (layer.has_device())
    device.emplace(layer.device(), crossbar.highest_conductance());
  if (layer.has_noise() && layer.noise().unit() == plan::MICROSIEMENS &&
      layer.noise().width() > 0) {
    distribution = distributionOf(layer.noise());
    width =
        Size{layer.noise().width(), LevelFactors(layer.noise().level_factor())};
  }
  if (layer.has_shift() && layer.shift().unit() == plan::MICROSIEMENS)
    shift = Size{layer.shift().amount(),
                 LevelFactors(layer.shift().level_factor())};
  if (layer.has_faults()) {
    lowFaults = wordsOf(layer.faults().low());
    highFaults =
        std::min(wordsOf(layer.faults().high()), wordsOf(1) - lowFaults);
  }
}

bool Cells::isRandom() const {
  return device || distribution || hasStuckCells();
}

bool Cells::hasErrors() const { return isRandom() || shift; }

bool Cells::hasStuckCells() const { return lowFaults + highFaults > 0; }

/// What all slices of a weight are worth, in units of the lowest.
double Cells::allShares() const {
  double sum = 0;
  for (unsigned slice = 0; slice < slices; ++slice)
    sum += std::exp2(slice * cellBits);
  return sum;
}

double Cells::worthOf(unsigned slice) const {
  return worthOfLowest * std::exp2(slice * cellBits);
}

template <typename Use>
void Cells::forEachDigit(Which which, std::span<const float> levels,
                         const Use &use) const {
  const unsigned shift = which.slice * cellBits, mask = (1u << cellBits) - 1;
  const double perStep = step > 0 ? (which.negative ? -1 : 1) / step : 0;
  for (size_t i = 0; i < levels.size(); ++i) {
    // Levels are whole numbers of steps, to rounding.
    auto code = int32_t((levels[i] - origin) * perStep + 0.5);
    use(i, float((unsigned(std::max(code, 0)) >> shift) & mask));
  }
}

void Cells::setTargets(Which which, std::span<const float> levels,
                       float *target) const {
  const float window = highestConductance - lowestConductance;
  if (cellBits > 0) {
    const float perDigit = window / float((1u << cellBits) - 1);
    forEachDigit(which, levels, [&](size_t i, float digit) {
      target[i] = lowestConductance + perDigit * digit;
    });
    return;
  }
  const float sign = which.negative ? -1 : 1;
  for (size_t i = 0; i < levels.size(); ++i) {
    float share = sign * ((levels[i] - zeroLevel) * perWeight);
    target[i] = lowestConductance + window * std::max(share, 0.0f);
  }
}

/// Adds \p size times \p draw(cell) to every conductance's change.
template <typename Size, typename Draw>
static void addSized(const Size &size, std::span<const float> target,
                     float lowest, float highest, float *conductance,
                     const Draw &draw) {
  const float amount = float(size.amount);
  if (size.factors.isConstant()) {
    for (size_t i = 0; i < target.size(); ++i)
      conductance[i] += amount * draw(i);
    return;
  }
  for (size_t i = 0; i < target.size(); ++i) {
    double position = (target[i] - lowest) / (highest - lowest);
    conductance[i] += amount * float(size.factors.at(position)) * draw(i);
  }
}

/// Fills block.change and block.isStuck for cells from \p begin on.
void Cells::changes(const Chip &chip, Which which, uint64_t begin,
                    std::span<const float> target, Block &block) const {
  const size_t count = target.size();
  float *conductance = block.change;
  random::Coordinates at{.seed = chip.seed,
                         .trial = chip.trial,
                         .layer = layer,
                         .source = Source::writeNoise,
                         .epoch = chip.epoch,
                         .slice = which.slice,
                         .negative = which.negative};
  if (device)
    device->apply(at, begin, target, conductance);
  else
    std::copy(target.begin(), target.end(), conductance);
  if (distribution) {
    distribution->draw(random::Stream(at), begin, {block.draw, count});
    addSized(*width, target, lowestConductance, highestConductance, conductance,
             [&](size_t i) { return block.draw[i]; });
  }
  if (shift)
    addSized(*shift, target, lowestConductance, highestConductance, conductance,
             [](size_t) { return 1.0f; });
  const float least = clipsToWindow ? lowestConductance : 0;
  const float most = clipsToWindow ? highestConductance : INFINITY;
  for (size_t i = 0; i < count; ++i) {
    conductance[i] = std::max(conductance[i], least);
    conductance[i] = std::min(conductance[i], most);
  }
  std::fill_n(block.isStuck, count, false);
  if (hasStuckCells()) {
    at.source = Source::faults;
    random::drawWords(random::Stream(at), begin, {block.words, count});
    uint64_t firstHigh = wordsOf(1) - highFaults;
    for (size_t i = 0; i < count; ++i) {
      bool low = block.words[i] < lowFaults;
      bool high = block.words[i] >= firstHigh;
      conductance[i] = low ? lowestConductance : conductance[i];
      conductance[i] = high ? highestConductance : conductance[i];
      block.isStuck[i] = low | high;
    }
  }
  for (size_t i = 0; i < count; ++i)
    conductance[i] -= target[i];
}

/// Subtracts from \p change what the reference column has more. Its cell in a
/// row belongs to all columns of a group; its coordinate is the index of the
/// row's first weight.
void Cells::subtractReference(const Chip &chip, uint64_t first, size_t count,
                              Block &block, float *change) const {
  std::fill_n(block.target, count, referenceConductance);
  for (size_t done = 0; done < count;) {
    uint64_t weight = first + done;
    uint64_t channelInGroup = weight / inner % channels % channelsPerGroup;
    uint64_t cell = weight - channelInGroup * inner;
    // Neighbours stand in neighbouring rows of one column, or in one row.
    bool inOneRow = inner == 1;
    size_t length = std::min<uint64_t>(
        count - done,
        inOneRow ? channelsPerGroup - channelInGroup : inner - weight % inner);
    changes(chip, {0, true}, cell, {block.target, inOneRow ? 1 : length},
            block);
    for (size_t i = 0; i < length; ++i)
      change[done + i] -= block.change[inOneRow ? 0 : i];
    done += length;
  }
}

/// Adds to \p sum what the cells of \p slice change, and to \p kept, unless it
/// is null, the share of a weight's own error that they hold.
void Cells::addSlice(const Chip &chip, unsigned slice, uint64_t first,
                     std::span<const float> levels, Block &block, float *sum,
                     float *kept) const {
  const size_t count = levels.size();
  bool allStuck[MaximumWeights];
  std::fill_n(allStuck, count, true);
  for (bool negative : {false, true}) {
    if (negative && !isDifferential)
      continue;
    const Which which{slice, negative};
    setTargets(which, levels, block.target);
    changes(chip, which, first, {block.target, count}, block);
    const float worth = (negative ? -1.0f : 1.0f) * float(worthOf(slice));
    for (size_t i = 0; i < count; ++i) {
      sum[i] += worth * block.change[i];
      allStuck[i] &= block.isStuck[i];
    }
  }
  if (kept) {
    const float share = float(std::exp2(slice * cellBits) / allShares());
    for (size_t i = 0; i < count; ++i)
      kept[i] += allStuck[i] ? 0 : share;
  }
  if (hasReference) {
    float reference[MaximumWeights];
    std::fill_n(reference, count, 0);
    subtractReference(chip, first, count, block, reference);
    for (size_t i = 0; i < count; ++i)
      sum[i] += float(worthOfLowest) * reference[i];
  }
}

void Cells::addErrors(const Chip &chip, uint64_t first,
                      std::span<const float> levels, float *written) const {
  const size_t count = levels.size();
  assert(count <= MaximumWeights);
  Block block;
  float sum[MaximumWeights], kept[MaximumWeights];
  std::fill_n(sum, count, 0);
  std::fill_n(kept, count, 0);
  for (unsigned slice = 0; slice < slices; ++slice)
    addSlice(chip, slice, first, levels, block, sum,
             hasStuckCells() ? kept : nullptr);
  if (hasStuckCells())
    for (size_t i = 0; i < count; ++i)
      written[i] = levels[i] + kept[i] * (written[i] - levels[i]);
  for (size_t i = 0; i < count; ++i)
    written[i] += sum[i];
}

void Cells::readSlice(const Chip &chip, unsigned slice, uint64_t first,
                      std::span<const float> levels, const float *written,
                      float *read) const {
  const size_t count = levels.size();
  assert(count <= MaximumWeights && slice < slices);
  if (cellBits > 0) {
    const double worth = step * std::exp2(slice * cellBits);
    forEachDigit({slice, false}, levels, [&](size_t i, float digit) {
      read[i] = float(worth * digit);
    });
    if (isDifferential)
      forEachDigit({slice, true}, levels, [&](size_t i, float digit) {
        read[i] -= float(worth * digit);
      });
  } else {
    for (size_t i = 0; i < count; ++i)
      read[i] = levels[i] - digitalPart();
  }
  Block block;
  float sum[MaximumWeights], kept[MaximumWeights];
  std::fill_n(sum, count, 0);
  std::fill_n(kept, count, 0);
  if (hasErrors())
    addSlice(chip, slice, first, levels, block, sum, kept);
  else
    std::fill_n(kept, count, float(std::exp2(slice * cellBits) / allShares()));
  for (size_t i = 0; i < count; ++i)
    read[i] += kept[i] * (written[i] - levels[i]) + sum[i];
}

void Cells::writeConductances(const Chip &chip, Which which, uint64_t first,
                              std::span<const float> levels,
                              float *conductances) const {
  assert(levels.size() <= MaximumWeights);
  Block block;
  setTargets(which, levels, block.target);
  changes(chip, which, first, {block.target, levels.size()}, block);
  for (size_t i = 0; i < levels.size(); ++i)
    conductances[i] = block.target[i] + block.change[i];
}

void Cells::writeReferences(const Chip &chip, uint64_t first,
                            std::span<float> conductances) const {
  assert(conductances.size() <= MaximumWeights);
  Block block;
  std::fill_n(block.target, conductances.size(), referenceConductance);
  changes(chip, {0, true}, first, {block.target, conductances.size()}, block);
  for (size_t i = 0; i < conductances.size(); ++i)
    conductances[i] = block.target[i] + block.change[i];
}
