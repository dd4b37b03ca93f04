//===- ResidualRoles.cpp - C1 and C2 in residual blocks -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/analysis/ResidualRoles.h"

using namespace mlir;

namespace cim {

namespace {

/// The convolutions of a branch in the order in which they run.
struct Branch {
  crossbar::ConvOp c1, c2;
};

/// The only operand of \p operation that is not constant, or null.
Value onlyVariable(Operation *operation) {
  Value variable;
  for (Value operand : operation->getOperands()) {
    Operation *definition = operand.getDefiningOp();
    if (definition && definition->hasTrait<OpTrait::ConstantLike>())
      continue;
    if (variable)
      return {};
    variable = operand;
  }
  return variable;
}

/// Follows the path that ends in \p end back to \p start; the branch, when it
/// gets there over exactly two convolutions.
std::optional<Branch> branchBetween(Value start, Value end) {
  // More than any block has, so that no graph makes the search quadratic.
  constexpr int longestPath = 32;
  Branch branch;
  Value value = end;
  for (int length = 0; value != start; ++length) {
    Operation *operation = value.getDefiningOp();
    if (!operation || length == longestPath)
      return std::nullopt;
    if (auto conv = dyn_cast<crossbar::ConvOp>(operation)) {
      if (branch.c1)
        return std::nullopt;
      (branch.c2 ? branch.c1 : branch.c2) = conv;
    } else if (isa<crossbar::CrossbarOpInterface>(operation)) {
      return std::nullopt; // a fully connected layer
    }
    value = onlyVariable(operation);
    if (!value)
      return std::nullopt;
  }
  if (!branch.c1)
    return std::nullopt;
  return branch;
}

} // namespace

ResidualRoles::ResidualRoles(Operation *module) {
  // A convolution of two blocks, C1 of one and C2 of the other, is neither.
  llvm::DenseMap<Operation *, std::optional<crossbar::Role>> roleOfUse;
  auto note = [&](Operation *use, crossbar::Role role) {
    auto [entry, isFirst] = roleOfUse.try_emplace(use, role);
    if (!isFirst && entry->second != role)
      entry->second = std::nullopt;
  };
  module->walk([&](nn::AddOp add) {
    for (auto [start, end] : {std::pair<Value, Value>(add.getA(), add.getB()),
                              std::pair<Value, Value>(add.getB(), add.getA())})
      // A sum that broadcasts is no block.
      if (start.getType() == end.getType())
        if (std::optional<Branch> branch = branchBetween(start, end)) {
          note(branch->c1, crossbar::Role::C1);
          note(branch->c2, crossbar::Role::C2);
        }
  });

  module->walk([&](crossbar::CrossbarOpInterface use) {
    std::optional<crossbar::Role> role;
    if (auto found = roleOfUse.find(use); found != roleOfUse.end())
      role = found->second;
    auto [entry, isFirst] =
        roles.try_emplace(use.getLayerAttr().getAttr(), role);
    if (!isFirst && entry->second != role)
      entry->second = std::nullopt;
  });
}

std::optional<crossbar::Role> ResidualRoles::roleOf(StringAttr layer) const {
  auto found = roles.find(layer);
  return found == roles.end() ? std::nullopt : found->second;
}

} // namespace cim
