//===- NNOps.td - All operations of the nn dialect ----------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NNOPS_TD
#define CIM_DIALECTS_NN_NNOPS_TD

include "dialects/nn/NNDataOps.td"
include "dialects/nn/NNElementwiseOps.td"
include "dialects/nn/NNIndexOps.td"
include "dialects/nn/NNLayerOps.td"

#endif // CIM_DIALECTS_NN_NNOPS_TD
