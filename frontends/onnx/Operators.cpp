//===- Operators.cpp - Which ONNX operators are imported, and how ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

#include "llvm/ADT/StringMap.h"

using namespace cim::importer;

const Operator *cim::importer::findOperator(llvm::StringRef name) {
  static const auto table = [] {
    llvm::StringMap<const Operator *> table;
    for (llvm::ArrayRef<Operator> family :
         {activationOperators(), constantOperators(), convolutionOperators(),
          elementwiseOperators(), linearAlgebraOperators(), movementOperators(),
          normalizationOperators(), poolingOperators(), reductionOperators(),
          shapeOperators()})
      for (const Operator &entry : family) {
        [[maybe_unused]] bool isNew =
            table.try_emplace(entry.name, &entry).second;
        assert(isNew && "an operator has two rules");
      }
    return table;
  }();
  return table.lookup(name);
}
