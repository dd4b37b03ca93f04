//===- Manifest.h - The mapping manifest ---------------------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_MAPPING_MANIFEST_H
#define CIM_RUNTIME_MAPPING_MANIFEST_H

#include "runtime/mapping/mapping.pb.h"
#include "runtime/plan/plan.pb.h"

#include <string>

namespace cim {

/// The version of the manifest that this build writes and reads.
inline constexpr uint32_t manifestVersion = 1;

/// The manifest of all layers of \p plan that have a crossbar. Throws
/// InputError when there are more tiles than a manifest should hold
/// (4,000,000).
mapping::Manifest makeManifest(const plan::Plan &plan, const std::string &model,
                               const std::string &modelSha256);

/// Writes \p manifest whole or not at all: binary into a .pb, JSON into a .json
/// file. Throws InputError.
void writeManifest(const std::string &path, const mapping::Manifest &manifest);

/// Reads what writeManifest wrote. Throws InputError, naming the file, also for
/// one of another version.
mapping::Manifest readManifest(const std::string &path);

/// Whether the name of \p path is one that a manifest can have.
bool isManifestName(const std::string &path);

} // namespace cim

#endif // CIM_RUNTIME_MAPPING_MANIFEST_H
