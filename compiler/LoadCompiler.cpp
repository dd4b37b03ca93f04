//===- LoadCompiler.cpp - Opens the compiler when it is needed ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"

#include "runtime/tensor/Errors.h"

#include <dlfcn.h>
#include <filesystem>

using namespace cim;

/// The folder of the runtime's library, where the compiler's stands too.
static std::filesystem::path libraryFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&byteWidth), &info) == 0)
    return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

static Compiler &openCompiler() {
  std::string library = libraryFolder() / "libCimCompiler.so";
  // Never closed: plans share memory that its code frees.
  void *handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  void *function = handle ? dlsym(handle, "cimCompiler") : nullptr;
  if (!function)
    throw InputError("the compiler cannot be loaded (" +
                     std::string(dlerror()) +
                     "); install LLVM 22, or run a compiled plan");
  return *reinterpret_cast<Compiler *(*)()>(function)();
}

Compiler &cim::loadCompiler() {
  static Compiler &compiler = openCompiler();
  return compiler;
}
