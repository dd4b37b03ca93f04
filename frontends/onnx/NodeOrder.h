//===- NodeOrder.h - The nodes of a graph, operands first -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_NODEORDER_H
#define CIM_FRONTENDS_ONNX_NODEORDER_H

#include <string>
#include <vector>

namespace onnx {
class GraphProto;
}

namespace cim::importer {

/// The nodes' indices in an order in which every value is computed before it is
/// read: the file's own, as ONNX demands, or else the nearest to it.
///
/// Throws InputError when names are not UTF-8, a value has two definitions or
/// none, an output is missing or nodes wait for each other in a cycle.
std::vector<int> orderNodes(const onnx::GraphProto &graph,
                            const std::string &path);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_NODEORDER_H
