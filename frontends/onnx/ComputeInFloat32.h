//===- ComputeInFloat32.h - A model in one precision ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_COMPUTEINFLOAT32_H
#define CIM_FRONTENDS_ONNX_COMPUTEINFLOAT32_H

#include "frontends/onnx/TensorData.h"
#include "frontends/onnx/onnx.pb.h"

namespace cim::importer {

/// Makes every float16, bfloat16 and float64 of \p graph a float32: constants,
/// types that attributes name, and those of inputs, outputs and values.
/// \p tensors reads the constants. Throws InputError for constants that cannot
/// be read.
void computeInFloat32(onnx::GraphProto &graph, TensorReader &tensors);

/// The element type that \p attribute names for the result of its node, as a
/// number of TensorProto::DataType; UNDEFINED when it means something else.
int32_t resultType(const onnx::AttributeProto &attribute);

/// Makes \p tensor hold \p numbers, which are float32.
void setNumbers(onnx::TensorProto &tensor, const Tensor &numbers);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_COMPUTEINFLOAT32_H
