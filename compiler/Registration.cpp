//===- Registration.cpp - All dialects, passes and pipelines --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Registration.h"

#include "compiler/Pipeline.h"

#include "dialects/cim/Cim.h"
#include "dialects/nn/NN.h"
#include "passes/annotate-roles/AnnotateRoles.h"
#include "passes/annotate-tolerance/AnnotateTolerance.h"
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
#include "passes/select-layers/SelectLayers.h"
#include "passes/simplify-network/SimplifyNetwork.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

void cim::registerDialects(mlir::DialectRegistry &registry) {
  registry
      .insert<mlir::func::FuncDialect, nn::NNDialect, crossbar::CimDialect>();
}

void cim::registerPasses() {
  registerPipelines();
  registerAnnotateRoles();
  registerAnnotateTolerance();
  registerAttachConverters();
  registerFoldBatchNorm();
  registerInsertDevice();
  registerInsertFaults();
  registerInsertNoise();
  registerInsertQuantize();
  registerInsertCorrelated();
  registerInsertReadDisturb();
  registerInsertShift();
  registerInsertWriteVerify();
  registerLowerNNToCim();
  registerMapToCrossbars();
  registerSelectLayers();
  registerSimplifyNetwork();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
}
