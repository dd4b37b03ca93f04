//===- Window.h - How a window moves over images ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_WINDOW_H
#define CIM_RUNTIME_EXECUTOR_WINDOW_H

#include "runtime/executor/Attributes.h"

namespace cim {

/// Reads strides, dilations and pads of a convolution or pooling step on images
/// into a kernel's \p shape. False, and nothing is read, when one of them is
/// negative or larger than \p most.
template <typename Shape>
bool readWindow(const plan::Step &step, Shape &shape, int64_t most) {
  auto strides = integers(step, "strides"), pads = integers(step, "pads"),
       dilations = integers(step, "dilations");
  for (auto list : {strides, pads, dilations})
    for (int64_t n : list)
      if (n < 0 || n > most)
        return false;
  shape.strideY = strides[0];
  shape.strideX = strides[1];
  shape.dilationY = dilations[0];
  shape.dilationX = dilations[1];
  shape.pads.top = pads[0];
  shape.pads.left = pads[1];
  shape.pads.bottom = pads[2];
  shape.pads.right = pads[3];
  return true;
}

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_WINDOW_H
