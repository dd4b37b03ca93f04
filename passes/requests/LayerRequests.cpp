//===- LayerRequests.cpp - What is asked of selected layers ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/requests/LayerRequests.h"

#include "dialects/cim/grammar/LayerPattern.h"

using namespace mlir;

namespace cim {

LogicalResult reportGrammarErrors(Location location, StringRef option,
                                  StringRef value,
                                  llvm::function_ref<void()> action) {
  try {
    action();
    return success();
  } catch (const GrammarError &error) {
    return emitError(location)
           << option << " '" << value << "': " << error.what();
  }
}

FailureOr<std::vector<bool>> selectLayersOf(Location location,
                                            ArrayRef<crossbar::LayerOp> layers,
                                            StringRef pattern) {
  std::vector<LayerIdentity> identities;
  for (crossbar::LayerOp layer : layers)
    identities.push_back({layer.getSymName().str(), layer.getRoleName().str()});
  std::vector<bool> selected;
  if (failed(reportGrammarErrors(location, "layers", pattern, [&] {
        selected = selectLayers(pattern, identities);
      })))
    return failure();
  return selected;
}

} // namespace cim
