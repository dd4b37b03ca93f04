//===- ResultsFile.h - Results as a page, a picture or a table -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_RESULTSFILE_H
#define CIM_TOOLS_CIM_RESULTSFILE_H

#include "runtime/report/Page.h"
#include "runtime/tensor/Errors.h"

#include <span>
#include <string>

namespace cim {

/// Results in which no option varies, so that there is no curve to draw.
struct NothingToDraw : InputError {
  using InputError::InputError;
};

/// Throws UsageError unless \p path, of option \p option, ends in .html, .svg,
/// .png or .csv and can be written.
void checkResultsFile(const std::string &option, const std::string &path);

/// Writes \p studies to \p path as its ending says, whole or not at all: a
/// page, a picture of all charts, or a table. Throws InputError, of which
/// NothingToDraw is one.
void writeResults(const std::string &path, std::span<const Study> studies,
                  PageOptions options);

} // namespace cim

#endif // CIM_TOOLS_CIM_RESULTSFILE_H
