//===- Compiler.cpp - From a model to a plan ------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"

#include "compiler/Diagnostics.h"
#include "compiler/LowerToPlan.h"
#include "compiler/ModuleFile.h"
#include "compiler/Pipeline.h"
#include "compiler/Registration.h"
#include "dialects/cim/Cim.h"
#include "dialects/nn/FoldingMemory.h"
#include "frontends/onnx/Export.h"
#include "frontends/onnx/Import.h"
#include "frontends/onnx/Untrained.h"
#include "passes/annotate-tolerance/AnnotateTolerance.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/plan/VerifyPlan.h"
#include "runtime/plan/transforms/Optimise.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <optional>

using namespace cim;

static constexpr llvm::StringLiteral stageAttribute = "cim.stage";

namespace {

mlir::DialectRegistry allDialects() {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

/// A model that was read, on its way through the stages.
class Compilation {
public:
  explicit Compilation(CompileRequest asked)
      : request(std::move(asked)),
        // A network is little work: threads would cost more than they save.
        context(allDialects(), mlir::MLIRContext::Threading::DISABLED),
        diagnostics(context, request.model, request.warn) {
    context.loadAllAvailableDialects();
    context.printOpOnDiagnostic(false);
    nn::FoldingMemory::of(&context).limit = request.foldingMemory;
    read();
  }

  /// A plan of what was read, which is gone then.
  CompiledNetwork makePlan() {
    runStages(*module, Stage::mapped);
    CompiledNetwork network = lower(*module, nullptr);
    module = nullptr;
    return network;
  }

  /// A plan of what was read with \p errors, which keeps \p owner, of this,
  /// alive.
  CompiledNetwork makePlanWith(const std::vector<ErrorRequest> &errors,
                               std::shared_ptr<const void> owner) {
    return lower(*makeModuleWith(errors, Stage::mapped, /*dumps=*/false),
                 std::move(owner));
  }

  /// A copy of what was read with \p errors, at \p until, at most `mapped`. Up
  /// to stage `cim` there is one module for all copies: `nn` comes first.
  mlir::OwningOpRef<mlir::ModuleOp>
  makeModuleWith(const std::vector<ErrorRequest> &errors, Stage until,
                 bool dumps) {
    advance(std::min(until, Stage::cim));
    request.errors = errors;
    mlir::OwningOpRef<mlir::ModuleOp> copy = module->clone();
    runStages(*copy, until, dumps);
    return copy;
  }

  /// What is compiled from now on, nobody asked to see.
  void stopDumping() { request.dumpPasses = false; }

  /// A plan of \p module, which keeps \p owner, of this, alive. Without an
  /// owner it takes the weights' bytes away, from every copy.
  CompiledNetwork lower(mlir::ModuleOp module,
                        std::shared_ptr<const void> owner) {
    CompiledNetwork network;
    if (failed(lowerToPlan(module, network.plan, network.tensors,
                           std::move(owner))))
      diagnostics.throwError();
    verify(network); // bounds the sizes that transforms work with
    if (request.optimise) {
      optimise(network.plan, network.tensors);
      verify(network);
    }
    return network;
  }

private:
  /// Brings what was read to \p stage, `nn` or `cim`, unless it is there. Once
  /// only: constants that are folded again would get other names, and memory.
  void advance(Stage stage) {
    if (reached >= stage && !request.foldBatchNorm)
      return;
    request.errors.clear();
    runStages(*module, stage);
    reached = stage;
    request.foldBatchNorm = false; // done
  }

  /// Brings \p module, which is at the stage that is reached, to \p until.
  void runStages(mlir::ModuleOp module, Stage until, bool dumps = true) {
    mlir::PassManager network(&context), layers(&context);
    // What replaces a file's quantization, cells and converters need not fit
    // what is left of them, pass by pass, but the others that are asked for.
    layers.enableVerifier(false);
    if (dumps && request.dumpPasses) {
      dump(network);
      dump(layers);
    }
    addStages(network, layers, until);
    if (!request.toleranceDocument.empty() && until > Stage::cim)
      layers.addPass(createAnnotateToleranceOf(request.toleranceDocument));
    if (failed(network.run(module)) || failed(layers.run(module)) ||
        failed(mlir::verify(module)))
      diagnostics.throwError();
    module->setAttr(stageAttribute,
                    mlir::StringAttr::get(&context, nameOf(until)));
  }

  static void dump(mlir::PassManager &passes) {
    passes.enableIRPrinting(
        nullptr, [](mlir::Pass *, mlir::Operation *) { return true; },
        /*printModuleScope=*/true, /*printAfterOnlyOnChange=*/false,
        /*printAfterOnlyOnFailure=*/false, llvm::errs(),
        mlir::OpPrintingFlags().useLocalScope().elideLargeResourceString(0));
  }

  void verify(const CompiledNetwork &network) const {
    try {
      verifyPlan(network.plan, network.tensors);
    } catch (const InputError &error) {
      throw InputError("'" + request.model + "': " + error.what());
    }
  }

  void read() {
    if (llvm::StringRef(request.model).ends_with(".mlir")) {
      module = readModule(context, request.model, request.warn);
      if (!module)
        diagnostics.throwError();
      reached = stageOf(*module);
    } else {
      ImportOptions options;
      options.warn = request.warn;
      options.constants = request.constants;
      options.examples = request.examples;
      module = importOnnx(context, request.model, options);
    }
    if (reached > Stage::nn && request.foldBatchNorm)
      throw InputError("'" + request.model + "' is at stage " +
                       std::string(nameOf(*reached)) +
                       ", where batch normalisation can no longer be folded; "
                       "compile the ONNX network again");
    // What is said about the whole must not look like a node's.
    (*module)->setLoc(mlir::UnknownLoc::get(&context));
  }

  /// The stage that a text says its module has reached, or that it shows.
  std::optional<Stage> stageOf(mlir::ModuleOp module) {
    auto attribute = module->getAttrOfType<mlir::StringAttr>(stageAttribute);
    if (!attribute)
      return module.getOps<crossbar::LayerOp>().empty()
                 ? std::nullopt
                 : std::optional(Stage::cim);
    for (Stage stage : {Stage::nn, Stage::cim, Stage::perturbed, Stage::mapped})
      if (attribute.getValue() == llvm::StringRef(nameOf(stage)))
        return stage;
    throw InputError("'" + request.model + "' is of an unknown stage '" +
                     attribute.str() +
                     "'; cim.stage is nn, cim, perturbed or mapped");
  }

  /// Adds the passes of all stages up to \p until: to \p network what makes the
  /// layers, to \p layers what changes them.
  void addStages(mlir::PassManager &network, mlir::PassManager &layers,
                 Stage until) {
    if (reached && *reached > until)
      throw InputError("'" + request.model + "' is at stage " +
                       std::string(nameOf(*reached)) + " already, past stage " +
                       std::string(nameOf(until)));
    for (Stage stage :
         {Stage::nn, Stage::cim, Stage::perturbed, Stage::mapped}) {
      // What a file has gone through is not repeated, unless the command line
      // asks for something that belongs there.
      bool isAskedFor =
          (stage == Stage::nn && request.foldBatchNorm) ||
          (stage == Stage::perturbed && !request.errors.empty()) ||
          (stage == Stage::mapped &&
           llvm::any_of(request.errors, [](const ErrorRequest &asked) {
             return asked.asksForCrossbars() || asked.asksForPeriphery();
           }));
      if (stage <= until && (!reached || stage > *reached || isAskedFor))
        addStage(stage > Stage::cim ? layers : network, stage, request);
    }
  }

  CompileRequest request;
  mlir::MLIRContext context;
  Diagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// The stage of that; none for a network as imported.
  std::optional<Stage> reached;
};

class PreparedCompilation : public PreparedNetwork {
public:
  explicit PreparedCompilation(const CompileRequest &request)
      : compilation(std::make_shared<Compilation>(request)),
        modelSha256(sha256OfFile(request.model)) {}

  CompiledNetwork compile(const std::vector<ErrorRequest> &errors) override {
    CompiledNetwork network = compilation->makePlanWith(errors, compilation);
    network.modelSha256 = modelSha256;
    return network;
  }

  std::string compileToText(const std::vector<ErrorRequest> &errors,
                            Stage until, const std::string &output) override {
    mlir::OwningOpRef<mlir::ModuleOp> module = compilation->makeModuleWith(
        errors, std::min(until, Stage::mapped), /*dumps=*/true);
    compilation->stopDumping();
    if (until == Stage::plan) {
      const CompiledNetwork network = compilation->lower(*module, compilation);
      if (!output.empty())
        writePlan(output, network.plan, network.tensors);
      return planText(network.plan);
    }
    if (!output.empty())
      writeModule(*module, output);
    return moduleText(*module);
  }

private:
  std::shared_ptr<Compilation> compilation;
  std::string modelSha256;
};

class MLIRCompiler : public Compiler {
public:
  CompiledNetwork compile(const CompileRequest &request) override {
    CompiledNetwork network = Compilation(request).makePlan();
    network.modelSha256 = sha256OfFile(request.model);
    return network;
  }

  std::unique_ptr<PreparedNetwork>
  prepare(const CompileRequest &request) override {
    return std::make_unique<PreparedCompilation>(request);
  }

  std::string compileToText(const CompileRequest &request, Stage until,
                            const std::string &output) override {
    return PreparedCompilation(request).compileToText(request.errors, until,
                                                      output);
  }

  void exportNetwork(const ExportRequest &request) override {
    exportOnnx(request.model, request.changes, request.output,
               {request.note, request.warn});
  }
  Signature signatureOf(const std::string &onnxFile) override {
    return signatureOfOnnx(onnxFile);
  }
  OnnxTensor readTensor(const std::string &tensorProtoFile) override {
    return readOnnxTensor(tensorProtoFile);
  }
  Tensor rounded(StoredPrecision precision, const Tensor &tensor) override {
    return roundedTo(precision, tensor);
  }

  void writeUntrained(const UntrainedRequest &request) override {
    if (request.model.empty())
      writeArchitecture(
          {request.architecture, request.inputShape, request.classes},
          request.output);
    else
      cim::writeUntrained(request.model, request.output);
  }
};

} // namespace

/// What loadCompiler() looks for in this library.
extern "C" Compiler *cimCompiler() {
  static MLIRCompiler compiler;
  return &compiler;
}
