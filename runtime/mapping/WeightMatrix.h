//===- WeightMatrix.h - The place of a weight in its matrix -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_MAPPING_WEIGHTMATRIX_H
#define CIM_RUNTIME_MAPPING_WEIGHTMATRIX_H

#include "runtime/plan/plan.pb.h"

#include <cstdint>

namespace cim {

/// Between a weight's index in ONNX order and its row and column: rows are the
/// inputs of one group, in ONNX order, columns the output channels of all.
struct WeightMatrix {
  /// Neighbouring weights of one channel, and the number of channels.
  uint64_t inner = 1, channels = 1;
  uint64_t channelsPerGroup = 1;

  explicit WeightMatrix(const plan::Layer &layer) {
    for (int d = int(layer.channel_axis()); d < layer.shape_size(); ++d)
      (d == int(layer.channel_axis()) ? channels : inner) *= layer.shape(d);
    const uint32_t groups = layer.crossbar().groups();
    channelsPerGroup = channels / (groups ? groups : 1);
  }

  uint64_t channelOf(uint64_t weight) const {
    return weight / inner % channels;
  }
  uint64_t rowOf(uint64_t weight) const {
    return weight / inner / channels * inner + weight % inner;
  }
  uint64_t indexOf(uint64_t row, uint64_t channel) const {
    return (row / inner * channels + channel) * inner + row % inner;
  }
  /// The weight in the same row of its group's first channel.
  uint64_t firstInRow(uint64_t weight) const {
    return weight - channelOf(weight) % channelsPerGroup * inner;
  }
  /// Whether neighbours stand in one row; else in one column.
  bool neighboursShareRow() const { return inner == 1; }
  /// How many weights from \p weight on stand in its row or its column, of its
  /// group.
  uint64_t stretch(uint64_t weight) const {
    return neighboursShareRow()
               ? channelsPerGroup - channelOf(weight) % channelsPerGroup
               : inner - weight % inner;
  }
};

} // namespace cim

#endif // CIM_RUNTIME_MAPPING_WEIGHTMATRIX_H
