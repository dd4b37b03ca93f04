//===- Pipeline.cpp - The passes between two stages -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Pipeline.h"

#include "passes/annotate-roles/AnnotateRoles.h"
#include "passes/attach-converters/AttachConverters.h"
#include "passes/fold-batch-norm/FoldBatchNorm.h"
#include "passes/insert-correlated/InsertCorrelated.h"
#include "passes/insert-device/InsertDevice.h"
#include "passes/insert-faults/InsertFaults.h"
#include "passes/insert-noise/InsertNoise.h"
#include "passes/insert-quantize/InsertQuantize.h"
#include "passes/insert-read-disturb/InsertReadDisturb.h"
#include "passes/insert-shift/InsertShift.h"
#include "passes/insert-write-verify/InsertWriteVerify.h"
#include "passes/lower-nn-to-cim/LowerNNToCim.h"
#include "passes/map-to-crossbars/MapToCrossbars.h"
#include "passes/simplify-network/SimplifyNetwork.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace cim;

std::string_view cim::nameOf(Stage stage) {
  static constexpr std::string_view names[] = {"nn", "cim", "perturbed",
                                               "mapped", "plan"};
  return names[static_cast<int>(stage)];
}

/// Adds one pass for every request that asks for this kind of error. \p asked
/// is the request's field and \p option the pass's.
template <typename Options, typename CreatePass>
static void addErrors(mlir::OpPassManager &passes,
                      const CompileRequest &request,
                      std::string ErrorRequest::*asked,
                      std::string Options::*option, CreatePass createPass) {
  for (const ErrorRequest &errors : request.errors) {
    if ((errors.*asked).empty())
      continue;
    Options options;
    options.*option = errors.*asked;
    options.layers = errors.layers;
    options.replace = true;
    passes.addPass(createPass(std::move(options)));
  }
}

/// Adds one pass for all requests that ask for crossbars, if any does.
static void addMapping(mlir::OpPassManager &passes,
                       const CompileRequest &request) {
  std::vector<MapToCrossbarsOptions> mappings;
  for (const ErrorRequest &asked : request.errors)
    if (asked.asksForCrossbars()) {
      MapToCrossbarsOptions &options = mappings.emplace_back();
      options.crossbar = asked.crossbar;
      options.cells = asked.cells;
      options.conductance = asked.conductance;
      options.cellBits = asked.cellBits;
      options.packing = asked.packing;
      options.wireResistance = asked.wireResistance;
      options.layers = asked.layers;
    }
  if (!mappings.empty())
    passes.addPass(createMapToCrossbars(std::move(mappings)));
}

/// Adds one pass for all requests that ask for converters, if any does.
static void addConverters(mlir::OpPassManager &passes,
                          const CompileRequest &request) {
  std::vector<AttachConvertersOptions> converters;
  for (const ErrorRequest &asked : request.errors)
    if (asked.asksForPeriphery()) {
      AttachConvertersOptions &options = converters.emplace_back();
      options.dac = asked.dac;
      options.adc = asked.adc;
      options.dacMismatch = asked.dacMismatch;
      options.adcMismatch = asked.adcMismatch;
      options.currentVoltage = asked.currentVoltage;
      options.readNoise = asked.readNoise;
      options.driftCompensation = asked.driftCompensation;
      options.layers = asked.layers;
    }
  if (!converters.empty())
    passes.addPass(createAttachConverters(std::move(converters)));
}

void cim::addStage(mlir::OpPassManager &passes, Stage stage,
                   const CompileRequest &request) {
  switch (stage) {
  case Stage::nn:
    passes.addPass(createSimplifyNetwork());
    if (request.foldBatchNorm)
      passes.addPass(createFoldBatchNorm());
    break;
  case Stage::cim:
    passes.addPass(createLowerNNToCim());
    passes.addPass(createAnnotateRoles());
    break;
  case Stage::perturbed:
    addErrors(passes, request, &ErrorRequest::quantize,
              &InsertQuantizeOptions::quantize,
              [](auto options) { return createInsertQuantize(options); });
    addErrors(passes, request, &ErrorRequest::device,
              &InsertDeviceOptions::device,
              [](auto options) { return createInsertDevice(options); });
    addErrors(passes, request, &ErrorRequest::noise, &InsertNoiseOptions::noise,
              [](auto options) { return createInsertNoise(options); });
    addErrors(passes, request, &ErrorRequest::writeVerify,
              &InsertWriteVerifyOptions::writeVerify,
              [](auto options) { return createInsertWriteVerify(options); });
    addErrors(passes, request, &ErrorRequest::correlated,
              &InsertCorrelatedOptions::correlated,
              [](auto options) { return createInsertCorrelated(options); });
    addErrors(passes, request, &ErrorRequest::shift, &InsertShiftOptions::shift,
              [](auto options) { return createInsertShift(options); });
    addErrors(passes, request, &ErrorRequest::readDisturb,
              &InsertReadDisturbOptions::readDisturb,
              [](auto options) { return createInsertReadDisturb(options); });
    addErrors(passes, request, &ErrorRequest::faults,
              &InsertFaultsOptions::faults,
              [](auto options) { return createInsertFaults(options); });
    break;
  case Stage::mapped:
    addMapping(passes, request);
    addConverters(passes, request);
    break;
  case Stage::plan:
    break;
  }
}

namespace {

struct NNOptions : mlir::PassPipelineOptions<NNOptions> {
  Option<bool> foldBatchNorm{
      *this, "fold-batch-norm",
      llvm::cl::desc("Fold batch normalisation into the convolution before it"),
      llvm::cl::init(false)};
};

struct ErrorPipelineOptions : mlir::PassPipelineOptions<ErrorPipelineOptions> {
  Option<std::string> layers{*this, "layers",
                             llvm::cl::desc("The layers that get errors"),
                             llvm::cl::init("*")};
  Option<std::string> quantize{*this, "quantize",
                               llvm::cl::desc("As in insert-quantize")};
  Option<std::string> device{*this, "device",
                             llvm::cl::desc("As in insert-device")};
  Option<std::string> noise{*this, "noise",
                            llvm::cl::desc("As in insert-noise")};
  Option<std::string> writeVerify{*this, "write-verify",
                                  llvm::cl::desc("As in insert-write-verify")};
  Option<std::string> correlated{*this, "correlated",
                                 llvm::cl::desc("As in insert-correlated")};
  Option<std::string> readDisturb{*this, "read-disturb",
                                  llvm::cl::desc("As in insert-read-disturb")};
  Option<std::string> shift{*this, "shift",
                            llvm::cl::desc("As in insert-shift")};
  Option<std::string> faults{*this, "faults",
                             llvm::cl::desc("As in insert-faults")};
};

struct MappingPipelineOptions
    : mlir::PassPipelineOptions<MappingPipelineOptions> {
  Option<std::string> layers{*this, "layers",
                             llvm::cl::desc("The layers that are mapped"),
                             llvm::cl::init("*")};
  Option<std::string> crossbar{*this, "crossbar",
                               llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> cells{*this, "cells",
                            llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> conductance{*this, "conductance",
                                  llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> cellBits{*this, "cell-bits",
                               llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> wireResistance{*this, "wire-resistance",
                                     llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> packing{*this, "packing",
                              llvm::cl::desc("As in map-to-crossbars")};
  Option<std::string> dac{*this, "dac",
                          llvm::cl::desc("As in attach-converters")};
  Option<std::string> adc{*this, "adc",
                          llvm::cl::desc("As in attach-converters")};
  Option<std::string> dacMismatch{*this, "dac-mismatch",
                                  llvm::cl::desc("As in attach-converters")};
  Option<std::string> adcMismatch{*this, "adc-mismatch",
                                  llvm::cl::desc("As in attach-converters")};
  Option<std::string> currentVoltage{*this, "iv",
                                     llvm::cl::desc("As in attach-converters")};
  Option<std::string> readNoise{*this, "read-noise",
                                llvm::cl::desc("As in attach-converters")};
  Option<std::string> driftCompensation{
      *this, "drift-compensation", llvm::cl::desc("As in attach-converters")};
};

} // namespace

void cim::registerPipelines() {
  mlir::PassPipelineRegistration<NNOptions>(
      "cim-nn", "From an imported network to stage nn",
      [](mlir::OpPassManager &passes, const NNOptions &options) {
        CompileRequest request;
        request.foldBatchNorm = options.foldBatchNorm;
        addStage(passes, Stage::nn, request);
      });
  mlir::PassPipelineRegistration<>(
      "cim-cim", "From stage nn to stage cim",
      [](mlir::OpPassManager &passes) { addStage(passes, Stage::cim, {}); });
  mlir::PassPipelineRegistration<ErrorPipelineOptions>(
      "cim-perturbed", "From stage cim to stage perturbed",
      [](mlir::OpPassManager &passes, const ErrorPipelineOptions &options) {
        CompileRequest request;
        ErrorRequest &errors = request.errors.emplace_back();
        errors.layers = options.layers;
        errors.quantize = options.quantize;
        errors.device = options.device;
        errors.noise = options.noise;
        errors.writeVerify = options.writeVerify;
        errors.correlated = options.correlated;
        errors.shift = options.shift;
        errors.readDisturb = options.readDisturb;
        errors.faults = options.faults;
        addStage(passes, Stage::perturbed, request);
      });
  mlir::PassPipelineRegistration<MappingPipelineOptions>(
      "cim-mapped", "From stage perturbed to stage mapped",
      [](mlir::OpPassManager &passes, const MappingPipelineOptions &options) {
        CompileRequest request;
        ErrorRequest &mapping = request.errors.emplace_back();
        mapping.layers = options.layers;
        mapping.crossbar = options.crossbar;
        mapping.cells = options.cells;
        mapping.conductance = options.conductance;
        mapping.cellBits = options.cellBits;
        mapping.packing = options.packing;
        mapping.wireResistance = options.wireResistance;
        mapping.dac = options.dac;
        mapping.adc = options.adc;
        mapping.dacMismatch = options.dacMismatch;
        mapping.adcMismatch = options.adcMismatch;
        mapping.currentVoltage = options.currentVoltage;
        mapping.readNoise = options.readNoise;
        mapping.driftCompensation = options.driftCompensation;
        addStage(passes, Stage::mapped, request);
      });
}
