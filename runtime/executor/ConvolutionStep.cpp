//===- ConvolutionStep.cpp - Layers with weights --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"
#include "runtime/executor/ConvolutionBinding.h"
#include "runtime/executor/KernelSteps.h"

using namespace cim;

namespace {

class ConvolutionStep : public BoundStep {
public:
  ConvolutionStep(const Program &program, const plan::Step &step,
                  ConvolutionBinding binding, bool strict)
      : binding(std::move(binding)), shape(this->binding.shape),
        convolution(shape, strict ? kernels::ConvolutionAlgorithm::direct
                                  : kernels::ConvolutionAlgorithm::automatic),
        packed(convolution.packedWeights() * sizeof(float)),
        input(step.inputs(0)), output(step.outputs(0)) {
    if (!step.has_layer())
      convolution.pack(program.constant(step.inputs(1)).as<float>().data(),
                       packedWeights());
  }

  Border wantedBorder(int operand) const override {
    return operand == 0 ? binding.border() : Border();
  }

  bool readsUnpaddedPixels() const override { return true; }

  size_t scratchBytes(int64_t calls) const override {
    return convolution.scratch(calls) * sizeof(float);
  }

  void place(std::span<const Placement> values, size_t scratchOffset) override {
    scratch = scratchOffset;
    in = binding.view(values[input], shape.channelsIn);
    out = binding.view(values[output], shape.channelsOut);
    binding.epilogue.place(values, [&](const Placement &residual) {
      return binding.view(residual, shape.channelsOut);
    });
  }

  int run(const Pass &pass) const override {
    return convolution.run(in.in(pass.arena, pass.calls), packedWeights(),
                           binding.epilogue.in(pass.arena),
                           out.in(pass.arena, pass.calls),
                           reinterpret_cast<float *>(pass.arena + scratch));
  }

  void pack(const float *written, int64_t begin, int64_t end) override {
    if (shape.inputMajor)
      return convolution.pack(written, packedWeights());
    // The kernel counts from the first row.
    convolution.pack(written - begin * binding.rows(), packedWeights(), begin,
                     end);
  }

  int64_t packRows() const override { return binding.packRows(); }

  size_t weightBytes() const override { return packed.size(); }

private:
  float *packedWeights() const {
    return reinterpret_cast<float *>(packed.data());
  }

  ConvolutionBinding binding;
  const kernels::ConvolutionShape &shape;
  kernels::Convolution convolution;
  AlignedMemory packed;
  uint32_t input, output;
  PlacedView in, out;
  size_t scratch = 0;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindConvolution(const Program &program,
                                                const plan::Step &step,
                                                bool strict) {
  auto binding = bindAsConvolution(program, step);
  if (!binding)
    return nullptr;
  return std::make_unique<ConvolutionStep>(program, step, *std::move(binding),
                                           strict);
}
