//===- Programming.h - What writing does to weights -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H
#define CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// The programming chain of one layer, prepared: ranges, quantization steps,
/// codebooks and tables are computed once, so that a trial only draws.
class LayerProgram {
public:
  /// \p weights are the float weights, ONNX weight order; their bytes are kept,
  /// not copied. Throws InputError, naming the layer, for weights that are not
  /// finite and for errors that cannot be applied (a unit without its meaning,
  /// numbers out of range).
  LayerProgram(const plan::Layer &layer, const Tensor &weights);
  ~LayerProgram();
  LayerProgram(LayerProgram &&) noexcept;

  /// Writes cells [begin, begin + written.size()) of \p chip into \p written,
  /// ONNX weight order. A pure function of the chip's coordinates, the layer's
  /// index and the cell: the same bits for any split into ranges, thread and
  /// instruction set.
  void write(const Chip &chip, int64_t begin, std::span<float> written) const;

  /// True when every chip is the same (no random source).
  bool isDeterministic() const;

  /// One line for everything that the user asked for and did not get, such as
  /// the quantization of weights that are all equal.
  const std::vector<std::string> &warnings() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H
