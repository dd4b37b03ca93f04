//===- ResidualRoles.cpp - Places of layers in residual blocks ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/analysis/ResidualRoles.h"

using namespace mlir;

namespace cim {

namespace {

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

/// A path of operations with one variable operand each, from its end to where
/// it stops. The values on it, the last first; the end itself is one.
SmallVector<Value> pathTo(Value end) {
  // More than any block has, so that no graph makes the search quadratic.
  constexpr int longestPath = 32;
  SmallVector<Value> path;
  for (Value value = end; value && path.size() < longestPath;) {
    path.push_back(value);
    Operation *operation = value.getDefiningOp();
    value = operation ? onlyVariable(operation) : Value();
  }
  return path;
}

/// What computes the values of a path, up to but without the one at \p length:
/// the convolutions in the order in which they run.
struct Branch {
  SmallVector<Operation *> convolutions;
  bool isIdentity = true;
  bool hasOtherLayer = false; ///< a fully connected one

  Branch(ArrayRef<Value> path, size_t length) : isIdentity(length == 0) {
    for (Value value : llvm::reverse(path.take_front(length)))
      if (isa<crossbar::ConvOp>(value.getDefiningOp()))
        convolutions.push_back(value.getDefiningOp());
      else
        hasOtherLayer |=
            isa<crossbar::CrossbarOpInterface>(value.getDefiningOp());
  }
};

/// The block that an addition closes, its branch and its shortcut.
struct Block {
  Branch branch, shortcut;
};

/// The two ways to \p add from the nearest value at which both begin.
std::optional<Block> blockOf(nn::AddOp add) {
  // A sum that broadcasts is no block.
  if (add.getA().getType() != add.getB().getType())
    return std::nullopt;
  SmallVector<Value> a = pathTo(add.getA()), b = pathTo(add.getB());
  for (auto [length, value] : llvm::enumerate(a)) {
    auto *meeting = llvm::find(b, value);
    if (meeting == b.end())
      continue;
    Branch first(a, length), second(b, meeting - b.begin());
    if (first.convolutions.size() < second.convolutions.size())
      std::swap(first, second);
    return Block{std::move(first), std::move(second)};
  }
  return std::nullopt;
}

/// The roles of the two or three convolutions of a branch.
ArrayRef<crossbar::Role> rolesOf(const Block &block) {
  using crossbar::Role;
  static constexpr Role basic[] = {Role::C1, Role::C2},
                        bottleneck[] = {Role::B1, Role::B2, Role::B3},
                        projected[] = {Role::P1, Role::P2, Role::P3};
  const size_t count = block.branch.convolutions.size();
  if (count < 2 || count > 3 || block.branch.hasOtherLayer ||
      block.shortcut.hasOtherLayer || block.shortcut.convolutions.size() > 1)
    return {};
  if (block.shortcut.isIdentity)
    return count == 2 ? ArrayRef(basic) : ArrayRef(bottleneck);
  return ArrayRef(projected).take_front(count);
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
    std::optional<Block> block = blockOf(add);
    if (!block)
      return;
    ArrayRef<crossbar::Role> roles = rolesOf(*block);
    for (auto [convolution, role] :
         llvm::zip(block->branch.convolutions, roles))
      note(convolution, role);
    if (!roles.empty())
      for (Operation *convolution : block->shortcut.convolutions)
        note(convolution, crossbar::Role::S);
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
