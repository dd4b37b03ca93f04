//===- NodeOrder.cpp - The nodes of a graph, operands first ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/NodeOrder.h"

#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"
#include "runtime/tensor/Errors.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

#include <algorithm>
#include <functional>
#include <queue>

using namespace cim;
using namespace cim::importer;

namespace {

class GraphCheck {
public:
  GraphCheck(const onnx::GraphProto &graph, const std::string &path)
      : graph(graph), path(path) {}

  std::vector<int> order() {
    defineInputs();
    for (int index = 0; index < graph.node_size(); ++index)
      defineOutputs(index);
    for (const onnx::NodeProto &node : graph.node())
      for (const std::string &input : node.input())
        if (!input.empty() && !producers.contains(input))
          fail(described(node) + " reads " + quotation(input) +
               ", which is neither an input, an initializer nor the output of "
               "a node");
    if (graph.output_size() == 0)
      fail("the graph has no outputs");
    for (const onnx::ValueInfoProto &output : graph.output())
      if (!producers.contains(output.name()))
        fail("nothing computes the graph's output " + quotation(output.name()));
    return topologicalOrder();
  }

private:
  /// The producer of inputs and initializers.
  static constexpr int given = -1;

  [[noreturn]] void fail(const std::string &what) {
    throw InputError(path + ": " + what);
  }

  void checkName(llvm::StringRef name) {
    if (!llvm::json::isUTF8(name))
      fail("the name " + quotation(name) + " is not UTF-8");
  }

  void defineInputs() {
    // An initializer may also be an input, of which it is the default value.
    llvm::StringMap<char> inputs;
    for (const onnx::ValueInfoProto &input : graph.input()) {
      checkName(input.name());
      if (!inputs.try_emplace(input.name()).second)
        fail("two inputs are called " + quotation(input.name()));
      producers[input.name()] = given;
    }
    llvm::StringMap<char> initializers;
    for (const onnx::TensorProto &initializer : graph.initializer()) {
      checkName(initializer.name());
      if (!initializers.try_emplace(initializer.name()).second)
        fail("two initializers are called " + quotation(initializer.name()));
      producers[initializer.name()] = given;
    }
    if (graph.sparse_initializer_size() > 0)
      fail("initializer " +
           quotation(graph.sparse_initializer(0).values().name()) +
           " is sparse, which is not supported; export it dense");
  }

  void defineOutputs(int index) {
    const onnx::NodeProto &node = graph.node(index);
    checkName(node.name());
    for (const std::string &output : node.output()) {
      if (output.empty()) // an optional output that nobody wants
        continue;
      checkName(output);
      auto [entry, isNew] = producers.try_emplace(output, index);
      if (isNew)
        continue;
      std::string other =
          entry->second == given
              ? "an input or initializer"
              : "an output of " + described(graph.node(entry->second));
      fail(described(node) + " computes " + quotation(output) +
           ", which already is " + other);
    }
  }

  std::vector<int> topologicalOrder() {
    // Kahn's algorithm; the least index first keeps an ordered file's order.
    std::vector<std::vector<int>> readers(graph.node_size());
    std::vector<int> waiting(graph.node_size(), 0);
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (int index = 0; index < graph.node_size(); ++index) {
      for (const std::string &input : graph.node(index).input()) {
        int producer = input.empty() ? given : producers.lookup(input);
        if (producer == given)
          continue;
        readers[producer].push_back(index);
        ++waiting[index];
      }
      if (waiting[index] == 0)
        ready.push(index);
    }
    std::vector<int> order;
    while (!ready.empty()) {
      int index = ready.top();
      ready.pop();
      order.push_back(index);
      for (int reader : readers[index])
        if (--waiting[reader] == 0)
          ready.push(reader);
    }
    if (static_cast<int>(order.size()) < graph.node_size())
      failForCycle(waiting);
    return order;
  }

  /// Every node that still waits has an operand from another one that does:
  /// going back along those must meet a node again.
  [[noreturn]] void failForCycle(const std::vector<int> &waiting) {
    int index = std::find_if(waiting.begin(), waiting.end(),
                             [](int count) { return count > 0; }) -
                waiting.begin();
    std::vector<int> trail;
    std::vector<bool> visited(graph.node_size(), false);
    while (!visited[index]) {
      visited[index] = true;
      trail.push_back(index);
      for (const std::string &input : graph.node(index).input()) {
        int producer = input.empty() ? given : producers.lookup(input);
        if (producer != given && waiting[producer] > 0) {
          index = producer;
          break;
        }
      }
    }
    auto begin = std::find(trail.begin(), trail.end(), index);
    std::string cycle = quotation(nameOf(graph.node(index)));
    constexpr int mostShown = 8;
    int shown = 0;
    for (auto node = trail.rbegin(); node.base() != begin; ++node) {
      if (++shown > mostShown) {
        cycle += " → …";
        break;
      }
      cycle += " → " + quotation(nameOf(graph.node(*node)));
    }
    fail(
        "the graph has a cycle: each of these nodes needs the one before it: " +
        cycle);
  }

  const onnx::GraphProto &graph;
  const std::string &path;
  /// The node that computes a value, by the value's name.
  llvm::StringMap<int> producers;
};

} // namespace

std::vector<int> importer::orderNodes(const onnx::GraphProto &graph,
                                      const std::string &path) {
  return GraphCheck(graph, path).order();
}
