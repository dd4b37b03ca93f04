//===- Operators.cpp - Which ONNX operators are imported, and how ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

#include "llvm/ADT/StringMap.h"

using namespace cim::importer;

llvm::ArrayRef<OperatorFamily> cim::importer::operatorFamilies() {
  static const OperatorFamily families[] = {
      {"layers", convolutionOperators()},
      {"linear algebra", linearAlgebraOperators()},
      {"sums of products", einsumOperators()},
      {"attention", attentionOperators()},
      {"quantization", quantizationOperators()},
      {"normalisation", normalizationOperators()},
      {"pooling", poolingOperators()},
      {"interpolation", resizeOperators()},
      {"activations", activationOperators()},
      {"elementwise", elementwiseOperators()},
      {"reduction", reductionOperators()},
      {"indexing", indexingOperators()},
      {"shape", shapeOperators()},
      {"movement", movementOperators()},
      {"constants", constantOperators()},
      {"conversion", conversionOperators()},
      {"loss", lossOperators()},
  };
  return families;
}

const Operator *cim::importer::findOperator(llvm::StringRef name) {
  static const auto table = [] {
    llvm::StringMap<const Operator *> table;
    for (const OperatorFamily &family : operatorFamilies())
      for (const Operator &entry : family.operators) {
        [[maybe_unused]] bool isNew =
            table.try_emplace(entry.name, &entry).second;
        assert(isNew && "an operator has two rules");
      }
    return table;
  }();
  return table.lookup(name);
}
