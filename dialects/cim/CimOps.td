//===- CimOps.td - All operations of the cim dialect --------*- tablegen -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIMOPS_TD
#define CIM_DIALECTS_CIM_CIMOPS_TD

include "dialects/cim/CimConverterOps.td"
include "dialects/cim/CimCrossbarOps.td"
include "dialects/cim/CimCellErrorOps.td"
include "dialects/cim/CimErrorOps.td"
include "dialects/cim/CimMapOps.td"

#endif // CIM_DIALECTS_CIM_CIMOPS_TD
