//===- Executor.h - Runs a plan on the fast kernels -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_EXECUTOR_H
#define CIM_RUNTIME_EXECUTOR_EXECUTOR_H

#include "runtime/converters/Counts.h"
#include "runtime/executor/KeptActivations.h"
#include "runtime/executor/Parts.h"
#include "runtime/kernels/Algorithms.h"
#include "runtime/plan/Precision.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim {

class LayerProgram;
class Measurements;

struct ExecutorOptions {
  unsigned threads = 0; ///< 0: all cores
  /// Images that go through all steps together; 0: cut into parts, chosen from
  /// cache sizes (chooseParts).
  unsigned microBatch = 0;
  Precision precision = Precision::f32;
  bool profile = false; ///< time every step
  /// Not null: look at what enters and leaves arrays (calibrate()).
  Measurements *measurements = nullptr;
  /// Not null: what layers get instead of what the built-in table chooses
  /// (chooseAlgorithms, from what `cim tune` has measured).
  std::shared_ptr<const kernels::AlgorithmChoice> chosen = nullptr;
  /// Not empty: all steps, instead of what microBatch says. For plans that keep
  /// images apart.
  std::vector<Part> parts = {};
};

/// What one step did in all runs so far, summed over threads.
struct StepTime {
  std::string name;      ///< the ONNX node's
  std::string operation; ///< "conv", ...
  /// The path without a kernel, through the reference; always measured.
  bool general = false;
  std::string kernel; ///< that was chosen of several: "winograd 4x4x32"
  int64_t images = 0; ///< that go through it together
  double seconds = 0; ///< of one core
  /// Floating-point operations of the layers with weights, as a direct
  /// convolution needs them; Winograd's kernels do fewer. Where arrays are read
  /// one by one, every slice counts, and every application of the inputs.
  double operations = 0;
  /// Activations read and written, and the weights once per pass.
  double bytes = 0;
};

/// A prepared program. Construction binds every step to a kernel and lays out
/// the arena; after it nothing is looked up, dispatched or allocated, but for
/// steps that have no kernel.
class Executor {
public:
  /// Throws InputError when the plan is malformed, or too large for memory.
  /// Shares the bytes of \p tensors.
  Executor(const plan::Plan &plan, const TensorMap &tensors,
           const ExecutorOptions &options);
  ~Executor();

  /// Writes all layers of \p chip: runs every layer's programming chain and
  /// packs the result into its kernel's layout. Must come before run().
  void program(const Chip &chip);

  /// Writes layer \p layer (its place in the plan) of \p chip alone; all others
  /// keep what they hold. With \p chain, by that chain in the place of the
  /// plan's own: another size of error, or none. It must not differ in what
  /// happens at reads (converters, read noise), and keeps its wires solved for
  /// the chip.
  void programLayer(uint32_t layer, const Chip &chip,
                    LayerProgram *chain = nullptr);

  /// What writing the last chip took. Layers that are the same on every chip
  /// count once, on the first.
  const WriteCounts &writes() const;

  /// Fills \p image (the plan's input 0, C×H×W floats of image \p index).
  /// Called from several threads.
  using ReadImage = std::function<void(int64_t index, float *image)>;
  /// Receives output 0 of image \p index. Called from several threads.
  using WriteResult = std::function<void(int64_t index, const float *logits)>;

  /// Runs \p images images of a network that takes one image and whose first
  /// output is one row per image, both f32; throws InputError for others. The
  /// same bits for any thread count and any micro-batch. \p stop is polled
  /// between passes, from several threads; returns false when it cut the
  /// run short. Exceptions of the callbacks are passed on.
  bool run(int64_t images, const ReadImage &read, const WriteResult &write,
           const std::function<bool()> &stop = nullptr);

  // Runs of some steps of the program. Where only some layers change from run
  // to run, all steps before them compute the same again and again: keep() runs
  // them once for a range of images, and resume() does the rest as often as
  // wanted, with the same bits as a whole run. Only for networks that run() can
  // run, too.

  /// Steps of the program.
  int steps() const;
  /// The first step that uses layer \p layer, and so the last at which a run
  /// can resume when that layer has changed; the number of steps when none
  /// does.
  int firstUseOf(uint32_t layer) const;
  /// Runs images [first, first + images) up to, but without, \p step, and
  /// leaves what the steps from there on need in \p kept, which has room for
  /// them. Otherwise as run().
  bool keep(KeptActivations &kept, int64_t first, int64_t images, int step,
            const ReadImage &read, const std::function<bool()> &stop = nullptr);
  /// Takes \p kept from its step on to \p step, not before it. When \p stop cut
  /// it short, \p kept is empty.
  bool advance(KeptActivations &kept, int step,
               const std::function<bool()> &stop = nullptr);
  /// Runs the rest, from the step of \p kept to the output.
  bool resume(const KeptActivations &kept, const WriteResult &write,
              const std::function<bool()> &stop = nullptr);
  /// Bytes that keeping one call takes at the step where it takes most.
  size_t keptBytesPerCall() const;
  int64_t imagesPerCall() const;

  /// Computes all outputs of one call, whatever their element types are, from
  /// \p inputs: one tensor for each of the plan's inputs, of its type and
  /// shape. Throws InputError when they are others. Not for networks that were
  /// exported for many images but keep them apart (oneImage).
  std::vector<Tensor> call(std::span<const Tensor> inputs);

  int64_t inputElements() const;  ///< per image
  int64_t outputElements() const; ///< per image
  unsigned microBatch() const;    ///< images
  /// Images that go together through the first layer of shape \p shape; as many
  /// as the micro-batch has where there is none.
  int64_t imagesTogether(const kernels::ConvolutionShape &shape) const;
  unsigned threads() const;
  size_t arenaBytes() const; ///< per thread

  /// What the user asked for and did not get, a line each
  /// (LayerProgram::warnings).
  std::vector<std::string> warnings() const;

  /// What the converters of each layer of the plan did in all runs so far.
  std::vector<ConverterCounts> converterCounts() const;

  /// One entry per step that runs, in order. Zero seconds where nothing was
  /// measured.
  std::vector<StepTime> profile() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_EXECUTOR_H
