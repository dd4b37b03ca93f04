//===- AnnotateTolerance.cpp - annotate-tolerance -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/annotate-tolerance/AnnotateTolerance.h"

#include "dialects/cim/Cim.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
namespace json = llvm::json;

namespace cim {
#define GEN_PASS_DEF_ANNOTATETOLERANCE
#include "passes/annotate-tolerance/AnnotateTolerance.h.inc"

namespace {

/// What the document says of one layer. Member names are those of the JSON.
struct Measured {
  std::string name;
  int64_t weights = 0;
  double mean = 0;
  int64_t chips = 0;
  std::optional<double> largest;
};

bool fromJSON(const json::Value &value, Measured &layer, json::Path path) {
  json::ObjectMapper map(value, path);
  if (!map || !map.map("name", layer.name) ||
      !map.map("weights", layer.weights) ||
      !map.mapOptional("largest", layer.largest))
    return false;
  json::Path accuracyPath = path.field("accuracy");
  const json::Object *accuracy = value.getAsObject()->getObject("accuracy");
  if (!accuracy || !accuracy->getNumber("mean") ||
      !accuracy->getArray("trials")) {
    accuracyPath.report("expected a measure");
    return false;
  }
  layer.mean = *accuracy->getNumber("mean");
  layer.chips = accuracy->getArray("trials")->size();
  return true;
}

/// The document as far as it matters here.
struct Document {
  std::string errors;
  double exact = 0;
  int64_t images = 0;
  std::optional<double> threshold;
  std::string limitErrors; ///< with a threshold
  std::vector<Measured> layers;
};

bool fromJSON(const json::Value &value, Document &document, json::Path path) {
  json::ObjectMapper map(value, path);
  std::string command;
  if (!map || !map.map("command", command) || command != "tolerance") {
    path.field("command").report("expected the command 'tolerance'");
    return false;
  }
  const json::Object &object = *value.getAsObject();
  const json::Object *exact = object.getObject("exact");
  const json::Object *data = object.getObject("data");
  if (!exact || !exact->getNumber("mean")) {
    path.field("exact").report("expected a measure");
    return false;
  }
  if (!data || !data->getInteger("images")) {
    path.field("data").report("expected the number of images");
    return false;
  }
  document.exact = *exact->getNumber("mean");
  document.images = *data->getInteger("images");
  return map.map("errors", document.errors) &&
         map.mapOptional("threshold", document.threshold) &&
         (!document.threshold ||
          map.map("threshold_errors", document.limitErrors)) &&
         map.map("layers", document.layers);
}

struct AnnotateTolerance : impl::AnnotateToleranceBase<AnnotateTolerance> {
  using AnnotateToleranceBase::AnnotateToleranceBase;
  explicit AnnotateTolerance(std::string text) : text(std::move(text)) {}

  void runOnOperation() override {
    Document measured;
    if (failed(read(measured)))
      return signalPassFailure();
    // All or none.
    SymbolTable symbols(getOperation());
    for (const Measured &fact : measured.layers) {
      auto layer = symbols.lookup<crossbar::LayerOp>(fact.name);
      if (!layer || cast<RankedTensorType>(layer.getType()).getNumElements() !=
                        fact.weights) {
        emitError(layer ? layer.getLoc() : getOperation().getLoc())
            << source() << " was measured on another network: "
            << (layer ? "it has " : "there is no layer '")
            << (layer ? std::to_string(fact.weights) + " weights in layer '"
                      : "")
            << fact.name << "'";
        return signalPassFailure();
      }
    }
    for (const Measured &fact : measured.layers)
      if (failed(annotate(symbols.lookup<crossbar::LayerOp>(fact.name), fact,
                          measured)))
        return signalPassFailure();
  }

private:
  std::string source() const {
    return document.empty() ? "the document" : "document '" + document + "'";
  }

  LogicalResult read(Document &measured) {
    auto complain = [&](const llvm::Twine &what) {
      return emitError(getOperation().getLoc()) << source() << " " << what;
    };
    std::string content = text;
    if (content.empty()) {
      auto buffer = llvm::MemoryBuffer::getFile(document, /*IsText=*/true);
      if (!buffer)
        return complain("cannot be read: " + buffer.getError().message());
      content = (*buffer)->getBuffer().str();
    }
    llvm::Expected<json::Value> value = json::parse(content);
    if (!value)
      return complain("is no JSON: " + llvm::toString(value.takeError()));
    json::Path::Root root("document");
    if (!fromJSON(*value, measured, root))
      return complain("is not one of cim tolerance: " +
                      llvm::toString(root.getError()));
    return success();
  }

  LogicalResult annotate(crossbar::LayerOp layer, const Measured &fact,
                         const Document &measured) {
    MLIRContext *context = &getContext();
    auto report = [&] { return emitError(layer.getLoc()) << source() << ": "; };
    auto tolerance = crossbar::ToleranceAttr::getChecked(
        report, context, StringRef(measured.errors), llvm::APFloat(fact.mean),
        llvm::APFloat(measured.exact), fact.chips, measured.images);
    if (!tolerance)
      return failure();
    layer.setToleranceAttr(tolerance);
    if (!measured.threshold || !fact.largest)
      return success();
    auto limit = crossbar::LimitAttr::getChecked(
        report, context, StringRef(measured.limitErrors),
        llvm::APFloat(*measured.threshold), llvm::APFloat(*fact.largest));
    if (!limit)
      return failure();
    layer.setLimitAttr(limit);
    return success();
  }

  std::string text;
};

} // namespace

std::unique_ptr<Pass> createAnnotateToleranceOf(std::string document) {
  return std::make_unique<AnnotateTolerance>(std::move(document));
}
} // namespace cim
