//===- PlanFile.cpp - Plans in files --------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/PlanFile.h"

#include "runtime/plan/VerifyPlan.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/Sidecar.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

using namespace cim;
namespace protobuf = google::protobuf;

namespace {

/// Keeps the first thing that the parser complains about.
class FirstError : public protobuf::io::ErrorCollector {
public:
  std::string text;

  void AddError(int line, int column, const std::string &message) override {
    if (text.empty())
      text = "line " + std::to_string(line + 1) + ": " + message;
  }
  void AddWarning(int line, int column, const std::string &message) override {}
};

/// Far more than the text of any network, whose weights stand elsewhere.
constexpr size_t largestText = size_t(256) << 20;

} // namespace

std::string cim::planText(const plan::Plan &plan) {
  std::string text;
  protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true); // shape: [1, 3, 32, 32]
  printer.PrintToString(plan, &text);
  return text;
}

void cim::writePlan(const std::string &path, plan::Plan plan,
                    const TensorMap &tensors) {
  writeWithSidecar(path, tensors, [&](const SidecarReference &reference) {
    plan.set_tensor_file(reference.file);
    plan.set_tensor_sha256(reference.sha256);
    return planText(plan);
  });
}

LoadedPlan cim::readPlan(const std::string &path,
                         const std::function<void(const std::string &)> &warn) {
  LoadedPlan loaded;
  MappedFile file = mapFile(path);
  if (file.size > largestText)
    throw InputError("'" + path + "' is too large for a plan; compile again");
  protobuf::io::ArrayInputStream stream(file.data.get(),
                                        static_cast<int>(file.size));
  FirstError error;
  protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.Parse(&stream, &loaded.plan))
    throw InputError("'" + path + "' is not a plan: " + error.text +
                     "; compile again");
  // Before the tensors are looked for: another version may keep them
  // differently.
  if (loaded.plan.version() != planVersion)
    throw InputError("'" + path + "' is a plan of version " +
                     std::to_string(loaded.plan.version()) +
                     " and this program reads version " +
                     std::to_string(planVersion) + "; compile again");
  loaded.tensors = readSidecar(
      path, {loaded.plan.tensor_file(), loaded.plan.tensor_sha256()}, warn);
  try {
    verifyPlan(loaded.plan, loaded.tensors);
  } catch (const InputError &e) {
    throw InputError("'" + path + "': " + e.what());
  }
  return loaded;
}
