//===- ResidualRoles.h - C1 and C2 in residual blocks -----------*- C++ -*-===//
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
/// A residual block with an identity shortcut is an addition of a value s and
/// of a branch that begins at the very same s. Where two convolutions on
/// crossbars lie on the branch, the first is C1 and the second C2. The branch
/// is a path: between the convolutions may stand any operations with one
/// operand that is not constant, so normalisation, activation or padding,
/// before or after the convolution (He et al. 2016, doi 10.1109/CVPR.2016.90
/// and 10.1007/978-3-319-46493-0_38, both orders).
///
/// No role comes from blocks whose shortcut does anything (stride, padding,
/// projection), nor from branches with another number of convolutions: the
/// three of a bottleneck have none yet. A layer that is used several times has
/// a role when all of its uses have the same one.
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
