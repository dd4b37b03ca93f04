//===- DeviceAttributes.h - Device models in the IR -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_DEVICEATTRIBUTES_H
#define CIM_DIALECTS_CIM_DEVICEATTRIBUTES_H

#include "dialects/cim/Cim.h"
#include "runtime/plan/plan.pb.h"

namespace cim::crossbar {

/// The numbers of \p device, but for its name, time and force, under the names
/// that they have in a plan.
mlir::DictionaryAttr encodeDevice(mlir::MLIRContext *context,
                                  const plan::Device &device);

/// The device of \p operation, which stands in a layer. Reports an error when
/// its model has fields that no device has, or says what the operation says.
mlir::FailureOr<plan::Device> decodeDevice(DeviceOp operation);

} // namespace cim::crossbar

#endif // CIM_DIALECTS_CIM_DEVICEATTRIBUTES_H
