//===- MappedLayer.h - Layers on crossbars, for tests --------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_MAPPING_MAPPEDLAYER_H
#define CIM_TESTS_RUNTIME_MAPPING_MAPPEDLAYER_H

#include "runtime/plan/plan.pb.h"

namespace cim::test {

/// Groups of \p rows x \p columns weights on arrays of 16 x 8.
inline plan::Layer mappedLayer(uint32_t rows, uint32_t columns,
                               uint32_t groups = 1,
                               uint32_t groupsPerArray = 1) {
  plan::Layer layer;
  layer.set_name("layer");
  layer.set_weights("layer.weight");
  layer.add_shape(columns * groups);
  layer.add_shape(rows);
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_array_rows(16);
  crossbar.set_array_columns(8);
  crossbar.set_highest_conductance(100);
  crossbar.set_matrix_rows(rows);
  crossbar.set_matrix_columns(columns);
  crossbar.set_groups(groups);
  crossbar.set_groups_per_array(groupsPerArray);
  return layer;
}

/// Cuts the weights of \p layer into slices.
inline void slice(plan::Layer &layer, uint32_t bits, uint32_t cellBits,
                  plan::Crossbar::Cells cells) {
  layer.mutable_quantize()->set_bits(bits);
  layer.mutable_quantize()->set_mode(cells == plan::Crossbar::OFFSET
                                         ? plan::Quantize::MINMAX
                                         : plan::Quantize::SYMMETRIC);
  layer.mutable_crossbar()->set_cells(cells);
  layer.mutable_crossbar()->set_cell_bits(cellBits);
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_MAPPING_MAPPEDLAYER_H
