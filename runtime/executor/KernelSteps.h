//===- KernelSteps.h - Steps that have a kernel -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One function per family of operations. Each returns null for a step that its
// kernels cannot do (other operations, ranks, element types, computed weights,
// ...), which then takes the general path.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_KERNELSTEPS_H
#define CIM_RUNTIME_EXECUTOR_KERNELSTEPS_H

#include "runtime/executor/Step.h"
#include "runtime/kernels/Convolution.h"

#include <memory>

namespace cim {

/// conv, gemm and matmul with constant or crossbar weights.
std::unique_ptr<BoundStep>
bindConvolution(const Program &program, const plan::Step &step,
                kernels::ConvolutionAlgorithm algorithm);

/// The same where the layer's arrays are computed one by one (readsArrays).
std::unique_ptr<BoundStep> bindMappedConvolution(const Program &program,
                                                 const plan::Step &step,
                                                 bool strict);

/// \p step, bound as \p inner, with an eye on what would enter and leave its
/// arrays (Program::measurements).
std::unique_ptr<BoundStep> bindMeasuring(const Program &program,
                                         const plan::Step &step,
                                         std::unique_ptr<BoundStep> inner);

/// What DACs make of a layer's input (driveInputs).
std::unique_ptr<BoundStep> bindDrive(const Program &program,
                                     const plan::Step &step);

/// max_pool, average_pool and global_average_pool of images.
std::unique_ptr<BoundStep> bindPooling(const Program &program,
                                       const plan::Step &step);

/// lrn of images.
std::unique_ptr<BoundStep> bindNormalization(const Program &program,
                                             const plan::Step &step);

/// add, sub and mul, scale_offset, and the activations that epilogues know.
std::unique_ptr<BoundStep> bindElementwise(const Program &program,
                                           const plan::Step &step);

/// slice, pad with a constant, and concat of images: copies of boxes.
std::unique_ptr<BoundStep> bindCopy(const Program &program,
                                    const plan::Step &step);

/// relayout between images and rows.
std::unique_ptr<BoundStep> bindRelayout(const Program &program,
                                        const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_KERNELSTEPS_H
