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
  float noise[MaximumWeights];
  WriteCounts counts;
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
    : layer(layer.index()), matrix(layer) {
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
    if (step == 0) // without codes, the weights are all alike
      digital = lowest;
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
  if (layer.has_write_verify()) {
    tolerance = float(layer.write_verify().tolerance());
    pulses = layer.write_verify().pulses();
  }
  if (layer.has_correlated() &&
      layer.correlated().unit() == plan::MICROSIEMENS) {
    correlated.emplace(layer);
    if (!correlated->any())
      correlated.reset();
  }
  if (layer.has_read_disturb() &&
      layer.read_disturb().unit() == plan::MICROSIEMENS)
    disturb = float(disturbOf(layer.read_disturb()));
  if (layer.has_faults()) {
    lowFaults = wordsOf(layer.faults().low());
    highFaults =
        std::min(wordsOf(layer.faults().high()), wordsOf(1) - lowFaults);
  }
}

bool Cells::isRandom() const {
  return device || distribution || correlated || hasStuckCells();
}

bool Cells::hasErrors() const { return isRandom() || shift || disturb != 0; }

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

/// One pulse at every cell: the conductance that the device leaves, and the
/// noise that comes on top of it.
void Cells::pulse(const random::Coordinates &at, uint64_t begin,
                  std::span<const float> target, unsigned number,
                  float *written, float *noise) const {
  const size_t count = target.size();
  if (device)
    device->program(at, begin, target, number, written);
  else
    std::copy(target.begin(), target.end(), written);
  std::fill_n(noise, count, 0);
  if (!distribution)
    return;
  random::Coordinates ofNoise = at;
  if (number > 0) {
    ofNoise.source = Source::noisePulse;
    ofNoise.epoch = random::epochOfPulse(at.epoch, number);
  }
  float draw[MaximumWeights];
  distribution->draw(random::Stream(ofNoise), begin, {draw, count});
  addSized(*width, target, lowestConductance, highestConductance, noise,
           [&](size_t i) { return draw[i]; });
}

/// Pulses the cells again that are out of tolerance.
void Cells::verify(const random::Coordinates &at, uint64_t begin,
                   std::span<const float> target, Block &block) const {
  const size_t count = target.size();
  float *written = block.change, *noise = block.noise;
  auto isFar = [&](size_t i) {
    return std::abs(std::max(written[i] + noise[i], 0.0f) - target[i]) >
           tolerance;
  };
  uint16_t far[MaximumWeights];
  size_t farCells = 0;
  for (size_t i = 0; i < count; ++i)
    if (isFar(i))
      far[farCells++] = uint16_t(i);
  for (unsigned number = 1; number < pulses && farCells > 0; ++number) {
    float again[MaximumWeights], noiseAgain[MaximumWeights];
    pulse(at, begin, target, number, again, noiseAgain);
    block.counts.pulses += farCells;
    size_t left = 0;
    for (size_t k = 0; k < farCells; ++k) {
      const uint16_t i = far[k];
      written[i] = again[i];
      noise[i] = noiseAgain[i];
      if (isFar(i))
        far[left++] = i;
    }
    farCells = left;
  }
  block.counts.failed += farCells;
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
  pulse(at, begin, target, 0, conductance, block.noise);
  block.counts.cells += count;
  block.counts.pulses += count;
  if (tolerance > 0)
    verify(at, begin, target, block);
  if (device)
    device->age(at, begin, target, conductance);
  if (distribution)
    for (size_t i = 0; i < count; ++i)
      conductance[i] += block.noise[i];
  if (correlated)
    correlated->addTo(chip, which.slice, which.negative, begin, 1,
                      {conductance, count});
  if (shift)
    addSized(*shift, target, lowestConductance, highestConductance, conductance,
             [](size_t) { return 1.0f; });
  if (disturb != 0)
    for (size_t i = 0; i < count; ++i)
      conductance[i] += disturb;
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

/// Calls \p use(place, count, cell, cells) for stretches of weights, whose
/// reference cells begin at \p cell: as many as weights, or one for all. A
/// reference cell belongs to all columns of a row; its coordinate is the index
/// of the row's first weight.
template <typename Use>
void Cells::forEachReference(uint64_t first, size_t count,
                             const Use &use) const {
  for (size_t done = 0; done < count;) {
    const uint64_t weight = first + done;
    const size_t length =
        std::min<uint64_t>(count - done, matrix.stretch(weight));
    use(done, length, matrix.firstInRow(weight),
        matrix.neighboursShareRow() ? 1 : length);
    done += length;
  }
}

/// Subtracts from \p change what the reference column has more.
void Cells::subtractReference(const Chip &chip, uint64_t first, size_t count,
                              Block &block, float *change) const {
  std::fill_n(block.target, count, referenceConductance);
  forEachReference(
      first, count,
      [&](size_t place, size_t length, uint64_t cell, size_t cells) {
        const WriteCounts before = block.counts;
        changes(chip, {0, true}, cell, {block.target, cells}, block);
        if (cell != first + place) // written with the row's first weight
          block.counts = before;
        for (size_t i = 0; i < length; ++i)
          change[place + i] -= block.change[cells == 1 ? 0 : i];
      });
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
                      std::span<const float> levels, float *written,
                      WriteCounts &counts) const {
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
  counts += block.counts;
}

void Cells::readSlice(const Chip &chip, unsigned slice, uint64_t first,
                      std::span<const float> levels, const float *written,
                      float *read, WriteCounts &counts) const {
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
  counts += block.counts;
}

void Cells::addReadVariance(const Chip &chip, unsigned slice, uint64_t first,
                            std::span<const float> levels,
                            float *variance) const {
  const size_t count = levels.size();
  assert(count <= MaximumWeights && hasReadNoise());
  Block block;
  const float worth = float(worthOf(slice));
  float conductance[MaximumWeights];
  auto haveChanged = [&](size_t cells) {
    for (size_t i = 0; i < cells; ++i)
      conductance[i] = block.target[i] + block.change[i];
  };
  for (bool negative : {false, true}) {
    if (negative && !isDifferential)
      continue;
    setTargets({slice, negative}, levels, block.target);
    changes(chip, {slice, negative}, first, {block.target, count}, block);
    haveChanged(count);
    device->addReadVariance({block.target, count}, conductance, worth * worth,
                            variance);
  }
  if (!hasReference)
    return;
  std::fill_n(block.target, count, referenceConductance);
  forEachReference(
      first, count,
      [&](size_t place, size_t length, uint64_t cell, size_t cells) {
        changes(chip, {0, true}, cell, {block.target, cells}, block);
        haveChanged(cells);
        float own[MaximumWeights];
        std::fill_n(own, cells, 0);
        device->addReadVariance({block.target, cells}, conductance,
                                worth * worth, own);
        for (size_t i = 0; i < length; ++i)
          variance[place + i] += own[cells == 1 ? 0 : i];
      });
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
