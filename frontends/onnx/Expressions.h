//===- Expressions.h - Rules that compose operations ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What import rules say that build an ONNX operator from several nn operations:
// arithmetic in the notation of formulas, and moving data by shape and axis.
// All shapes are static, so that each is known while building.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_EXPRESSIONS_H
#define CIM_FRONTENDS_ONNX_EXPRESSIONS_H

#include "frontends/onnx/Node.h"

#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

namespace cim::importer {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A value in an expression. Numbers become constants of its element type.
struct Term {
  Term(Node &node, mlir::Value value) : node(&node), value(value) {}

  Node *node;
  mlir::Value value;

  Term apply(llvm::StringRef mnemonic) const {
    return {*node, node->create(mnemonic, value)};
  }
  Term apply(llvm::StringRef mnemonic, Term other) const {
    return {*node, node->create(mnemonic, {value, other.value})};
  }
  Term apply(llvm::StringRef mnemonic, double other) const {
    return apply(mnemonic, Term{*node, node->scalar(other, value)});
  }
  template <typename T> Term operator+(T other) const {
    return apply("add", other);
  }
  template <typename T> Term operator-(T other) const {
    return apply("sub", other);
  }
  template <typename T> Term operator*(T other) const {
    return apply("mul", other);
  }
  template <typename T> Term operator/(T other) const {
    return apply("div", other);
  }
  Results results() const { return {value}; }
};

/// condition ? a : b
Term choose(Term condition, Term a, Term b);

/// \p x from \p lowest to \p highest.
Term clip(Term x, double lowest, double highest);

int64_t product(llvm::ArrayRef<int64_t> extents);

/// first, first + 1, …, last − 1.
Integers axesFrom(int64_t first, int64_t last);

mlir::Value reduce(Node &node, llvm::StringRef kind, mlir::Value x,
                   llvm::ArrayRef<int64_t> axes, bool keepDimensions = true);
mlir::Value transpose(Node &node, mlir::Value x,
                      llvm::ArrayRef<int64_t> permutation);
/// With dimensions \p a and \p b in each other's place.
mlir::Value swapDimensions(Node &node, mlir::Value x, int64_t a, int64_t b);
mlir::Value concat(Node &node, mlir::ValueRange parts, int64_t axis);
/// \p size elements from \p start in dimension \p axis, \p step apart.
mlir::Value slice(Node &node, mlir::Value x, int64_t axis, int64_t start,
                  int64_t size, int64_t step = 1);
/// In the opposite order along \p axis.
mlir::Value reverse(Node &node, mlir::Value x, int64_t axis);
/// \p pads elements more, or less where negative: of each dimension at the
/// begin, then at the end.
mlir::Value pad(Node &node, mlir::Value x, llvm::ArrayRef<int64_t> pads,
                double value = 0);
mlir::Value expand(Node &node, mlir::Value x, llvm::ArrayRef<int64_t> shape);
/// With a dimension of 1 more, before dimension \p axis.
mlir::Value unsqueeze(Node &node, mlir::Value x, int64_t axis);
/// Without dimension \p axis, which is 1.
mlir::Value squeeze(Node &node, mlir::Value x, int64_t axis);
/// Each element of dimension \p axis \p times times, one behind the other.
mlir::Value repeat(Node &node, mlir::Value x, int64_t axis, int64_t times);
/// A vector along dimension \p axis of a tensor of \p rank dimensions.
mlir::Value along(Node &node, mlir::Value x, int64_t axis, int64_t rank);
/// The indices of the \p k largest or smallest elements along \p axis, which
/// keeps its dimension.
mlir::Value topK(Node &node, mlir::Value x, int64_t k, int64_t axis,
                 bool largest);

/// 0, 1, …, count − 1, as i64. Folds when it is worth it, like all of these, so
/// that a hostile file cannot make the importer build endless tables.
mlir::Value counting(Node &node, int64_t count);
/// The same along dimension \p axis of \p rank.
mlir::Value counting(Node &node, int64_t count, int64_t axis, int64_t rank);
/// j − i for all i below \p rows and j below \p columns.
mlir::Value distances(Node &node, int64_t rows, int64_t columns);

/// A constant while its elements (int64_t, float or bool) are written. They
/// count (Node::takeMemory) before they are allocated: a short file can ask for
/// many large tables.
template <typename T> class Table {
public:
  Table(Node &node, llvm::ArrayRef<int64_t> shape)
      : node(node), shape(shape.vec()), elements(allocate(node, shape)) {}

  T &operator[](int64_t i) { return elements[i]; }
  /// After the last element is written.
  mlir::Value constant() const {
    const auto *bytes = reinterpret_cast<const std::byte *>(elements.get());
    return node.constant(Tensor{type, shape, {elements, bytes}});
  }

private:
  static constexpr ElementType type = std::is_same_v<T, bool>    ? plan::BOOL
                                      : std::is_same_v<T, float> ? plan::F32
                                                                 : plan::I64;

  static T *allocate(Node &node, llvm::ArrayRef<int64_t> shape) {
    const int64_t count = product(shape);
    node.takeMemory(double(count) * sizeof(T));
    return new T[count];
  }

  Node &node;
  std::vector<int64_t> shape;
  std::shared_ptr<T[]> elements;
};

/// Constants.
mlir::Value integers(Node &node, llvm::ArrayRef<int64_t> shape,
                     llvm::ArrayRef<int64_t> values);
mlir::Value booleans(Node &node, llvm::ArrayRef<int64_t> shape,
                     llvm::ArrayRef<bool> values);

bool isFloat(mlir::Value value);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_EXPRESSIONS_H
