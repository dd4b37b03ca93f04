//===- Compiler.h - From a model to a plan ----------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only door to MLIR for programs that mostly run: no MLIR header is needed
// to use it, and loadCompiler() opens the shared object that holds MLIR, ONNX
// and the passes only when something is compiled.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_COMPILER_H
#define CIM_COMPILER_COMPILER_H

#include "dialects/cim/grammar/ErrorOptions.h"
#include "frontends/onnx/Signature.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/TensorChange.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cim {

/// The stages at which a compilation can stop, in order. `mapped` equals
/// `perturbed` until crossbars are asked for.
enum class Stage { nn, cim, perturbed, mapped, plan };

/// Errors and crossbars in their option spelling, for the layers that a pattern
/// selects. Later entries override earlier ones, option by option.
struct ErrorRequest {
  std::string layers = "*";
  std::string quantize, device, noise, shift, faults; ///< empty: not asked for
  std::string writeVerify, correlated, readDisturb;
  /// Where the weights stand (CrossbarOptions.h); empty: not asked for.
  std::string crossbar, cells, conductance, cellBits, packing;
  std::string wireResistance;
  /// What stands around the arrays (ConverterOptions.h); empty: not asked for.
  std::string dac, adc, dacMismatch, adcMismatch, currentVoltage, readNoise;
  /// A digital factor behind it; empty: not asked for.
  std::string driftCompensation;

  /// Whether it says where weights stand.
  bool asksForCrossbars() const {
    return !crossbar.empty() || !cells.empty() || !conductance.empty() ||
           !cellBits.empty() || !packing.empty() || !wireResistance.empty();
  }
  /// Whether it says what stands around the arrays.
  bool asksForConverters() const {
    return !dac.empty() || !adc.empty() || !dacMismatch.empty() ||
           !adcMismatch.empty() || !currentVoltage.empty() ||
           !readNoise.empty();
  }
  /// That, or a digital factor behind it.
  bool asksForPeriphery() const {
    return asksForConverters() || !driftCompensation.empty();
  }
};

struct CompileRequest {
  std::string model; ///< .onnx, or .mlir written by `cim compile`
  std::vector<ErrorRequest> errors;
  bool foldBatchNorm = false;
  /// Inputs of an .onnx that are fixed to a value, by name: they become
  /// constants, as an operand that decides a shape has to be.
  TensorMap constants;
  /// Bytes that computing constants may take (dialects/nn/FoldingMemory.h).
  double foldingMemory = 4e9;
  /// False for a plan as lowered, one row-major step per operation, for
  /// training (runtime/plan/transforms/Optimise.h).
  bool optimise = true;
  /// Values that inputs of an .onnx may have, by name. An input becomes a
  /// constant only where its value decides a shape; one that leaves dimensions
  /// open has the shape of its example.
  TensorMap examples;
  /// Prints the IR after every pass to stderr.
  bool dumpPasses = false;
  /// Receives one line per warning.
  std::function<void(const std::string &)> warn;
  /// What `cim tolerance` has measured of the layers, its JSON document, to be
  /// written at them from stage `perturbed` on; empty: nothing.
  std::string toleranceDocument;
};

struct CompiledNetwork {
  plan::Plan plan;
  TensorMap tensors;
  std::string modelSha256;
};

struct ExportRequest {
  std::string model; ///< .onnx
  std::string output;
  /// Tensors of the plan that compiling `model` gave, without batch
  /// normalisation folded. exportOnnx() says how they get back into the file.
  TensorChanges changes;
  /// Kept in the file's metadata, for people.
  std::string note;
  /// Receives one line per warning.
  std::function<void(const std::string &)> warn;
};

/// A network to be trained from scratch: the graph of an .onnx file or, without
/// one, a built-in architecture (frontends/onnx/Untrained.h).
struct UntrainedRequest {
  std::string model;
  std::string architecture;
  std::vector<int64_t> inputShape; ///< of an architecture's image
  int64_t classes = 0;             ///< of an architecture
  std::string output;              ///< .onnx
};

/// A network that was read, to be compiled with one set of errors after
/// another.
class PreparedNetwork {
public:
  virtual ~PreparedNetwork() = default;
  /// Compiles to a plan; the plans share the bytes of the weights, and keep
  /// them alive. What comes before the errors is done once, and only that is
  /// dumped. Throws InputError.
  virtual CompiledNetwork compile(const std::vector<ErrorRequest> &errors) = 0;
  /// As Compiler::compileToText; stage `nn` comes before all others, and before
  /// compile(). Throws InputError.
  virtual std::string compileToText(const std::vector<ErrorRequest> &errors,
                                    Stage until, const std::string &output) = 0;
};

class Compiler {
public:
  virtual ~Compiler() = default;
  /// Compiles to a plan. Throws InputError.
  virtual CompiledNetwork compile(const CompileRequest &request) = 0;
  /// Reads the model; the errors of \p request do not matter. Throws
  /// InputError.
  virtual std::unique_ptr<PreparedNetwork>
  prepare(const CompileRequest &request) = 0;
  /// Compiles up to \p until and returns the text of that stage. With
  /// \p output not empty, writes the text there and the tensors into the
  /// safetensors file beside it (same stem), both or neither. A text is
  /// continued from its own stage. Throws InputError.
  virtual std::string compileToText(const CompileRequest &request, Stage until,
                                    const std::string &output) = 0;
  /// Writes an ONNX network with other numbers in some of its tensors, whole or
  /// not at all. Throws InputError.
  virtual void exportNetwork(const ExportRequest &request) = 0;
  /// frontends/onnx/Signature.h. Throws InputError.
  virtual Signature signatureOf(const std::string &onnxFile) = 0;
  virtual OnnxTensor readTensor(const std::string &tensorProtoFile) = 0;
  virtual Tensor rounded(StoredPrecision precision, const Tensor &tensor) = 0;
  /// Writes an ONNX network whose parameters mean nothing yet, but are told
  /// apart. Throws InputError, and UsageError for an unknown architecture.
  virtual void writeUntrained(const UntrainedRequest &request) = 0;
};

/// Loads the compiler's shared object once per process. Throws InputError when
/// it is missing.
Compiler &loadCompiler();

} // namespace cim

#endif // CIM_COMPILER_COMPILER_H
