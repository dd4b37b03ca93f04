//===- Sidecar.cpp - A text file with its tensors beside it ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Sidecar.h"

#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/TensorFile.h"

#include <filesystem>
#include <ostream>
#include <system_error>
#include <unistd.h>

using namespace cim;
namespace fs = std::filesystem;

/// Whether a text of \p path's stem other than \p path itself has its tensors
/// in \p tensorPath.
static bool isAnothers(const fs::path &path, const fs::path &tensorPath) {
  for (const char *extension : {".mlir", ".plan"}) {
    const fs::path other = fs::path(path).replace_extension(extension);
    std::error_code error;
    if (other != path && fs::is_regular_file(other, error) &&
        mapFile(other).text().find('"' + tensorPath.filename().string() +
                                   '"') != std::string_view::npos)
      return true;
  }
  return false;
}

void cim::writeWithSidecar(
    const std::string &path, const TensorMap &tensors,
    const std::function<std::string(const SidecarReference &)> &text) {
  fs::path tensorPath = fs::path(path).replace_extension(".safetensors");
  if (tensorPath == fs::path(path))
    throw InputError("'" + path +
                     "' is where the tensors go; give the text another "
                     "extension");
  // Neither file may appear while the other can still fail, so the tensors wait
  // under a name of their own until the text stands.
  fs::path waiting = tensorPath;
  waiting += ".waiting-" + std::to_string(getpid());
  struct Remove {
    const fs::path &file;
    ~Remove() {
      std::error_code ignored;
      fs::remove(file, ignored);
    }
  } removeWhatIsLeft{waiting};

  writeSafetensors(waiting, tensors);
  SidecarReference reference{tensorPath.filename(), sha256OfFile(waiting)};
  std::error_code error;
  if (fs::exists(tensorPath, error) &&
      sha256OfFile(tensorPath) != reference.sha256 &&
      isAnothers(path, tensorPath)) {
    tensorPath = path + ".safetensors";
    reference.file = tensorPath.filename();
  }
  std::string contents = text(reference);
  writeWhole(path, [&](std::ostream &stream) { stream << contents; });
  fs::rename(waiting, tensorPath, error);
  if (error)
    throw InputError("'" + tensorPath.string() +
                     "' cannot be written: " + error.message());
}

TensorMap
cim::readSidecar(const std::string &path, const SidecarReference &reference,
                 const std::function<void(const std::string &)> &warn) {
  fs::path name = reference.file;
  if (name.empty() || name != name.filename())
    throw InputError("'" + path + "' says that its tensors are in '" +
                     reference.file +
                     "'; name a safetensors file in the same folder");
  fs::path file = fs::path(path).parent_path() / name;
  std::error_code error;
  if (!fs::exists(file, error) && !error)
    throw InputError("'" + path + "': its weights, '" + reference.file +
                     "', are not beside it; copy both files");
  TensorMap tensors = readSafetensors(file);
  if (warn && sha256OfFile(file) != reference.sha256)
    warn("the tensors in '" + file.string() + "' have changed since '" + path +
         "' was written");
  return tensors;
}
