//===- MappedConvolutionStep.cpp - Layers array by array ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every application of the input, slice and row tile: the partial sums of
// all columns, their noise, their conversion, and the digital sum. A few images
// at a time go through all of it while they are in the cache.
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/Adc.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/converters/Mismatch.h"
#include "runtime/converters/ReadNoise.h"
#include "runtime/executor/Arena.h"
#include "runtime/executor/ConvolutionBinding.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/kernels/Converters.h"
#include "runtime/kernels/Kernels.h"
#include "runtime/kernels/TiledConvolution.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/programming/Programming.h"

#include <algorithm>

using namespace cim;

namespace {

/// Floats that chunks of images should not exceed, so that they stay in the
/// second-level cache together with the weights.
constexpr int64_t chunkFloats = 96 * 1024;

/// Random numbers at a time.
constexpr int64_t noiseBlock = 1024;

size_t aligned(size_t floats) { return (floats + 15) / 16 * 16; }

float *floats(const AlignedMemory &memory) {
  return reinterpret_cast<float *>(memory.data());
}

/// The converters of one slice and row tile, as the kernel takes them.
struct Columns {
  std::vector<float> perSum, offset, bend, step;

  Columns(const AdcBank &bank, uint32_t slice, uint32_t rowTile, int channels) {
    const int padded = kernels::paddedChannels(channels);
    for (auto *list : {&perSum, &offset, &bend, &step})
      list->assign(padded, 0);
    for (int c = 0; c < channels; ++c) {
      const AdcColumn &column = bank.column(slice, rowTile, c);
      perSum[c] = column.perSum;
      offset[c] = column.offset;
      bend[c] = column.bend;
      step[c] = column.step;
    }
  }

  kernels::AdcColumns view(const AdcBank &bank) const {
    return {perSum.data(), offset.data(), bank.isBent() ? bend.data() : nullptr,
            step.data(), float(bank.lastCode())};
  }
};

class MappedConvolutionStep : public BoundStep {
public:
  MappedConvolutionStep(const Program &program, const plan::Step &step,
                        ConvolutionBinding bound, bool strict);

  Border wantedBorder(int operand) const override {
    return operand == 0 ? binding.border() : Border();
  }
  size_t scratchBytes(int64_t calls) const override;
  void place(std::span<const Placement> values, size_t scratch) override;
  int run(const Pass &pass) const override;

  bool readsSlices() const override { return adc.has_value(); }
  void bindProgram(const LayerProgram &program) override;
  void beginChip(const Chip &chip) override;
  void compensate(float factor) override { compensation = factor; }
  void packSlice(unsigned slice, const float *written, int64_t begin,
                 int64_t end) override;
  bool readsVariance() const override { return hasNoisyDevice(layer); }
  void packReadVariance(unsigned slice, const float *variance, int64_t begin,
                        int64_t end) override;
  int64_t packRows() const override { return binding.packRows(); }
  size_t weightBytes() const override { return packed.size(); }
  /// Of every array that is read: slice by slice, application by application.
  /// What noise and digital parts take does not count.
  double multiplyAdds() const override {
    return shape.multiplyAdds() * imagesPerCall * driveValues.size() * slices;
  }
  std::string kernel() const override { return tiled.description(); }

private:
  /// Working memory of a chunk of images.
  struct Scratch {
    float *sums, *total, *bent, *squares, *draws, *spread, *kernel;
  };
  /// One chunk on its way.
  struct Chunk {
    const Pass &pass;
    Scratch scratch;
    int64_t first, images; ///< of those side by side
  };
  void packInto(const kernels::TiledConvolution &convolution,
                AlignedMemory &memory, unsigned slice, const float *weights,
                int64_t begin, int64_t end);
  /// Weights of rows [begin, end) of the first dimension.
  int64_t weightsIn(int64_t begin, int64_t end) const {
    return (shape.inputMajor ? shape.channelsOut : end - begin) *
           binding.rows();
  }
  int64_t chunkImages(int64_t images) const;
  /// Returns how many floats that takes.
  size_t layOut(float *memory, int64_t images, Scratch &scratch) const;
  int64_t paddedChannels() const {
    return kernels::paddedChannels(shape.channelsOut);
  }
  int64_t pixels() const {
    const kernels::ImageView &view = out.oneCall();
    return int64_t(view.width) * view.height;
  }
  /// Sums of one chunk, densely.
  kernels::ImageView denseView(float *data, int channels, int64_t images) const;
  kernels::ImageView driveView(const Chunk &chunk, size_t which,
                               const std::vector<PlacedView> &from) const {
    return part(from[which].in(chunk.pass), chunk.first, chunk.images);
  }
  int runChunk(const Chunk &chunk) const;
  /// Pixels of the chunk that belong to images, which come first.
  int64_t filledPixels(const Chunk &chunk) const;
  /// Converts the sums of one array. Returns how many of images were clipped.
  int64_t convert(const Chunk &chunk, const kernels::AdcColumns &converters,
                  float factor, bool isFirst) const;
  /// Adds what the DACs of one array are off by, but for their gain.
  int addMismatch(const Chunk &chunk, int tile, uint32_t slice) const;
  int addDigitalPart(const Chunk &chunk, bool &isFirst) const;
  int addUpEnergy(const Chunk &chunk, size_t which, int tile,
                  uint32_t set) const;
  void addNoise(const Chunk &chunk, uint32_t slice, uint32_t array) const;

  const plan::Layer &layer;
  uint32_t layerIndex; ///< among the plan's
  ConvolutionBinding binding;
  const kernels::ConvolutionShape &shape;
  uint32_t slices; ///< that are read one by one
  std::vector<uint32_t> driveValues, squareValues, bendValues, digitalValues;
  std::vector<float> significance; ///< of applications
  uint32_t output;
  int64_t imagesPerCall;  ///< as views count them
  int64_t resultRows = 1; ///< dimension 0 of the result

  int64_t tileRows;
  kernels::TiledConvolution tiled;
  AlignedMemory packed; ///< slice by slice
  /// Variances of sums by read noise, from the squares of inputs: slice by
  /// slice with the cells' variances where the device says them; else of ones,
  /// and of one column where all columns have the same inputs.
  std::optional<kernels::TiledConvolution> energy;
  AlignedMemory packedEnergy;
  int energyChannels = 0;
  std::vector<float> uniformVariance; ///< of a weight, by slice
  /// What every weight has digitally, times the inputs.
  std::optional<kernels::Convolution> digital;
  AlignedMemory packedDigital;

  float compensation = 1; ///< factor of what arrays compute
  /// That differ: their gains are in the weights; what bends them has weights
  /// of its own; and their offsets add up to a number per result, channel by
  /// channel, tile by tile, slice by slice.
  std::optional<DacBank> dacs;
  AlignedMemory packedBends, offsets;

  std::optional<AdcBank> adc;
  std::vector<Columns> columns; ///< slice by slice, tile by tile
  ReadNoise noise;

  std::vector<PlacedView> drives, squares, bends, digitalInputs;
  PlacedView out;
  size_t scratchOffset = 0;
};

kernels::ConvolutionShape energyShape(kernels::ConvolutionShape shape,
                                      const plan::Layer &layer) {
  if (shape.groups == 1 && !hasNoisyDevice(layer))
    shape.channelsOut = 1;
  return shape;
}

MappedConvolutionStep::MappedConvolutionStep(const Program &program,
                                             const plan::Step &step,
                                             ConvolutionBinding bound,
                                             bool strict)
    : layer(program.plan.layers(step.layer())), layerIndex(step.layer()),
      binding(std::move(bound)), shape(binding.shape),
      slices(layer.has_adc() ? slicesOf(layer) : 1),
      driveValues(step.drives().begin(), step.drives().end()),
      squareValues(step.squares().begin(), step.squares().end()),
      bendValues(step.bends().begin(), step.bends().end()),
      digitalValues(step.digital_inputs().begin(), step.digital_inputs().end()),
      output(step.outputs(0)),
      imagesPerCall(binding.pixels ? 1 : program.value(output).shape(0)),
      // Without converters, nothing happens between tiles.
      tileRows(layer.has_adc() ? layer.crossbar().array_rows()
                               : binding.rows()),
      tiled(shape, tileRows, strict),
      packed(slices * tiled.packedWeights() * sizeof(float)),
      noise(readNoiseOf(program.plan, step)) {
  if (driveValues.empty())
    driveValues.push_back(step.inputs(0));
  for (size_t which = 0; which < driveValues.size(); ++which)
    significance.push_back(layer.has_dac() ? dacOf(layer).significance(which)
                                           : 1);
  if (layer.has_adc())
    adc.emplace(layer);
  if (hasMismatch(layer.dac())) {
    dacs.emplace(layer);
    if (dacs->isBent())
      packedBends =
          AlignedMemory(slices * tiled.packedWeights() * sizeof(float));
    if (dacs->hasOffsets()) {
      offsets = AlignedMemory(slices * tiled.tiles() * paddedChannels() *
                              sizeof(float));
      std::fill_n(floats(offsets), slices * tiled.tiles() * paddedChannels(),
                  0.0f);
    }
  }
  if (squareValues.empty())
    return;
  const kernels::ConvolutionShape squared = energyShape(shape, layer);
  energyChannels = squared.channelsOut;
  energy.emplace(squared, tileRows, /*strict=*/true);
  const uint32_t sets = hasNoisyDevice(layer) ? slices : 1;
  packedEnergy = AlignedMemory(sets * energy->packedWeights() * sizeof(float));
  const std::vector<float> ones(energyChannels * binding.rows(), 1.0f);
  energy->pack(ones.data(), floats(packedEnergy), 0, energyChannels);
}

void MappedConvolutionStep::bindProgram(const LayerProgram &program) {
  if (program.digitalPart() != 0) {
    digital.emplace(shape, kernels::ConvolutionAlgorithm::direct);
    packedDigital = AlignedMemory(digital->packedWeights() * sizeof(float));
    const std::vector<float> weights(shape.channelsOut * binding.rows(),
                                     program.digitalPart());
    digital->pack(weights.data(), floats(packedDigital));
  }
  uniformVariance.assign(slices, 0);
  for (uint32_t slice = 0; slice < program.slices(); ++slice)
    uniformVariance[slices > 1 ? slice : 0] +=
        uniformReadVariance(layer, program.fullScale(slice));
}

void MappedConvolutionStep::beginChip(const Chip &chip) {
  noise.chip = chip;
  if (dacs)
    dacs->draw(chip);
  if (!adc || (!columns.empty() && !adc->isRandom()))
    return;
  adc->draw(chip);
  columns.clear();
  for (uint32_t slice = 0; slice < slices; ++slice)
    for (int tile = 0; tile < tiled.tiles(); ++tile)
      columns.emplace_back(*adc, slice, tile, shape.channelsOut);
}

void MappedConvolutionStep::packInto(
    const kernels::TiledConvolution &convolution, AlignedMemory &memory,
    unsigned slice, const float *weights, int64_t begin, int64_t end) {
  float *to = floats(memory) + slice * convolution.packedWeights();
  if (shape.inputMajor)
    return convolution.pack(weights, to, 0, shape.channelsOut);
  // The kernel counts from the first row.
  convolution.pack(weights - begin * binding.rows(), to, begin, end);
}

void MappedConvolutionStep::packSlice(unsigned slice, const float *written,
                                      int64_t begin, int64_t end) {
  if (!dacs)
    return packInto(tiled, packed, slice, written, begin, end);
  const int64_t count = weightsIn(begin, end);
  const uint64_t first = shape.inputMajor ? 0 : begin * binding.rows();
  std::vector<float> scaled(count);
  for (int64_t i = 0; i < count; ++i)
    scaled[i] = written[i] * (1 + dacs->rowOf(first + i).gain);
  packInto(tiled, packed, slice, scaled.data(), begin, end);
  if (dacs->isBent()) {
    for (int64_t i = 0; i < count; ++i)
      scaled[i] = written[i] * dacs->rowOf(first + i).bend;
    packInto(tiled, packedBends, slice, scaled.data(), begin, end);
  }
  if (!dacs->hasOffsets())
    return;
  // Channels come whole.
  const WeightMatrix matrix(layer);
  const int64_t stride = paddedChannels();
  std::vector<double> sums(tiled.tiles() * stride);
  for (int64_t i = 0; i < count; ++i)
    sums[matrix.rowOf(first + i) / tileRows * stride +
         matrix.channelOf(first + i)] +=
        double(written[i]) * dacs->rowOf(first + i).offset;
  const int64_t firstChannel = shape.inputMajor ? 0 : begin;
  const int64_t lastChannel = shape.inputMajor ? shape.channelsOut : end;
  for (int tile = 0; tile < tiled.tiles(); ++tile)
    std::copy(sums.begin() + tile * stride + firstChannel,
              sums.begin() + tile * stride + lastChannel,
              floats(offsets) + (slice * tiled.tiles() + tile) * stride +
                  firstChannel);
}

void MappedConvolutionStep::packReadVariance(unsigned slice,
                                             const float *variance,
                                             int64_t begin, int64_t end) {
  std::vector<float> both(variance, variance + weightsIn(begin, end));
  for (float &number : both)
    number += uniformVariance[slice];
  packInto(*energy, packedEnergy, slice, both.data(), begin, end);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Images of \p images that go through together.
int64_t MappedConvolutionStep::chunkImages(int64_t images) const {
  const int64_t perImage = int64_t(shape.widthIn) * shape.heightIn *
                               kernels::paddedChannels(shape.channelsIn) +
                           2 * int64_t(shape.widthOut()) * shape.heightOut() *
                               kernels::paddedChannels(shape.channelsOut);
  return std::clamp<int64_t>(chunkFloats / perImage, 1, images);
}

size_t MappedConvolutionStep::layOut(float *memory, int64_t images,
                                     Scratch &scratch) const {
  const int64_t padded = kernels::paddedChannels(shape.channelsOut);
  const size_t perSums =
      aligned(images * shape.widthOut() * shape.heightOut() * padded);
  const size_t perDraws = aligned(std::max(noiseBlock, padded));
  size_t kernel = tiled.scratch(images);
  if (energy)
    kernel = std::max(kernel, energy->scratch(images));
  if (digital)
    kernel = std::max(kernel, digital->scratch(images));
  size_t end = 0;
  auto take = [&](float *&place, size_t count) {
    place = memory ? memory + end : nullptr;
    end += count;
  };
  take(scratch.sums, perSums);
  take(scratch.total, perSums);
  if (packedBends.size() > 0)
    take(scratch.bent, perSums);
  if (energy) {
    take(scratch.squares, perSums);
    take(scratch.draws, perDraws);
    take(scratch.spread, perDraws);
  }
  take(scratch.kernel, aligned(kernel));
  return end;
}

size_t MappedConvolutionStep::scratchBytes(int64_t calls) const {
  Scratch scratch = {};
  return layOut(nullptr, chunkImages(calls * imagesPerCall), scratch) *
         sizeof(float);
}

void MappedConvolutionStep::place(std::span<const Placement> values,
                                  size_t scratch) {
  scratchOffset = scratch;
  for (uint32_t value : driveValues)
    drives.push_back(binding.view(values[value], shape.channelsIn));
  for (uint32_t value : squareValues)
    squares.push_back(binding.view(values[value], shape.channelsIn));
  for (uint32_t value : bendValues)
    bends.push_back(binding.view(values[value], shape.channelsIn));
  for (uint32_t value : digitalValues)
    digitalInputs.push_back(binding.view(values[value], shape.channelsIn));
  out = binding.view(values[output], shape.channelsOut);
  resultRows = values[output].geometry.images;
  binding.epilogue.place(values, [&](const Placement &residual) {
    return binding.view(residual, shape.channelsOut);
  });
}

kernels::ImageView MappedConvolutionStep::denseView(float *data, int channels,
                                                    int64_t images) const {
  kernels::ImageView view = out.oneCall();
  view.data = data;
  view.channels = channels;
  view.images = int(images);
  view.pixelStride = kernels::paddedChannels(channels);
  view.rowStride = view.width * view.pixelStride;
  view.imageStride = view.height * view.rowStride;
  return view;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

int MappedConvolutionStep::run(const Pass &pass) const {
  const int64_t images = pass.calls * out.oneCall().images;
  const int64_t together = chunkImages(images);
  Scratch scratch = {};
  layOut(reinterpret_cast<float *>(pass.scratch + scratchOffset), together,
         scratch);
  for (int64_t first = 0; first < images; first += together)
    if (int status = runChunk(
            {pass, scratch, first, std::min(together, images - first)}))
      return status;
  return 0;
}

int MappedConvolutionStep::runChunk(const Chunk &chunk) const {
  const Scratch &scratch = chunk.scratch;
  const int channels = shape.channelsOut;
  const int64_t count = pixels() * chunk.images;
  const kernels::ImageView sums =
      denseView(scratch.sums, channels, chunk.images);
  int64_t clipped = 0;
  bool isFirst = true;
  if (int status = addDigitalPart(chunk, isFirst))
    return status;
  uint32_t array = 0;
  for (size_t which = 0; which < drives.size(); ++which) {
    const kernels::ImageView in = driveView(chunk, which, drives);
    for (int tile = 0; tile < tiled.tiles(); ++tile) {
      if (energy && !hasNoisyDevice(layer))
        if (int status = addUpEnergy(chunk, which, tile, 0))
          return status;
      for (uint32_t slice = 0; slice < slices; ++slice, ++array) {
        const float *weights = floats(packed) + slice * tiled.packedWeights();
        if (int status = tiled.run(tile, in, weights, sums, scratch.kernel))
          return status;
        if (dacs)
          if (int status = addMismatch(chunk, tile, slice))
            return status;
        if (hasNoisyDevice(layer))
          if (int status = addUpEnergy(chunk, which, tile, slice))
            return status;
        if (energy)
          addNoise(chunk, slice, array);
        if (adc)
          clipped +=
              convert(chunk, columns[slice * tiled.tiles() + tile].view(*adc),
                      significance[which] * compensation, isFirst);
        else
          kernels::accumulate(scratch.sums, count, channels,
                              significance[which] * compensation, isFirst,
                              scratch.total);
        isFirst = false;
      }
    }
  }
  if (adc) {
    ConverterCounts &counts = chunk.pass.counts[layerIndex];
    counts.sums += filledPixels(chunk) * channels * array;
    counts.clippedSums += clipped;
  }

  kernels::Epilogue epilogue = binding.epilogue.in(chunk.pass);
  if (epilogue.residual)
    epilogue.residual += chunk.first * epilogue.residualImageStride;
  return kernels::scaleOffset(
      denseView(scratch.total, channels, chunk.images), epilogue,
      part(out.in(chunk.pass), chunk.first, chunk.images));
}

int64_t MappedConvolutionStep::filledPixels(const Chunk &chunk) const {
  const Pass &pass = chunk.pass;
  const int64_t all = pass.calls * out.oneCall().images * pixels();
  return std::clamp<int64_t>(pass.batch.filled(resultRows, all) -
                                 chunk.first * pixels(),
                             0, chunk.images * pixels());
}

int64_t MappedConvolutionStep::convert(const Chunk &chunk,
                                       const kernels::AdcColumns &converters,
                                       float factor, bool isFirst) const {
  const int64_t ofImages = filledPixels(chunk);
  auto convert = [&](int64_t first, int64_t count) {
    const int64_t at = first * paddedChannels();
    return kernels::convert(chunk.scratch.sums + at, count, shape.channelsOut,
                            converters, factor, isFirst,
                            chunk.scratch.total + at);
  };
  convert(ofImages, chunk.images * pixels() - ofImages);
  return convert(0, ofImages);
}

int MappedConvolutionStep::addMismatch(const Chunk &chunk, int tile,
                                       uint32_t slice) const {
  const int channels = shape.channelsOut;
  float *sums = chunk.scratch.sums;
  if (!bends.empty()) {
    if (int status =
            tiled.run(tile, driveView(chunk, 0, bends),
                      floats(packedBends) + slice * tiled.packedWeights(),
                      denseView(chunk.scratch.bent, channels, chunk.images),
                      chunk.scratch.kernel))
      return status;
    kernels::accumulate(chunk.scratch.bent, pixels() * chunk.images, channels,
                        1, false, sums);
  }
  if (offsets.size() == 0)
    return 0;
  kernels::Epilogue add;
  add.offset =
      floats(offsets) + (slice * tiled.tiles() + tile) * paddedChannels();
  const kernels::ImageView view = denseView(sums, channels, chunk.images);
  return kernels::scaleOffset(view, add, view);
}

int MappedConvolutionStep::addDigitalPart(const Chunk &chunk,
                                          bool &isFirst) const {
  if (!digital)
    return 0;
  const std::vector<PlacedView> &inputs =
      digitalInputs.empty() ? drives : digitalInputs;
  for (size_t which = 0; which < inputs.size(); ++which) {
    const kernels::ImageView sums =
        denseView(chunk.scratch.sums, shape.channelsOut, chunk.images);
    if (int status =
            digital->run(driveView(chunk, which, inputs), floats(packedDigital),
                         {}, sums, chunk.scratch.kernel))
      return status;
    kernels::accumulate(chunk.scratch.sums, pixels() * chunk.images,
                        shape.channelsOut, significance[which], isFirst,
                        chunk.scratch.total);
    isFirst = false;
  }
  return 0;
}

int MappedConvolutionStep::addUpEnergy(const Chunk &chunk, size_t which,
                                       int tile, uint32_t set) const {
  return energy->run(
      tile, driveView(chunk, which, squares),
      floats(packedEnergy) + set * energy->packedWeights(),
      denseView(chunk.scratch.squares, energyChannels, chunk.images),
      chunk.scratch.kernel);
}

void MappedConvolutionStep::addNoise(const Chunk &chunk, uint32_t slice,
                                     uint32_t array) const {
  const int channels = shape.channelsOut;
  const int padded = kernels::paddedChannels(channels);
  const bool isPerPixel = energyChannels != channels;
  const float factor = hasNoisyDevice(layer) ? 1 : uniformVariance[slice];
  const int squareStride = isPerPixel ? kernels::channelBlock : padded;
  const int64_t atATime = std::max<int64_t>(1, noiseBlock / padded);
  float *draws = chunk.scratch.draws, *spread = chunk.scratch.spread;
  for (int64_t image = 0; image < chunk.images; ++image)
    for (int64_t pixel = 0; pixel < pixels(); pixel += atATime) {
      const int64_t count = std::min(atATime, pixels() - pixel);
      noise.draw(chunk.pass.firstImage, chunk.first + image, array,
                 pixel * channels, {draws, size_t(count * channels)});
      if (padded != channels) {
        std::fill_n(spread, count * padded, 0.0f);
        for (int64_t p = 0; p < count; ++p)
          std::copy_n(draws + p * channels, channels, spread + p * padded);
      }
      const int64_t at = image * pixels() + pixel;
      kernels::addNoise(chunk.scratch.squares + at * squareStride, isPerPixel,
                        factor, padded == channels ? draws : spread, count,
                        channels, chunk.scratch.sums + at * padded);
    }
}

} // namespace

std::unique_ptr<BoundStep> cim::bindMappedConvolution(const Program &program,
                                                      const plan::Step &step,
                                                      bool strict) {
  auto binding = bindAsConvolution(program, step);
  if (!binding)
    return nullptr;
  return std::make_unique<MappedConvolutionStep>(program, step,
                                                 *std::move(binding), strict);
}
