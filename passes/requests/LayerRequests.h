//===- LayerRequests.h - What is asked of selected layers -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a pass reads an option in the words of the command line, and finds the
// layers that it is meant for; and requests of several options, of which later
// ones override earlier ones option by option, as map-to-crossbars and
// attach-converters take them.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_REQUESTS_LAYERREQUESTS_H
#define CIM_PASSES_REQUESTS_LAYERREQUESTS_H

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"

#include <functional>
#include <string>
#include <vector>

namespace cim {

/// Runs \p action; the grammar's complaint about \p option becomes an error at
/// \p location. Exceptions end here: MLIR is built without them.
mlir::LogicalResult reportGrammarErrors(mlir::Location location,
                                        llvm::StringRef option,
                                        llvm::StringRef value,
                                        llvm::function_ref<void()> action);

/// Says for each of \p layers whether \p pattern selects it; reports a pattern
/// that is none at \p location.
mlir::FailureOr<std::vector<bool>>
selectLayersOf(mlir::Location location,
               llvm::ArrayRef<crossbar::LayerOp> layers,
               llvm::StringRef pattern);

/// One request: changes of what is known of a layer, a State.
template <typename State> class LayerRequest {
public:
  explicit LayerRequest(mlir::Location location) : location(location) {}

  /// \p field becomes what \p parser makes of \p text, unless that is empty.
  template <typename Parser, typename Field>
  mlir::LogicalResult set(llvm::StringRef option, const std::string &text,
                          Parser parser, Field field) {
    return reportGrammarErrors(location, option, text, [&] {
      if (!text.empty())
        changes.push_back([value = parser(text), field](State &state) {
          state.*field = value;
        });
    });
  }

  /// Changes the states of those \p layers that \p pattern selects, and sets
  /// their `isAskedFor`.
  mlir::LogicalResult apply(llvm::ArrayRef<crossbar::LayerOp> layers,
                            llvm::StringRef pattern,
                            std::vector<State> &states) const {
    mlir::FailureOr<std::vector<bool>> selected =
        selectLayersOf(location, layers, pattern);
    if (failed(selected))
      return mlir::failure();
    for (auto [isSelected, state] : llvm::zip_equal(*selected, states)) {
      if (!isSelected)
        continue;
      state.isAskedFor |= !changes.empty();
      for (const auto &change : changes)
        change(state);
    }
    return mlir::success();
  }

private:
  mlir::Location location;
  std::vector<std::function<void(State &)>> changes;
};

} // namespace cim

#endif // CIM_PASSES_REQUESTS_LAYERREQUESTS_H
