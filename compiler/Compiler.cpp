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

/// One compilation: a model on its way through the stages.
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
  }

  /// Reads the model and brings it to \p until, at most `mapped`.
  mlir::ModuleOp bringTo(Stage until) {
    read();
    runStages(*module, until);
    return *module;
  }

  CompiledNetwork makePlan() {
    bringTo(Stage::mapped);
    CompiledNetwork network = lower(*module, nullptr);
    module = nullptr;
    return network;
  }

  /// Reads the model and brings it to the last stage without errors, or leaves
  /// it where it is past that.
  void prepare() {
    read();
    const Stage base = std::max(reached.value_or(Stage::nn), Stage::cim);
    runStages(*module, base);
    reached = base;
    request.foldBatchNorm = false; // done
  }

  /// A plan of the prepared module with \p errors, which keeps \p owner, of
  /// this, alive.
  CompiledNetwork makePlanWith(const std::vector<ErrorRequest> &errors,
                               std::shared_ptr<const void> owner) {
    request.errors = errors;
    mlir::OwningOpRef<mlir::ModuleOp> copy = module->clone();
    runStages(*copy, Stage::mapped);
    return lower(*copy, std::move(owner));
  }

private:
  void runStages(mlir::ModuleOp module, Stage until) {
    mlir::PassManager network(&context), layers(&context);
    // What replaces a file's quantization, cells and converters need not fit
    // what is left of them, pass by pass, but the others that are asked for.
    layers.enableVerifier(false);
    if (request.dumpPasses) {
      dump(network);
      dump(layers);
    }
    addStages(network, layers, until);
    if (!request.toleranceDocument.empty())
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
    if (reached > Stage::nn && request.foldBatchNorm)
      throw InputError("'" + request.model + "' is at stage " +
                       std::string(nameOf(*reached)) +
                       ", where batch normalisation can no longer be folded; "
                       "compile the ONNX network again");
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
  /// The stage of the file that was read; none for a network as imported.
  std::optional<Stage> reached;
};

class PreparedCompilation : public PreparedNetwork {
public:
  explicit PreparedCompilation(const CompileRequest &request)
      : compilation(std::make_shared<Compilation>(request)),
        modelSha256(sha256OfFile(request.model)) {
    compilation->prepare();
  }

  CompiledNetwork compile(const std::vector<ErrorRequest> &errors) override {
    CompiledNetwork network = compilation->makePlanWith(errors, compilation);
    network.modelSha256 = modelSha256;
    return network;
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
    Compilation compilation(request);
    if (until == Stage::plan) {
      CompiledNetwork network = compilation.makePlan();
      if (!output.empty())
        writePlan(output, network.plan, network.tensors);
      return planText(network.plan);
    }
    mlir::ModuleOp module = compilation.bringTo(until);
    if (!output.empty())
      writeModule(module, output);
    return moduleText(module);
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
