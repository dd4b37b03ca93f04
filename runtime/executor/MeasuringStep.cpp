//===- MeasuringStep.cpp - Looks at a layer while it runs -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The step runs as in the network without errors; beside it the partial sums of
// arrays without errors are computed from the same input.
//
//===----------------------------------------------------------------------===//
#include "runtime/calibration/Measurements.h"
#include "runtime/converters/Adc.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/Arena.h"
#include "runtime/executor/ConvolutionBinding.h"
#include "runtime/executor/KernelSteps.h"
#include "runtime/kernels/Converters.h"
#include "runtime/kernels/TiledConvolution.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/programming/Programming.h"
#include "runtime/reference/Conversion.h"
#include "runtime/reference/MappedLayer.h"

#include <algorithm>
#include <cmath>

using namespace cim;

namespace {

/// Sees the magnitude of one partial sum.
class SumSight {
public:
  SumSight(const LayerMeasurement &measurement, LayerSight &sight)
      : measurement(measurement), sight(sight) {}

  void see(uint32_t limit, float sum) {
    if (!std::isfinite(sum)) {
      sight.hasFiniteSums = false;
      return;
    }
    const float magnitude = std::abs(sum);
    if (measurement.sums == Quantity::largest) {
      sight.largest[limit] = std::max(sight.largest[limit], magnitude);
      return;
    }
    const double largest = measurement.largestSum(limit);
    const int bin =
        largest > 0 ? int(magnitude / largest * LayerMeasurement::binCount) : 0;
    ++sight.bins[limit][std::min(bin, LayerMeasurement::binCount - 1)];
  }

private:
  const LayerMeasurement &measurement;
  LayerSight &sight;
};

/// Everything but its own measuring is the inner step's.
class MeasuringStep : public BoundStep {
public:
  MeasuringStep(const Program &program, const plan::Step &step,
                std::unique_ptr<BoundStep> inner)
      : program(program), step(step), inner(std::move(inner)),
        measurement(program.measurements->of(step.layer())) {}

  Border wantedBorder(int operand) const override {
    return inner->wantedBorder(operand);
  }
  bool readsUnpaddedPixels() const override { return false; }
  size_t scratchBytes(int64_t calls) const override {
    return alignUp(inner->scratchBytes(calls));
  }
  void place(std::span<const Placement> values, size_t scratch) override {
    inner->place(values, scratch);
    input = values[step.inputs(0)];
    resultRows = values[step.outputs(0)].geometry.images;
  }
  void pack(const float *written, int64_t begin, int64_t end) override {
    inner->pack(written, begin, end);
  }
  int64_t packRows() const override { return inner->packRows(); }
  size_t weightBytes() const override { return inner->weightBytes(); }
  bool isGeneral() const override { return inner->isGeneral(); }

  int run(const Pass &pass) const override {
    if (measurement.inputs)
      seeInputs(pass);
    if (measurement.sums != Quantity::nothing)
      if (int status = seeSums(pass))
        return status;
    return inner->run(pass);
  }

protected:
  static size_t alignUp(size_t bytes) {
    return (bytes + arenaAlignment - 1) / arenaAlignment * arenaAlignment;
  }

  /// Shows all partial sums to the layer's measurement.
  virtual int seeSums(const Pass &pass) const = 0;

  LayerSight &sight(const Pass &pass) const {
    return measurement.sight(pass.worker);
  }

  const Program program;
  const plan::Step &step;
  std::unique_ptr<BoundStep> inner;
  LayerMeasurement &measurement;
  Placement input;
  int64_t resultRows = 1; ///< dimension 0 of the result

private:
  void seeInputs(const Pass &pass) const {
    LayerSight &seen = sight(pass);
    const kernels::ImageView view = rowsOf(input).in(pass);
    const int64_t images = pass.batch.filled(view.images, view.images);
    for (int64_t n = 0; n < images; ++n)
      for (int64_t y = 0; y < view.height; ++y)
        for (int64_t x = 0; x < view.width; ++x) {
          const float *pixel = view.data + n * view.imageStride +
                               y * view.rowStride + x * view.pixelStride;
          for (int c = 0; c < view.channels; ++c) {
            seen.hasFiniteInputs &= std::isfinite(pixel[c]);
            seen.lowestInput = std::min(seen.lowestInput, pixel[c]);
            seen.highestInput = std::max(seen.highestInput, pixel[c]);
          }
        }
  }
};

/// Partial sums by kernels.
class MeasuringConvolution : public MeasuringStep {
public:
  MeasuringConvolution(const Program &program, const plan::Step &step,
                       std::unique_ptr<BoundStep> inner,
                       ConvolutionBinding bound)
      : MeasuringStep(program, step, std::move(inner)),
        binding(std::move(bound)), layer(measurement.layer) {
    if (measurement.sums == Quantity::nothing)
      return;
    const kernels::ConvolutionShape &shape = binding.shape;
    tiled.emplace(shape, layer.crossbar().array_rows(), /*strict=*/true);
    const LayerProgram chain(layer, program.tensors.at(layer.weights()));
    packed =
        AlignedMemory(slicesOf(layer) * tiled->packedWeights() * sizeof(float));
    std::vector<float> written(binding.rows() * shape.channelsOut);
    for (uint32_t slice = 0; slice < slicesOf(layer); ++slice) {
      chain.writeArrays({}, slice, 0, written);
      tiled->pack(written.data(), weights(slice), 0, shape.channelsOut);
    }
    if (layer.dac().serial())
      serial.emplace(dacOf(layer));
  }

  size_t scratchBytes(int64_t calls) const override {
    size_t bytes = MeasuringStep::scratchBytes(calls);
    if (tiled)
      bytes += (sumFloats(calls) + driveFloats(calls) +
                tiled->scratch(images(calls))) *
               sizeof(float);
    return bytes;
  }

  void place(std::span<const Placement> values, size_t scratch) override {
    MeasuringStep::place(values, scratch);
    in = binding.view(input, binding.shape.channelsIn);
    ownScratch = scratch;
  }

protected:
  int seeSums(const Pass &pass) const override {
    // The inner step runs later.
    auto *sums = reinterpret_cast<float *>(
        pass.scratch + ownScratch + alignUp(inner->scratchBytes(pass.calls)));
    float *driven = sums + sumFloats(pass.calls);
    float *scratch = driven + driveFloats(pass.calls);
    const kernels::ImageView whole = in.in(pass);
    const unsigned applications = serial ? serial->applications() : 1;
    for (unsigned which = 0; which < applications; ++which) {
      const kernels::ImageView view =
          serial ? drive(whole, which, driven, pass.calls) : whole;
      for (int tile = 0; tile < tiled->tiles(); ++tile)
        for (uint32_t slice = 0; slice < slicesOf(layer); ++slice) {
          if (int status = tiled->run(tile, view, weights(slice),
                                      sumView(sums, whole.images), scratch))
            return status;
          see(pass, slice, tile, sums, whole.images);
        }
    }
    return 0;
  }

private:
  int64_t images(int64_t calls) const {
    return calls *
           (binding.pixels ? 1 : program.value(step.inputs(0)).shape(0));
  }
  int64_t pixels() const {
    return int64_t(binding.shape.widthOut()) * binding.shape.heightOut();
  }
  size_t sumFloats(int64_t calls) const {
    return images(calls) * pixels() *
           kernels::paddedChannels(binding.shape.channelsOut);
  }
  /// How an image of drives lies in memory with its border.
  kernels::ImageView borderedDrives() const {
    const kernels::ConvolutionShape &shape = binding.shape;
    const kernels::BorderWidths border = kernels::windowBorder(shape);
    kernels::ImageView view;
    view.channels = shape.channelsIn;
    view.width = shape.widthIn;
    view.height = shape.heightIn;
    view.pixelStride = kernels::paddedChannels(shape.channelsIn);
    view.rowStride =
        (border.left + shape.widthIn + border.right) * view.pixelStride;
    view.imageStride =
        (border.top + shape.heightIn + border.bottom) * view.rowStride;
    return view;
  }
  kernels::ImageView driveView(float *data, int64_t images) const {
    const kernels::BorderWidths border = kernels::windowBorder(binding.shape);
    kernels::ImageView view = borderedDrives();
    view.images = int(images);
    view.data =
        data + border.top * view.rowStride + border.left * view.pixelStride;
    return view;
  }
  size_t driveFloats(int64_t calls) const {
    return serial ? images(calls) * borderedDrives().imageStride : 0;
  }
  kernels::ImageView sumView(float *data, int64_t images) const {
    kernels::ImageView view;
    view.data = data;
    view.channels = binding.shape.channelsOut;
    view.width = binding.shape.widthOut();
    view.height = binding.shape.heightOut();
    view.images = int(images);
    view.pixelStride = kernels::paddedChannels(view.channels);
    view.rowStride = view.width * view.pixelStride;
    view.imageStride = view.height * view.rowStride;
    return view;
  }
  kernels::ImageView drive(const kernels::ImageView &from, unsigned which,
                           float *memory, int64_t calls) const {
    const kernels::ImageView to = driveView(memory, from.images);
    std::fill_n(memory, driveFloats(calls), 0.0f);
    kernels::Drive levels;
    levels.perInput = 1 / serial->step();
    levels.lowest = serial->lowest();
    levels.highest = serial->highest();
    levels.step = serial->drive(1 << which, which);
    levels.bit = which;
    kernels::drive(from, levels, to);
    return to;
  }

  void see(const Pass &pass, uint32_t slice, int tile, const float *sums,
           int64_t images) const {
    const int channels = binding.shape.channelsOut;
    std::vector<uint32_t> limits(channels);
    for (int c = 0; c < channels; ++c)
      limits[c] = limitOf(layer, slice, tile, c);
    SumSight seen(measurement, sight(pass));
    const int64_t stride = kernels::paddedChannels(channels);
    const int64_t count = pass.batch.filled(resultRows, images * pixels());
    for (int64_t pixel = 0; pixel < count; ++pixel)
      for (int c = 0; c < channels; ++c)
        seen.see(limits[c], sums[pixel * stride + c]);
  }

  float *weights(uint32_t slice) const {
    return reinterpret_cast<float *>(packed.data()) +
           slice * tiled->packedWeights();
  }

  ConvolutionBinding binding;
  const plan::Layer &layer;
  std::optional<kernels::TiledConvolution> tiled;
  AlignedMemory packed;
  std::optional<Dac> serial;
  PlacedView in;
  size_t ownScratch = 0;
};

/// Partial sums of a step without a kernel.
class MeasuringGeneral : public MeasuringStep {
public:
  MeasuringGeneral(const Program &program, const plan::Step &step,
                   std::unique_ptr<BoundStep> inner)
      : MeasuringStep(program, step, std::move(inner)) {
    if (measurement.sums == Quantity::nothing)
      return;
    const plan::Layer &layer = measurement.layer;
    arrays.emplace(step, layer);
    arrays->packAll({},
                    LayerProgram(layer, program.tensors.at(layer.weights())));
  }

protected:
  int seeSums(const Pass &pass) const override {
    SumSight seen(measurement, sight(pass));
    for (int64_t call = 0; call < pass.calls; ++call) {
      std::vector<std::byte> dense(input.geometry.elements *
                                   byteWidth(input.geometry.type));
      load(input.geometry, pass.at(input) + call * input.geometry.bytes,
           dense.data());
      reference::Tensor x = zeros(program.value(step.inputs(0)));
      readElements(input.geometry.type, dense.data(), x);
      ConverterCounts ignored;
      const std::vector<reference::Tensor> drives =
          measurement.layer.dac().serial()
              ? driven(measurement.layer, x, ignored)
              : std::vector{x};
      arrays->forEachArray(
          drives, program.value(step.outputs(0)),
          [&](uint32_t, uint32_t slice, uint32_t tile,
              reference::Tensor &sums) {
            const int64_t count =
                pass.batch.filled(resultRows, sums.numbers.size());
            for (int64_t i = 0; i < count; ++i)
              seen.see(limitOf(measurement.layer, slice, tile,
                               arrays->channelOf(sums.shape, i)),
                       float(sums.numbers[i]));
          });
    }
    return 0;
  }

private:
  std::optional<MappedLayer> arrays;
};

} // namespace

std::unique_ptr<BoundStep>
cim::bindMeasuring(const Program &program, const plan::Step &step,
                   std::unique_ptr<BoundStep> inner) {
  auto binding = bindAsConvolution(program, step);
  if (binding && !inner->isGeneral())
    return std::make_unique<MeasuringConvolution>(
        program, step, std::move(inner), *std::move(binding));
  return std::make_unique<MeasuringGeneral>(program, step, std::move(inner));
}
