//===- ConformanceCase.cpp - One ONNX backend test case -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ConformanceCase.h"
#include "compiler/Compiler.h"
#include "runtime/executor/Executor.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <cmath>
#include <optional>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// "[2, 3]".
std::string listed(const std::vector<int64_t> &numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

/// The place of element \p index of a tensor of \p shape: "[1, 0]".
std::string place(int64_t index, const std::vector<int64_t> &shape) {
  std::vector<int64_t> position(shape.size());
  for (size_t d = shape.size(); d-- > 0; index /= shape[d])
    position[d] = index % shape[d];
  return listed(position);
}

bool agree(float number, float expected, double relative) {
  constexpr double absolute = 1e-7;
  return number == expected || (std::isnan(number) && std::isnan(expected)) ||
         (std::isfinite(expected) &&
          std::abs(double(number) - expected) <=
              absolute + relative * std::abs(double(expected)));
}
template <typename Integer>
bool agree(Integer number, Integer expected, double) {
  return number == expected;
}

template <typename T>
std::string differences(const Tensor &result, const Tensor &expected,
                        double relative) {
  const auto numbers = result.as<T>(), wanted = expected.as<T>();
  int64_t count = 0, first = 0;
  for (int64_t i = result.elements(); i-- > 0;)
    if (!agree(numbers[i], wanted[i], relative)) {
      ++count;
      first = i;
    }
  if (count == 0)
    return "";
  // Characters would be printed as such.
  auto text = [](T number) { return brief(double(number), 7); };
  return "element " + place(first, result.shape) + " is " +
         text(numbers[first]) + ", expected " + text(wanted[first]) + " (" +
         grouped(count) + " of " + grouped(result.elements()) +
         " elements differ)";
}

/// What is wrong with \p computed; empty when nothing is.
std::string compare(const Tensor &computed, const OnnxTensor &file) {
  const Tensor result = loadCompiler().rounded(file.precision, computed);
  const Tensor &expected = file.tensor;
  // Two units in bfloat16's last place: what was expected may have been rounded
  // on the way, too.
  const double relative =
      file.precision == StoredPrecision::bfloat16 ? 0x1p-6 : 1e-3;
  if (result.type != expected.type)
    return "is of type " + ElementType_Name(result.type) + ", expected " +
           ElementType_Name(expected.type);
  if (result.shape != expected.shape)
    return "is of shape " + listed(result.shape) + ", expected " +
           listed(expected.shape);
  switch (result.type) {
  case plan::F32:
    return differences<float>(result, expected, relative);
  case plan::I8:
    return differences<int8_t>(result, expected, relative);
  case plan::I16:
    return differences<int16_t>(result, expected, relative);
  case plan::I32:
    return differences<int32_t>(result, expected, relative);
  case plan::I64:
    return differences<int64_t>(result, expected, relative);
  case plan::U16:
    return differences<uint16_t>(result, expected, relative);
  case plan::U32:
    return differences<uint32_t>(result, expected, relative);
  case plan::U64:
    return differences<uint64_t>(result, expected, relative);
  default: // U8, BOOL
    return differences<uint8_t>(result, expected, relative);
  }
}

/// The tensors kind_0.pb, kind_1.pb, ..., those that have a file.
std::vector<std::optional<OnnxTensor>>
readAll(const fs::path &folder, const std::string &kind, size_t count) {
  std::vector<std::optional<OnnxTensor>> tensors(count);
  for (size_t i = 0; i < count; ++i) {
    const fs::path file = folder / (kind + "_" + std::to_string(i) + ".pb");
    if (fs::exists(file))
      tensors[i] = loadCompiler().readTensor(file.string());
  }
  return tensors;
}

/// What the runtime makes of \p inputs, in the order of the network's outputs.
std::vector<Tensor> compute(const CompiledNetwork &network,
                            const TensorMap &inputs) {
  Executor executor(network.plan, network.tensors,
                    {.threads = 1, .microBatch = 1});
  executor.program({});
  std::vector<Tensor> operands;
  for (uint32_t index : network.plan.inputs()) {
    const std::string &name = network.plan.values(index).name();
    const auto input = inputs.find(name);
    if (input == inputs.end())
      throw InputError("the case has no file for input '" + name + "'");
    operands.push_back(input->second);
  }
  return executor.call(operands);
}

CaseResult runDataSet(const std::string &model, const fs::path &folder) {
  CompiledNetwork network;
  CompileRequest request;
  request.model = model;
  Signature signature;
  std::vector<std::optional<OnnxTensor>> expected;
  try {
    signature = loadCompiler().signatureOf(model);
    const auto inputs = readAll(folder, "input", signature.inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i])
        request.examples[signature.inputs[i]] = inputs[i]->tensor;
    expected = readAll(folder, "output", signature.outputs.size());
    network = loadCompiler().compile(request);
  } catch (const InputError &error) {
    return {Conformance::unsupported, error.what()};
  }
  try {
    const std::vector<Tensor> outputs = compute(network, request.examples);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!expected[i])
        continue;
      const std::string problem = compare(outputs.at(i), *expected[i]);
      if (!problem.empty())
        return {Conformance::failed,
                "output '" + signature.outputs[i] + "' " + problem};
    }
  } catch (const InputError &error) {
    return {Conformance::failed, error.what()};
  }
  return {};
}

bool isDataSet(const fs::directory_entry &entry) {
  std::error_code ignored; // a link to itself is no folder
  return entry.is_directory(ignored) &&
         entry.path().filename().string().starts_with("test_data_set_");
}

/// The data sets of the case \p folder, sorted; none when it is no case.
std::vector<fs::path> dataSetsOf(const fs::path &folder) {
  std::vector<fs::path> sets;
  std::error_code ignored;
  if (fs::is_regular_file(folder / "model.onnx", ignored))
    for (const fs::directory_entry &entry : fs::directory_iterator(folder))
      if (isDataSet(entry))
        sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end());
  return sets;
}

} // namespace

std::vector<fs::path> cim::findConformanceCases(const fs::path &folder) {
  std::vector<fs::path> cases;
  try {
    if (!dataSetsOf(folder).empty())
      cases.push_back(folder);
    for (auto entry = fs::recursive_directory_iterator(folder);
         entry != fs::recursive_directory_iterator(); ++entry) {
      std::error_code ignored;
      if (!entry->is_directory(ignored))
        continue;
      if (isDataSet(*entry))
        entry.disable_recursion_pending();
      else if (!dataSetsOf(entry->path()).empty())
        cases.push_back(entry->path());
    }
  } catch (const fs::filesystem_error &error) {
    throw InputError(folder.string() + ": cannot be searched for cases: " +
                     error.code().message());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

CaseResult cim::runConformanceCase(const fs::path &folder) {
  try {
    for (const fs::path &set : dataSetsOf(folder)) {
      CaseResult result = runDataSet((folder / "model.onnx").string(), set);
      if (result.status != Conformance::passed)
        return result;
    }
  } catch (const fs::filesystem_error &error) {
    return {Conformance::failed,
            "'" + error.path1().string() +
                "' cannot be read: " + error.code().message()};
  }
  return {};
}
