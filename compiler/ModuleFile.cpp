//===- ModuleFile.cpp - Modules in .mlir files ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/ModuleFile.h"

#include "compiler/ElementTypes.h"
#include "dialects/nn/NN.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/Sidecar.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace cim;
using mlir::DenseResourceElementsAttr;

static constexpr llvm::StringLiteral tensorsAttribute = "cim.tensors";

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::string cim::moduleText(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  // In the local scope, locations stand where they belong instead of under a
  // number at the end of the file.
  module.print(stream, mlir::OpPrintingFlags()
                           .enableDebugInfo()
                           .useLocalScope()
                           .elideLargeResourceString(0));
  return text;
}

/// Calls \p visit with every resource in \p module.
static void
forEachResource(mlir::ModuleOp module,
                llvm::function_ref<void(DenseResourceElementsAttr)> visit) {
  mlir::AttrTypeWalker walker;
  walker.addWalk([&](DenseResourceElementsAttr resource) { visit(resource); });
  module->walk([&](mlir::Operation *operation) {
    walker.walk(operation->getAttrDictionary());
  });
}

void cim::writeModule(mlir::ModuleOp module, const std::string &path) {
  TensorMap tensors;
  forEachResource(module, [&](DenseResourceElementsAttr resource) {
    std::optional<Tensor> tensor = tensorOf(resource);
    assert(tensor && "readModule and the importer give every resource bytes");
    tensors.insert_or_assign(resource.getRawHandle().getKey().str(), *tensor);
  });
  writeWithSidecar(path, tensors, [&](const SidecarReference &reference) {
    mlir::Builder builder(module.getContext());
    module->setAttr(
        tensorsAttribute,
        builder.getDictionaryAttr(
            {builder.getNamedAttr("file",
                                  builder.getStringAttr(reference.file)),
             builder.getNamedAttr("sha256",
                                  builder.getStringAttr(reference.sha256))}));
    return moduleText(module) + "\n";
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// MLIR's parser descends recursively, and a text of nothing but brackets would
/// exhaust the stack. No module of ours comes near this depth.
static bool nestsTooDeeply(std::string_view text) {
  constexpr int deepest = 200;
  int depth = 0;
  char former = 0;
  for (char character : text) {
    if (std::string_view("([{<").find(character) != std::string_view::npos)
      ++depth;
    else if (std::string_view(")]}").find(character) !=
                 std::string_view::npos ||
             (character == '>' && former != '-'))
      depth = std::max(depth - 1, 0);
    if (depth > deepest)
      return true;
    former = character;
  }
  return false;
}

static std::optional<SidecarReference> sidecarOf(mlir::ModuleOp module) {
  auto tensors = module->getAttrOfType<mlir::DictionaryAttr>(tensorsAttribute);
  if (!tensors)
    return std::nullopt;
  auto file = tensors.getAs<mlir::StringAttr>("file");
  auto sha256 = tensors.getAs<mlir::StringAttr>("sha256");
  return SidecarReference{file ? file.str() : "", sha256 ? sha256.str() : ""};
}

/// Whether all of \p uses, which have one name, can be \p tensor: they take as
/// many numbers, and one takes them in its shape. Others may be reshaped.
static bool areUsesOf(const Tensor &tensor,
                      llvm::ArrayRef<DenseResourceElementsAttr> uses) {
  return llvm::all_of(uses,
                      [&](DenseResourceElementsAttr use) {
                        return tensor.type ==
                                   elementTypeOf(use.getElementType()) &&
                               nn::elementCount(use.getType().getShape()) ==
                                   tensor.elements();
                      }) &&
         llvm::any_of(uses, [&](DenseResourceElementsAttr use) {
           return use.getType().getShape() == llvm::ArrayRef(tensor.shape);
         });
}

/// Gives every resource of \p module the bytes of the tensor of its name.
static void
attachTensors(mlir::ModuleOp module, const std::string &path,
              const std::function<void(const std::string &)> &warn) {
  std::optional<SidecarReference> sidecar = sidecarOf(module);
  TensorMap tensors;
  if (sidecar)
    tensors = readSidecar(path, *sidecar, warn);
  auto &manager = mlir::DenseResourceElementsHandle::getManagerInterface(
      module.getContext());
  std::map<std::string, std::vector<DenseResourceElementsAttr>> usesByName;
  forEachResource(module, [&](DenseResourceElementsAttr use) {
    usesByName[use.getRawHandle().getKey().str()].push_back(use);
  });
  for (const auto &[name, uses] : usesByName) {
    mlir::DenseResourceElementsHandle handle = uses.front().getRawHandle();
    auto tensor = tensors.find(name);
    if (tensor != tensors.end() && !handle.getBlob()) {
      if (!areUsesOf(tensor->second, uses))
        throw InputError("'" + path + "' uses tensor '" + name +
                         "' with another type or shape than '" + sidecar->file +
                         "' holds");
      llvm::ArrayRef<char> bytes(
          reinterpret_cast<const char *>(tensor->second.data.get()),
          tensor->second.bytes());
      manager.update(
          name, mlir::AsmResourceBlob(
                    bytes, byteWidth(tensor->second.type),
                    [owner = tensor->second.data](void *, size_t, size_t) {},
                    /*dataIsMutable=*/false));
    }
    if (!handle.getBlob())
      throw InputError(
          "'" + path + "' uses tensor '" + name + "', which " +
          (sidecar ? "'" + sidecar->file + "' lacks"
                   : "needs a safetensors file beside it, named in the module "
                     "attribute cim.tensors"));
    if (!llvm::all_of(uses, tensorOf))
      throw InputError("'" + path + "' uses tensor '" + name +
                       "' with another type or shape than its bytes have");
  }
}

mlir::OwningOpRef<mlir::ModuleOp>
cim::readModule(mlir::MLIRContext &context, const std::string &path,
                const std::function<void(const std::string &)> &warn) {
  MappedFile file = mapFile(path);
  if (file.text().starts_with("ML\xefR"))
    throw InputError("'" + path +
                     "' is MLIR bytecode; write it as text with cim-opt");
  if (file.text().find('\0') != std::string_view::npos)
    throw InputError("'" + path + "' is not a text");
  if (nestsTooDeeply(file.text()))
    throw InputError("'" + path + "' nests brackets too deeply");
  // MLIR's lexer looks for the zero behind the text, which a mapping lacks.
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      std::string(file.text()), &context, path);
  if (module)
    attachTensors(*module, path, warn);
  return module;
}
