//===- Programming.cpp - What writing does to weights ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Programming.h"
#include "runtime/programming/Cells.h"
#include "runtime/programming/Draws.h"
#include "runtime/programming/DriftCompensation.h"
#include "runtime/programming/LayerErrors.h"
#include "runtime/programming/LevelFactors.h"
#include "runtime/programming/Scale.h"
#include "runtime/programming/WireEffects.h"
#include "runtime/random/Distributions.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <optional>

using namespace cim;
using random::Distribution;
using random::Source;
using random::Stream;

/// Cells that are written at once: a few arrays of them fit the L1 cache.
static constexpr size_t BlockCells = Cells::MaximumWeights;

namespace {

/// An amount in some unit that may depend on the programmed level.
struct Size {
  double amount;
  plan::Unit unit;
  LevelFactors factors;
};

/// One block on its way through the chain.
struct Block {
  float level[BlockCells];   ///< the weight as quantized
  float written[BlockCells]; ///< with errors of its own
  float noise[BlockCells];
  uint32_t fault[BlockCells];
  uint32_t flippedBits[BlockCells];
};

/// Neighbouring cells of one channel in a block: cells [begin, end).
struct Run {
  size_t begin, end;
};

} // namespace

struct LayerProgram::Implementation {
  std::string name;
  uint32_t index;
  Tensor weights;

  /// One per output channel, or one.
  std::vector<Scale> scales;
  /// How many neighbouring cells are of one channel.
  uint64_t cellsPerRun = 1;
  unsigned bits = 0; ///< of a stored code; 0: not quantized

  std::optional<Distribution> distribution; ///< with a width
  std::optional<Size> width, shift, disturb;
  std::optional<CorrelatedErrors> correlated;
  /// Of weights without cells.
  uint64_t lowFaults = 0, highFaults = 0;
  uint64_t flips = 0;         ///< these three in words of 2^32
  std::optional<Cells> cells; ///< with a crossbar
  /// As cells are meant to hold them; empty where nobody wants to know.
  std::vector<float> levels;
  std::optional<WireEffects> wires;
  std::optional<DriftCompensation> compensation;
  std::vector<std::string> warnings;

  void prepareScales(const plan::Layer &layer);
  void warnOfZeroSteps(const plan::Layer &layer);
  void prepareCells(const plan::Layer &layer);
  void draw(const Chip &chip, uint64_t begin, size_t cells, Block &block) const;
  void quantize(const Scale &scale, Run run, const float *weights,
                Block &block) const;
  template <typename Body>
  void forEachBlock(const Chip &chip, int64_t begin, size_t count,
                    const Body &body) const;
  /// Calls \p body(run, scale) for each run of cells [first, first + cells).
  template <typename Body>
  void forEachRun(uint64_t first, size_t cells, const Body &body) const;
  void writeAllSlices(const Chip &chip, int64_t begin, std::span<float> written,
                      WriteCounts &counts) const;
  void addErrors(const Scale &scale, Run run, const Block &block,
                 float *written) const;
  void addFaults(const Scale &scale, Run run, const Block &block,
                 float *written) const;
};

template <typename Body>
void LayerProgram::Implementation::forEachRun(uint64_t first, size_t cells,
                                              const Body &body) const {
  for (Run run{0, 0}; run.begin < cells; run.begin = run.end) {
    uint64_t cell = first + run.begin;
    run.end =
        std::min<uint64_t>(cells, run.begin + cellsPerRun - cell % cellsPerRun);
    body(run, scales[cell / cellsPerRun % scales.size()]);
  }
}

void LayerProgram::Implementation::prepareScales(const plan::Layer &layer) {
  const plan::Quantize *quantize =
      layer.has_quantize() ? &layer.quantize() : nullptr;
  std::span<const float> all = weights.as<float>();
  if (!quantize || !quantize->per_channel() || all.empty()) {
    cellsPerRun = std::max<uint64_t>(all.size(), 1);
    scales.push_back(scaleOf(all, quantize));
    return;
  }
  unsigned axis = layer.channel_axis();
  uint64_t channels = weights.shape[axis];
  cellsPerRun = elementCount(std::span(weights.shape).subspan(axis + 1));
  std::vector<float> ofChannel;
  for (uint64_t channel = 0; channel < channels; ++channel) {
    ofChannel.clear();
    for (uint64_t at = channel * cellsPerRun; at < all.size();
         at += channels * cellsPerRun)
      ofChannel.insert(ofChannel.end(), all.begin() + at,
                       all.begin() + at + cellsPerRun);
    scales.push_back(scaleOf(ofChannel, quantize));
  }
}

void LayerProgram::Implementation::warnOfZeroSteps(const plan::Layer &layer) {
  // An error that the layer does not have is in qs.
  bool usesRange = false;
  for (plan::Unit unit :
       {layer.noise().unit(), layer.shift().unit(), layer.correlated().unit(),
        layer.read_disturb().unit()})
    usesRange |= unit == plan::NORMALISED_SCALE;
  auto isFlat = [&](const Scale &scale) {
    return layer.has_quantize() ? scale.step == 0
                                : usesRange && scale.range() == 0;
  };
  size_t flat = std::count_if(scales.begin(), scales.end(), isFlat);
  if (flat == 0)
    return;
  const Scale &first = *std::find_if(scales.begin(), scales.end(), isFlat);
  std::string where =
      scales.size() == 1 ? "its range is"
                         : "the range of " + std::to_string(flat) + " of its " +
                               std::to_string(scales.size()) + " channels is";
  if (first.range() != 0)
    where = "the given percentile of its weights is";
  warnings.push_back("layer '" + name + "': " + where +
                     " 0, so these weights are not quantized and errors in qs "
                     "or ns are 0");
}

void LayerProgram::Implementation::prepareCells(const plan::Layer &layer) {
  // Cells hold what quantization leaves; its levels may reach further than the
  // weights.
  std::span<const float> all = weights.as<float>();
  double lowest = INFINITY, highest = -INFINITY;
  const bool hasWires = layer.crossbar().has_wires();
  const bool compensates =
      layer.compensates_drift() && layer.device().has_time();
  Block block;
  for (uint64_t first = 0; first < all.size(); first += BlockCells) {
    size_t count = std::min(all.size() - first, BlockCells);
    forEachRun(first, count, [&](Run run, const Scale &scale) {
      quantize(scale, run, all.data() + first, block);
    });
    if (hasWires || compensates)
      levels.insert(levels.end(), block.level, block.level + count);
    for (size_t i = 0; i < count; ++i) {
      lowest = std::min<double>({lowest, all[first + i], block.level[i]});
      highest = std::max<double>({highest, all[first + i], block.level[i]});
    }
  }
  if (all.empty())
    lowest = highest = 0;
  cells.emplace(layer, lowest, highest, scales[0]);
  if (hasWires)
    wires.emplace(layer, *cells, levels);
  if (compensates) {
    plan::Layer fresh = layer;
    fresh.mutable_device()->clear_time();
    fresh.clear_read_disturb();
    compensation.emplace(Cells(fresh, lowest, highest, scales[0]), *cells,
                         levels);
  }
  if (cells->hasErrors() && cells->isFlat())
    warnings.push_back("layer '" + name +
                       "': its weights are all alike, so nothing is stored in "
                       "conductances and errors of cells are 0");
}

LayerProgram::LayerProgram(const plan::Layer &layer, const Tensor &weights)
    : implementation(std::make_unique<Implementation>()) {
  checkLayerErrors(layer, weights);
  Implementation &program = *implementation;
  program.name = layer.name();
  program.index = layer.index();
  program.weights = weights;
  program.prepareScales(layer);
  program.warnOfZeroSteps(layer);
  if (layer.has_quantize())
    program.bits =
        layer.quantize().mode() == plan::Quantize::LEVELS
            ? std::bit_width(unsigned(layer.quantize().levels_size() - 1))
            : layer.quantize().bits();
  const bool hasCells = layer.has_crossbar();
  if (layer.has_noise() && layer.noise().width() > 0 &&
      layer.noise().unit() != plan::MICROSIEMENS) {
    program.distribution = distributionOf(layer.noise());
    program.width = Size{layer.noise().width(), layer.noise().unit(),
                         LevelFactors(layer.noise().level_factor())};
  }
  if (layer.has_shift() && layer.shift().unit() != plan::MICROSIEMENS) {
    program.shift = Size{layer.shift().amount(), layer.shift().unit(),
                         LevelFactors(layer.shift().level_factor())};
  }
  if (layer.has_read_disturb() &&
      layer.read_disturb().unit() != plan::MICROSIEMENS)
    program.disturb = Size{disturbOf(layer.read_disturb()),
                           layer.read_disturb().unit(), LevelFactors()};
  if (layer.has_correlated() &&
      layer.correlated().unit() != plan::MICROSIEMENS) {
    program.correlated.emplace(layer);
    if (!program.correlated->any())
      program.correlated.reset();
  }
  if (layer.has_faults()) {
    program.flips = wordsOf(layer.faults().flip());
    if (!hasCells) {
      program.lowFaults = wordsOf(layer.faults().low());
      program.highFaults = std::min(wordsOf(layer.faults().high()),
                                    wordsOf(1) - program.lowFaults);
    }
  }
  if (hasCells)
    program.prepareCells(layer);
}

LayerProgram::~LayerProgram() = default;
LayerProgram::LayerProgram(LayerProgram &&) noexcept = default;

bool LayerProgram::isDeterministic() const {
  const Implementation &program = *implementation;
  return !program.distribution && !program.correlated &&
         program.lowFaults == 0 && program.highFaults == 0 &&
         program.flips == 0 && !(program.cells && program.cells->isRandom());
}

const std::vector<std::string> &LayerProgram::warnings() const {
  return implementation->warnings;
}

void LayerProgram::Implementation::draw(const Chip &chip, uint64_t begin,
                                        size_t cells, Block &block) const {
  auto stream = [&](Source source, uint32_t slice = 0) {
    return Stream({.seed = chip.seed,
                   .trial = chip.trial,
                   .layer = index,
                   .source = source,
                   .epoch = chip.epoch,
                   .slice = slice});
  };
  if (distribution)
    distribution->draw(stream(Source::writeNoise), begin, {block.noise, cells});
  if (lowFaults + highFaults > 0)
    random::drawWords(stream(Source::faults), begin, {block.fault, cells});
  if (flips > 0) {
    uint32_t words[BlockCells];
    std::fill_n(block.flippedBits, cells, 0);
    for (unsigned bit = 0; bit < bits; ++bit) {
      random::drawWords(stream(Source::flip, bit), begin, {words, cells});
      for (size_t i = 0; i < cells; ++i)
        block.flippedBits[i] |= uint32_t(words[i] < flips) << bit;
    }
  }
}

/// The whole number nearest to \p value, halves to even, for |value| < 2^51:
/// adding 1.5 * 2^52 leaves no room for a fraction. Unlike std::rint it is the
/// same two additions on every instruction set.
static double roundToEven(double value) {
  return (value + 0x1.8p52) - 0x1.8p52;
}

void LayerProgram::Implementation::quantize(const Scale &scale, Run run,
                                            const float *weights,
                                            Block &block) const {
  if (bits == 0 || scale.step == 0) {
    std::copy(weights + run.begin, weights + run.end, block.level + run.begin);
  } else if (!scale.codebook.empty()) {
    for (size_t i = run.begin; i < run.end; ++i)
      block.level[i] =
          float(scale.codebook[scale.codebook.nearest(weights[i])]);
  } else {
    // Copies, since for all the compiler knows levels are part of the scale.
    double origin = scale.origin, step = scale.step;
    double lowest = scale.lowestCode, highest = scale.highestCode;
    for (size_t i = run.begin; i < run.end; ++i) {
      double code = (weights[i] - origin) / step;
      code = code < lowest ? lowest : code;
      code = code > highest ? highest : code;
      block.level[i] = float(origin + step * roundToEven(code));
    }
  }
}

/// Adds \p size, in its unit and for the cell's level, times \p draw(cell).
template <typename Draw>
static void addSized(const Size &size, const Scale &scale, Run run,
                     const float *level, float *written, const Draw &draw) {
  double amount = size.amount * scale.size(size.unit);
  if (size.factors.isConstant()) {
    float constant = float(amount);
    for (size_t i = run.begin; i < run.end; ++i)
      written[i] += constant * draw(i);
    return;
  }
  double perRange = scale.range() > 0 ? 1 / scale.range() : 0;
  for (size_t i = run.begin; i < run.end; ++i) {
    double position = (level[i] - scale.lowest) * perRange;
    written[i] += float(amount * size.factors.at(position)) * draw(i);
  }
}

void LayerProgram::Implementation::addErrors(const Scale &scale, Run run,
                                             const Block &block,
                                             float *written) const {
  std::copy(block.level + run.begin, block.level + run.end,
            written + run.begin);
  if (width)
    addSized(*width, scale, run, block.level, written,
             [&](size_t i) { return block.noise[i]; });
  for (const std::optional<Size> *same : {&shift, &disturb})
    if (*same)
      addSized(**same, scale, run, block.level, written,
               [](size_t) { return 1.0f; });
}

void LayerProgram::Implementation::addFaults(const Scale &scale, Run run,
                                             const Block &block,
                                             float *written) const {
  // A flipped bit moves the weight from the level of one code to another's.
  if (flips > 0 && scale.step > 0)
    for (size_t i = run.begin; i < run.end; ++i)
      if (block.flippedBits[i] != 0)
        written[i] += float(
            scale.changeByFlips(block.level[i], block.flippedBits[i], bits));
  if (lowFaults + highFaults == 0)
    return;
  uint64_t firstHigh = wordsOf(1) - highFaults;
  float lowest = float(scale.lowest), highest = float(scale.highest);
  for (size_t i = run.begin; i < run.end; ++i) {
    float value = block.fault[i] < lowFaults ? lowest : written[i];
    written[i] = block.fault[i] >= firstHigh ? highest : value;
  }
}

/// Takes weights [begin, begin + count) up to the errors of cells, block by
/// block: calls \p body(first, levels, written, place), place where the block
/// stands in the range.
template <typename Body>
void LayerProgram::Implementation::forEachBlock(const Chip &chip, int64_t begin,
                                                size_t count,
                                                const Body &body) const {
  assert(begin >= 0 && begin + int64_t(count) <= weights.elements());
  const float *all = weights.as<float>().data();
  Block block;
  for (uint64_t first = begin, end = begin + count; first < end;) {
    // Blocks end at multiples of their size, where draws need no buffer.
    size_t blockCells = std::min(end - first, BlockCells - first % BlockCells);
    draw(chip, first, blockCells, block);
    forEachRun(first, blockCells, [&](Run run, const Scale &scale) {
      quantize(scale, run, all + first, block);
      addErrors(scale, run, block, block.written);
      if (correlated)
        correlated->addTo(chip, 0, false, first + run.begin,
                          float(scale.size(correlated->unit())),
                          {block.written + run.begin, run.end - run.begin});
      addFaults(scale, run, block, block.written);
    });
    body(first, std::span<const float>(block.level, blockCells), block.written,
         first - begin);
    first += blockCells;
  }
}

void LayerProgram::write(const Chip &chip, int64_t begin,
                         std::span<float> written, WriteCounts *counts) const {
  const Implementation &program = *implementation;
  WriteCounts here;
  program.writeAllSlices(chip, begin, written, here);
  if (program.compensation) {
    const float factor = driftCompensation(), digital = digitalPart();
    for (float &weight : written)
      weight = digital + factor * (weight - digital);
  }
  if (counts)
    *counts += here;
}

void LayerProgram::Implementation::writeAllSlices(const Chip &chip,
                                                  int64_t begin,
                                                  std::span<float> written,
                                                  WriteCounts &counts) const {
  const bool addsErrors = cells && cells->hasErrors();
  forEachBlock(chip, begin, written.size(),
               [&](uint64_t first, std::span<const float> levels,
                   float *weights, size_t place) {
                 if (addsErrors)
                   cells->addErrors(chip, first, levels, weights, counts);
                 if (wires)
                   wires->addAll(first, levels.size(), weights);
                 std::copy_n(weights, levels.size(), written.data() + place);
               });
}

size_t LayerProgram::preparations() const {
  const Implementation &program = *implementation;
  return (program.wires ? program.wires->arrays() : 0) +
         (program.compensation ? program.compensation->parts() : 0);
}

void LayerProgram::prepare(const Chip &chip, size_t which,
                           ArrayNetwork &network) {
  Implementation &program = *implementation;
  const size_t arrays = program.wires ? program.wires->arrays() : 0;
  if (which < arrays)
    program.wires->solve(chip, which, network);
  else
    program.compensation->measure(chip, which - arrays);
}

float LayerProgram::driftCompensation() const {
  return implementation->compensation ? implementation->compensation->factor()
                                      : 1;
}

void LayerProgram::writeAll(const Chip &chip, std::span<float> written,
                            WriteCounts *counts) {
  ArrayNetwork network;
  for (size_t which = 0; which < preparations(); ++which)
    prepare(chip, which, network);
  write(chip, 0, written, counts);
}

double LayerProgram::fullScale(unsigned slice) const {
  return implementation->cells ? implementation->cells->fullScale(slice) : 0;
}

unsigned LayerProgram::slices() const {
  return implementation->cells ? implementation->cells->sliceCount() : 1;
}

float LayerProgram::digitalPart() const {
  return implementation->cells ? implementation->cells->digitalPart() : 0;
}

void LayerProgram::writeArrays(const Chip &chip, std::optional<unsigned> slice,
                               int64_t begin, std::span<float> written,
                               WriteCounts *counts) const {
  const Implementation &program = *implementation;
  WriteCounts here;
  if (!program.cells || !slice) {
    program.writeAllSlices(chip, begin, written, here);
    if (const float digital = digitalPart(); digital != 0)
      for (float &weight : written)
        weight -= digital;
  } else {
    program.forEachBlock(
        chip, begin, written.size(),
        [&](uint64_t first, std::span<const float> levels, const float *weights,
            size_t place) {
          program.cells->readSlice(chip, *slice, first, levels, weights,
                                   written.data() + place, here);
          if (program.wires)
            program.wires->addSlice(*slice, first, levels.size(),
                                    written.data() + place);
        });
  }
  if (counts)
    *counts += here;
}

bool LayerProgram::hasReadNoise() const {
  return implementation->cells && implementation->cells->hasReadNoise();
}

void LayerProgram::writeReadVariance(const Chip &chip,
                                     std::optional<unsigned> slice,
                                     int64_t begin,
                                     std::span<float> variance) const {
  const Implementation &program = *implementation;
  std::fill(variance.begin(), variance.end(), 0);
  if (!hasReadNoise())
    return;
  program.forEachBlock(chip, begin, variance.size(),
                       [&](uint64_t first, std::span<const float> levels,
                           const float *, size_t place) {
                         const unsigned last = slice ? *slice + 1 : slices();
                         for (unsigned s = slice.value_or(0); s < last; ++s)
                           program.cells->addReadVariance(
                               chip, s, first, levels, variance.data() + place);
                       });
}
