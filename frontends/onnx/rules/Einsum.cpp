//===- Einsum.cpp - Sums of products, by letters --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// "bij,bjk->bik": a letter stands for a dimension; letters that the result
// lacks are summed over. Operands are joined one after the other, each time by
// a product of stacks of matrices: letters of both that are still wanted are
// the stack, other letters of both the inner dimension, the rest rows and
// columns. Source: ONNX Einsum-12.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include <algorithm>

using namespace cim::importer;
using mlir::Value;

namespace {

/// Dimensions by name. What `...` stands for is named by digits, the last
/// dimension 0.
using Letters = std::string;

/// A value and the letters of its dimensions, each of which occurs once.
struct Labelled {
  Value value;
  Letters letters;

  int64_t extent(char letter) const {
    return shapeOf(value)[letters.find(letter)];
  }
  bool has(char letter) const { return letters.find(letter) != letters.npos; }
};

class Equation {
public:
  explicit Equation(Node &node) : node(node) {
    std::string text = node.text("equation", "");
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    size_t arrow = text.find("->");
    std::string inputs = text.substr(0, arrow);
    llvm::SmallVector<llvm::StringRef> terms;
    llvm::StringRef(inputs).split(terms, ',');
    llvm::SmallVector<Value> values = node.allOperands();
    if (terms.size() != values.size() || values.empty())
      node.fail("has the equation " + quotation(text) + " for " +
                llvm::Twine(values.size()) + " operands");
    for (auto [term, value] : llvm::zip(terms, values))
      operands.push_back(label(value, term));
    result = arrow == text.npos ? implicitResult()
                                : expanded(text.substr(arrow + 2), dots);
    for (char letter : result)
      if (std::count(result.begin(), result.end(), letter) > 1 ||
          llvm::none_of(operands, [&](const Labelled &operand) {
            return operand.has(letter);
          }))
        node.fail("has the equation " + quotation(text) +
                  ", whose result cannot be computed");
  }

  Value compute() {
    Labelled sum = operands.front();
    for (size_t i = 1; i < operands.size(); ++i)
      sum = join(sum, operands[i], i + 1);
    return inOrder(summed(sum, result), result);
  }

private:
  /// \p term with digits in place of `...`, which stands for \p count
  /// dimensions.
  Letters expanded(std::string term, int64_t count) {
    size_t place = term.find("...");
    if (place != term.npos) {
      std::string digits;
      for (int64_t d = count; d-- > 0;)
        digits += char('0' + d);
      term.replace(place, 3, digits);
    }
    for (char letter : term)
      if (letter == '.')
        node.fail("has an equation with more than one '...' in a term");
    return term;
  }

  Labelled label(Value value, llvm::StringRef term) {
    int64_t rank = shapeOf(value).size(), count = 0;
    if (term.contains("..."))
      count = rank - (int64_t(term.size()) - 3);
    if (count < 0 || count > 10)
      node.fail("has the term " + quotation(term) + " for an operand of " +
                llvm::Twine(rank) + " dimensions");
    dots = std::max(dots, count);
    Labelled labelled{value, expanded(term.str(), count)};
    if (int64_t(labelled.letters.size()) != rank)
      node.fail("has the term " + quotation(term) + " for an operand of " +
                llvm::Twine(rank) + " dimensions");
    return diagonal(labelled);
  }

  /// A letter that occurs twice keeps the elements with equal indices.
  Labelled diagonal(Labelled x) {
    for (size_t i = 0; i < x.letters.size(); ++i) {
      size_t other = x.letters.find(x.letters[i], i + 1);
      if (other == x.letters.npos)
        continue;
      int64_t rank = x.letters.size(), extent = shapeOf(x.value)[i];
      if (shapeOf(x.value)[other] != extent)
        node.fail("has one letter for dimensions of " + llvm::Twine(extent) +
                  " and " + llvm::Twine(shapeOf(x.value)[other]));
      // Both dimensions at the end, as one, of which every (extent + 1)-th
      // element stays.
      Integers permutation;
      Letters letters;
      for (int64_t d = 0; d < rank; ++d)
        if (d != int64_t(i) && d != int64_t(other)) {
          permutation.push_back(d);
          letters += x.letters[d];
        }
      permutation.append({int64_t(i), int64_t(other)});
      letters += x.letters[i];
      Value value = transpose(node, x.value, permutation);
      Integers shape(shapeOf(value));
      shape.pop_back();
      shape.back() = extent * extent;
      value = slice(node, node.reshape(value, shape), rank - 2, 0, extent,
                    extent + 1);
      return diagonal({value, letters});
    }
    return x;
  }

  /// Without an arrow: `...`, then the letters that occur once, sorted.
  Letters implicitResult() {
    std::string all, once;
    for (const Labelled &operand : operands)
      all += operand.letters;
    std::sort(all.begin(), all.end());
    for (char letter : all)
      if (std::isalpha(static_cast<unsigned char>(letter)) &&
          std::count(all.begin(), all.end(), letter) == 1)
        once += letter;
    return expanded("...", dots) + once;
  }

  /// \p x summed over the letters that are not in \p wanted.
  Labelled summed(Labelled x, const Letters &wanted) {
    Integers axes;
    Letters kept;
    for (auto [d, letter] : llvm::enumerate(x.letters)) {
      if (wanted.find(letter) == wanted.npos)
        axes.push_back(d);
      else
        kept += letter;
    }
    if (axes.empty())
      return x;
    return {reduce(node, "sum", x.value, axes, false), kept};
  }

  Value inOrder(const Labelled &x, const Letters &order) {
    Integers permutation;
    for (char letter : order)
      permutation.push_back(x.letters.find(letter));
    return transpose(node, x.value, permutation);
  }

  /// \p x as [stack…, the product of rows, the product of columns].
  Value asMatrices(const Labelled &x, const Letters &stack, const Letters &rows,
                   const Letters &columns) {
    Value value = inOrder(x, stack + rows + columns);
    llvm::ArrayRef<int64_t> shape = shapeOf(value);
    Integers matrices(shape.take_front(stack.size()));
    matrices.push_back(product(shape.slice(stack.size(), rows.size())));
    matrices.push_back(product(shape.take_back(columns.size())));
    return node.reshape(value, matrices);
  }

  /// The product of \p a and \p b, summed over letters that neither the result
  /// nor an operand from \p next on has.
  Labelled join(Labelled a, Labelled b, size_t next) {
    Letters wanted = result;
    for (const Labelled &later : llvm::ArrayRef(operands).drop_front(next))
      wanted += later.letters;
    a = summed(a, wanted + b.letters);
    b = summed(b, wanted + a.letters);
    Letters stack, inner, rows, columns;
    for (char letter : a.letters) {
      if (!b.has(letter))
        rows += letter;
      else if (wanted.find(letter) == wanted.npos && !broadcasts(a, b, letter))
        inner += letter;
      else
        stack += letter;
    }
    for (char letter : b.letters)
      if (!a.has(letter))
        columns += letter;
    Value value = node.create("matmul", {asMatrices(a, stack, rows, inner),
                                         asMatrices(b, stack, inner, columns)});
    Integers shape(shapeOf(value));
    shape.truncate(stack.size());
    for (char letter : rows)
      shape.push_back(a.extent(letter));
    for (char letter : columns)
      shape.push_back(b.extent(letter));
    return summed({node.reshape(value, shape), stack + rows + columns}, wanted);
  }

  /// Whether \p letter stands for 1 in one of them only.
  bool broadcasts(const Labelled &a, const Labelled &b, char letter) {
    return a.extent(letter) != b.extent(letter);
  }

  Node &node;
  llvm::SmallVector<Labelled> operands;
  Letters result;
  int64_t dots = 0; ///< the most dimensions that a `...` stands for
};

} // namespace

static Results importEinsum(Node &node) { return {Equation(node).compute()}; }

llvm::ArrayRef<Operator> cim::importer::einsumOperators() {
  static const Operator operators[] = {
      {"Einsum", importEinsum},
  };
  return operators;
}
