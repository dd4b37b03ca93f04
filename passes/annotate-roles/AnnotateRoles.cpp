//===- AnnotateRoles.cpp - annotate-roles ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/annotate-roles/AnnotateRoles.h"

#include "dialects/cim/Cim.h"
#include "passes/analysis/ResidualRoles.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_ANNOTATEROLES
#include "passes/annotate-roles/AnnotateRoles.h.inc"

namespace {
struct AnnotateRoles : impl::AnnotateRolesBase<AnnotateRoles> {
  void runOnOperation() override {
    const auto &roles = getAnalysis<ResidualRoles>();
    for (crossbar::LayerOp layer : crossbar::crossbarLayers(getOperation()))
      layer.setRole(roles.roleOf(layer.getSymNameAttr()));
  }
};
} // namespace
} // namespace cim
