//===- LayerConverters.h - What stands around a layer's arrays --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_LAYERCONVERTERS_H
#define CIM_RUNTIME_CONVERTERS_LAYERCONVERTERS_H

#include "runtime/converters/Dac.h"
#include "runtime/plan/plan.pb.h"

namespace cim {

/// Whether the arrays of \p layer are computed one by one, because something
/// happens to what leaves each.
bool readsArrays(const plan::Layer &layer);

/// Whether reads of its device have noise at the time that is asked for.
bool hasNoisyDevice(const plan::Layer &layer);

/// Whether any read has noise.
bool hasReadNoise(const plan::Layer &layer);

/// Whether what weights may have digitally (LayerProgram::digitalPart) is
/// multiplied with other inputs than cells see, because their curve bends
/// these.
bool hasDigitalInputs(const plan::Layer &layer);

/// The variance of one read of a weight's cells of one slice, its pair or its
/// reference among them, by the read noise that is the same for all cells, in
/// the weights' unit squared, where \p fullScale is the slice's (LayerProgram).
double uniformReadVariance(const plan::Layer &layer, double fullScale);

/// The DACs of \p layer, which has some. Where nothing happens to what leaves
/// the arrays, inputs that come bit by bit come at once: the sum is the same.
Dac dacOf(const plan::Layer &layer);

/// Whether its converters lack a range, which calibration has to find.
bool needsCalibration(const plan::Layer &layer);
bool needsCalibration(const plan::Plan &plan);

/// Whether any layer of \p plan has a converter.
bool hasConverters(const plan::Plan &plan);

/// Throws InputError, naming the layer, when needsCalibration().
void requireRanges(const plan::Layer &layer);

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_LAYERCONVERTERS_H
