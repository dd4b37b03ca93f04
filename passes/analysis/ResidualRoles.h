//===- ResidualRoles.h - Places of layers in residual blocks ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANALYSIS_RESIDUALROLES_H
#define CIM_PASSES_ANALYSIS_RESIDUALROLES_H

#include "dialects/cim/Cim.h"

namespace cim {

/// The roles of crossbar layers, from the structure of the graph alone.
///
/// A residual block is an addition, without broadcast, of two paths that begin
/// at the same value. On a path may stand any operations with one operand that
/// is not constant, so normalisation, activation or padding, before or after a
/// convolution (He et al. 2016, doi 10.1109/CVPR.2016.90 and
/// 10.1007/978-3-319-46493-0_38, both orders). The path with more convolutions
/// on crossbars is the branch, the other one the shortcut.
///
/// | shortcut | convolutions of the branch | their roles, in order |
/// |---|---|---|
/// | the very value (identity) | 2 | C1, C2 |
/// | the very value (identity) | 3 (bottleneck) | B1, B2, B3 |
/// | anything else: projection, stride, padding | 2 or 3 | P1, P2, P3 |
///
/// The convolution of a projecting shortcut has the role S. C1 and C2 are those
/// of the published experiments (docs/semantics.md); the others have no part in
/// them. Other numbers of convolutions give no role, nor does a fully connected
/// layer on either path. A layer that is used several times has a role when all
/// of its uses have the same one.
class ResidualRoles {
public:
  /// Analyses \p module, whose layers are lowered (`lower-nn-to-cim`).
  explicit ResidualRoles(mlir::Operation *module);

  /// The role of the layer called \p layer, if it has one.
  std::optional<crossbar::Role> roleOf(mlir::StringAttr layer) const;

private:
  /// Null: has uses of different roles, or one without a role.
  llvm::DenseMap<mlir::StringAttr, std::optional<crossbar::Role>> roles;
};

} // namespace cim

#endif // CIM_PASSES_ANALYSIS_RESIDUALROLES_H
