//===- Vary.h - The points of a sweep -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_VARY_H
#define CIM_TOOLS_CIM_VARY_H

#include "tools/cim/Flags.h"

#include <string>
#include <utility>
#include <vector>

namespace cim {

/// `OPTION=VALUE`, or `PATTERN:OPTION=VALUE` for some layers.
using Setting = std::pair<std::string, std::string>;

/// Cuts \p text at its first '='. \p option is named in the UsageError when
/// there is none.
Setting parseSetting(const std::string &option, const std::string &text);

/// One combination of the values that `--vary` lists.
struct SweepPoint {
  std::vector<Setting> settings; ///< in the order of the `--vary` options
  ErrorFlags errors;             ///< all errors, also those that stay
};

/// \p text with every `{a,b,c}` replaced by one of its pieces, in order, as a
/// shell does: "x{1,2}y{3,4}" is x1y3, x1y4, x2y3, x2y4. Braces may stand in
/// braces. Throws UsageError for braces that do not match.
std::vector<std::string> expandBraces(const std::string &text);

/// All combinations of what \p vary lists (`OPTION=VALUES`), the last option
/// changing fastest, on top of the errors \p fixed. The value `none` leaves the
/// option out. Throws UsageError.
std::vector<SweepPoint> sweepPoints(const ErrorFlags &fixed,
                                    const std::vector<std::string> &vary);

/// Whether \p settings contain all of \p wanted.
bool containsAll(const std::vector<Setting> &settings,
                 const std::vector<Setting> &wanted);

} // namespace cim

#endif // CIM_TOOLS_CIM_VARY_H
