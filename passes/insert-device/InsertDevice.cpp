//===- InsertDevice.cpp - insert-device -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-device/InsertDevice.h"

#include "dialects/cim/DeviceAttributes.h"
#include "passes/requests/InsertErrors.h"
#include "runtime/devices/DeviceModels.h"
#include "runtime/tensor/Errors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTDEVICE
#include "passes/insert-device/InsertDevice.h.inc"

namespace {
/// What is wrong with a device is as wrong as a word that is no device.
plan::Device resolve(std::string_view option) {
  try {
    return resolveDevice(parseDevice(option));
  } catch (const InputError &error) {
    throw GrammarError(error.what());
  }
}

struct InsertDevice : impl::InsertDeviceBase<InsertDevice> {
  using InsertDeviceBase::InsertDeviceBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = resolve(device)](OpBuilder &builder, Location location,
                                        Value weights) -> Value {
        return crossbar::DeviceOp::create(
            builder, location, weights.getType(), weights,
            builder.getStringAttr(option.name()),
            option.has_time() ? builder.getF64FloatAttr(option.time())
                              : nullptr,
            option.forced() ? builder.getUnitAttr() : nullptr,
            crossbar::encodeDevice(builder.getContext(), option));
      };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::device,
                            {"device", device}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
