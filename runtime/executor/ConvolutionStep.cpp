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
                  ConvolutionBinding binding,
                  kernels::ConvolutionAlgorithm algorithm)
      : binding(std::move(binding)), shape(this->binding.shape),
        computation(shape, algorithm),
        packed(computation.packedWeights() * sizeof(float)),
        input(step.inputs(0)), output(step.outputs(0)),
        callImages(this->binding.pixels ? 1 : program.value(input).shape(0)),
        isBfloat16(program.isBfloat16() && program.bfloat16[output]) {
    if (!step.has_layer())
      computation.pack(program.constant(step.inputs(1)).as<float>().data(),
                       packedWeights());
  }

  Border wantedBorder(int operand) const override {
    return operand == 0 ? binding.border() : Border();
  }

  bool readsUnpaddedPixels() const override { return true; }

  Bfloat16Storage bfloat16Storage() const override {
    return computation.takesBfloat16() ? Bfloat16Storage::each
                                       : Bfloat16Storage::none;
  }
  size_t readsBeyond() const override { return computation.readsBeyond(); }

  size_t scratchBytes(int64_t calls) const override {
    return computation.scratch(callImages * calls) * sizeof(float);
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
    kernels::Epilogue epilogue = binding.epilogue.in(pass);
    epilogue.toBfloat16 = isBfloat16;
    return computation.run(in.in(pass), packedWeights(), epilogue, out.in(pass),
                           reinterpret_cast<float *>(pass.scratch + scratch));
  }

  void pack(const float *written, int64_t begin, int64_t end) override {
    if (shape.inputMajor)
      return computation.pack(written, packedWeights());
    // The kernel counts from the first row.
    computation.pack(written - begin * binding.rows(), packedWeights(), begin,
                     end);
  }

  int64_t packRows() const override { return binding.packRows(); }

  size_t weightBytes() const override { return packed.size(); }

  const kernels::ConvolutionShape *convolution() const override {
    return &shape;
  }
  bool roundsResult() const override { return computation.takesBfloat16(); }
  double multiplyAdds() const override {
    return shape.multiplyAdds() * callImages;
  }
  std::string kernel() const override { return computation.description(); }

private:
  float *packedWeights() const {
    return reinterpret_cast<float *>(packed.data());
  }

  ConvolutionBinding binding;
  const kernels::ConvolutionShape &shape;
  kernels::Convolution computation;
  AlignedMemory packed;
  uint32_t input, output;
  int64_t callImages; ///< images of one call
  bool isBfloat16;    ///< the result
  PlacedView in, out;
  size_t scratch = 0;
};

} // namespace

std::unique_ptr<BoundStep>
cim::bindConvolution(const Program &program, const plan::Step &step,
                     kernels::ConvolutionAlgorithm algorithm) {
  auto binding = bindAsConvolution(program, step);
  if (!binding)
    return nullptr;
  return std::make_unique<ConvolutionStep>(program, step, *std::move(binding),
                                           algorithm);
}
