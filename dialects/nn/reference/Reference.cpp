//===- Reference.cpp - Finds an operation by its name ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

namespace cim::reference {

static const std::map<std::string_view, void (*)(const Arguments &)>
    operations = {
        {"abs", abs},
        {"acos", acos},
        {"acosh", acosh},
        {"add", add},
        {"and", logicalAnd},
        {"asin", asin},
        {"asinh", asinh},
        {"atan", atan},
        {"atanh", atanh},
        {"average_pool", averagePool},
        {"batch_norm", batchNorm},
        {"cast", cast},
        {"ceil", ceil},
        {"clip", clip},
        {"concat", concat},
        {"conv", conv},
        {"cos", cos},
        {"cosh", cosh},
        {"cumulate", cumulate},
        {"div", div},
        {"equal", equal},
        {"erf", erf},
        {"exp", exp},
        {"expand", expand},
        {"floor", floor},
        {"gather", gather},
        {"gather_elements", gatherElements},
        {"gather_nd", gatherNd},
        {"gemm", gemm},
        {"global_average_pool", globalAveragePool},
        {"greater", greater},
        {"leaky_relu", leakyRelu},
        {"less", less},
        {"log", log},
        {"lrn", lrn},
        {"matmul", matmul},
        {"max", max},
        {"max_pool", maxPool},
        {"max_pool_indices", maxPoolIndices},
        {"min", min},
        {"mod", mod},
        {"mul", mul},
        {"neg", neg},
        {"not", logicalNot},
        {"or", logicalOr},
        {"pad", pad},
        {"pow", pow},
        {"range", range},
        {"reciprocal", reciprocal},
        {"reduce", reduce},
        {"relu", relu},
        {"resample", resample},
        {"reshape", reshape},
        {"round", round},
        {"scatter_elements", scatterElements},
        {"scatter_nd", scatterNd},
        {"sigmoid", sigmoid},
        {"sin", sin},
        {"sinh", sinh},
        {"slice", slice},
        {"softmax", softmax},
        {"sqrt", sqrt},
        {"sub", sub},
        {"sum_pool", sumPool},
        {"tan", tan},
        {"tanh", tanh},
        {"top_k", topK},
        {"transpose", transpose},
        {"where", where},
};

bool evaluate(std::string_view mnemonic, const Attributes &attributes,
              std::span<const Tensor *const> operands,
              std::span<Tensor> results) {
  auto operation = operations.find(mnemonic);
  if (operation == operations.end())
    return false;
  assert(results.size() == 1);
  operation->second({attributes, operands, results.front()});
  return true;
}

} // namespace cim::reference
