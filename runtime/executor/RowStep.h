//===- RowStep.h - Steps on dense rows ---------------------------*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What transformers do between their layers, on ROW_MAJOR values: plain loops
// over prepared strides, which the compiler vectorises for several instruction
// sets. Floating-point operations are not contracted and never reordered, so
// that all sets give the same bits.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_ROWSTEP_H
#define CIM_RUNTIME_EXECUTOR_ROWSTEP_H

#include "runtime/executor/Step.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

/// For loops that are worth it: compiled for each, chosen when the program
/// starts.
#define CIM_FOR_EACH_INSTRUCTION_SET                                           \
  __attribute__((target_clones("avx512f", "avx2", "default")))

namespace cim {

/// Loops over the elements of a row-major result, and where N operands, of
/// which the result is a broadcast, a transposition or a part, stand then.
/// Dimensions that all of them step through alike are one.
template <size_t N> class StridedLoops {
public:
  using Offsets = std::array<int64_t, N>;

  /// \p strides: of each operand, in elements, along the dimensions of
  /// \p shape.
  StridedLoops(std::span<const int64_t> shape,
               const std::array<std::vector<int64_t>, N> &strides) {
    for (size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] == 1)
        continue;
      Offsets own;
      for (size_t n = 0; n < N; ++n)
        own[n] = strides[n][d];
      bool joins = !dimensions.empty();
      for (size_t n = 0; joins && n < N; ++n)
        joins = dimensions.back().steps[n] == own[n] * shape[d];
      if (joins)
        dimensions.back() = {dimensions.back().extent * shape[d], own};
      else
        dimensions.push_back({shape[d], own});
    }
    if (dimensions.empty())
      dimensions.push_back({1, {}});
    last = dimensions.back();
    dimensions.pop_back();
    rows = 1;
    for (const Dimension &dimension : dimensions)
      rows *= dimension.extent;
  }

  /// Elements of a row, and how far apart each operand's are.
  int64_t rowLength() const { return last.extent; }
  const Offsets &steps() const { return last.steps; }

  /// Calls \p function(first element of the row in the result, in operands).
  template <typename Function> void forEachRow(Function function) const {
    std::array<int64_t, 16> position{};
    Offsets offsets{};
    for (int64_t row = 0; row < rows; ++row) {
      function(row * last.extent, offsets);
      for (size_t d = dimensions.size(); d-- > 0;) {
        for (size_t n = 0; n < N; ++n)
          offsets[n] += dimensions[d].steps[n];
        if (++position[d] < dimensions[d].extent)
          break;
        for (size_t n = 0; n < N; ++n)
          offsets[n] -= dimensions[d].steps[n] * dimensions[d].extent;
        position[d] = 0;
      }
    }
  }

private:
  struct Dimension {
    int64_t extent = 1;
    Offsets steps{};
  };
  std::vector<Dimension> dimensions; ///< but the last
  Dimension last;
  int64_t rows = 1;
};

/// Strides of a dense row-major tensor of \p shape.
std::vector<int64_t> denseStrides(std::span<const int64_t> shape);
/// The same where it is broadcast to \p target: 0 where it repeats.
std::vector<int64_t> broadcastStrides(std::span<const int64_t> shape,
                                      std::span<const int64_t> target);

std::span<const int64_t> dimensionsOf(const plan::Value &value);

/// A step that computes one call after the other from dense operands.
class RowStep : public BoundStep {
public:
  static constexpr size_t mostOperands = 16;
  using Operands = std::array<const std::byte *, mostOperands>;

  /// True when operands and result are row-major, there are not too many, and
  /// the epilogue is one that RowStep does: a residual and an activation.
  static bool fits(const Program &program, const plan::Step &step);

  RowStep(const Program &program, const plan::Step &step);
  void place(std::span<const Placement> values, size_t scratch) override;
  int run(const Pass &pass) const override;

protected:
  /// Computes one call of the result.
  virtual void compute(const Operands &operands, std::byte *result) const = 0;

private:
  struct Source {
    uint32_t value;
    const std::byte *constant = nullptr;
    Placement place;
  };
  const std::byte *at(const Source &source, const Pass &pass,
                      int64_t call) const;
  void finish(float *result, const float *residual) const;

  std::vector<Source> sources;
  std::optional<Source> residual;
  uint32_t output;
  Placement out;
  plan::Epilogue epilogue;
  bool hasEpilogue;
  int64_t elements;
};

// Each returns null for a step that it does not compute.
std::unique_ptr<BoundStep> bindImageElementwise(const Program &program,
                                                const plan::Step &step);
// Those below are for steps that fit.
std::unique_ptr<BoundStep> bindRowElementwise(const Program &program,
                                              const plan::Step &step);
std::unique_ptr<BoundStep> bindRowMovement(const Program &program,
                                           const plan::Step &step);
std::unique_ptr<BoundStep> bindRowReduction(const Program &program,
                                            const plan::Step &step);
std::unique_ptr<BoundStep> bindRowProduct(const Program &program,
                                          const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_ROWSTEP_H
