//===- AssignLayouts.cpp - Which values are channels-last -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/AssignLayouts.h"

#include "runtime/plan/transforms/Values.h"

#include <map>
#include <numeric>
#include <set>
#include <string_view>

using namespace cim;

namespace {

enum class Preference { channelsLast, rowMajor, either };

Preference preferenceOf(std::string_view operation) {
  static const std::set<std::string_view> channelsLast = {
      "conv", "max_pool",   "average_pool", "global_average_pool",
      "lrn",  "batch_norm", "scale_offset"};
  static const std::set<std::string_view> either = {
      "relu", "leaky_relu", "clip",   "sigmoid", "tanh", "exp", "log",
      "sqrt", "abs",        "neg",    "floor",   "ceil", "erf", "reciprocal",
      "add",  "sub",        "mul",    "div",     "pow",  "min", "max",
      "mod",  "where",      "concat", "slice",   "pad"};
  if (channelsLast.contains(operation))
    return Preference::channelsLast;
  return either.contains(operation) ? Preference::either : Preference::rowMajor;
}

class LayoutAssignment {
public:
  explicit LayoutAssignment(plan::Plan &plan)
      : plan(plan), producer(plan.values_size(), none),
        group(plan.steps_size()), balance(plan.steps_size()) {}

  void run() {
    for (int i = 0; i < plan.steps_size(); ++i)
      producer[plan.steps(i).outputs(0)] = i;
    joinGroups();
    vote();
    for (uint32_t v = 0; v < producer.size(); ++v)
      if (hasChoice(v) && producer[v] != none)
        plan.mutable_values(v)->set_layout(layoutOf(producer[v]));
    for (uint32_t input : plan.inputs())
      plan.mutable_values(input)->set_layout(layoutOfInput(input));
    insertRelayouts();
  }

private:
  static constexpr int none = -1;

  bool hasChoice(uint32_t v) const {
    const plan::Value &value = plan.values(v);
    return value.shape_size() == 4 && value.element_type() == plan::F32 &&
           !isConstant(value);
  }
  Preference preference(int step) const {
    return preferenceOf(plan.steps(step).operation());
  }
  bool isFlexible(int step) const {
    return step != none && preference(step) == Preference::either;
  }
  /// The steps of a group are known by the first of them.
  int find(int step) {
    while (group[step] != step)
      step = group[step] = group[group[step]];
    return step;
  }

  /// Flexible steps that hand values to each other share one layout.
  void joinGroups() {
    std::iota(group.begin(), group.end(), 0);
    for (int i = 0; i < plan.steps_size(); ++i) {
      if (!isFlexible(i))
        continue;
      forEachUse(*plan.mutable_steps(i), [&](uint32_t &v) {
        if (hasChoice(v) && isFlexible(producer[v]))
          group[find(i)] = find(producer[v]);
      });
    }
  }

  /// Elements that a conversion of \p v moves.
  int64_t cost(uint32_t v) const {
    const plan::Value &value = plan.values(v);
    return value.shape(2) == 1 && value.shape(3) == 1
               ? 0
               : elementCount(shapeOf(value));
  }
  /// Adds up, for every group, the elements at its edges that are or are wanted
  /// channels-last, less those row-major.
  void vote() {
    auto add = [&](int step, bool channelsLast, uint32_t v) {
      balance[find(step)] += channelsLast ? cost(v) : -cost(v);
    };
    for (int i = 0; i < plan.steps_size(); ++i)
      forEachUse(*plan.mutable_steps(i), [&](uint32_t &v) {
        if (!hasChoice(v))
          return;
        int from = producer[v];
        if (isFlexible(i) && from != none && !isFlexible(from))
          add(i, preference(from) == Preference::channelsLast, v);
        if (!isFlexible(i) && isFlexible(from))
          add(from, preference(i) == Preference::channelsLast, v);
      });
    for (uint32_t output : plan.outputs())
      if (hasChoice(output) && isFlexible(producer[output]))
        add(producer[output], false, output);
  }

  plan::Layout layoutOf(int step) {
    bool channelsLast = preference(step) == Preference::either
                            ? balance[find(step)] >= 0
                            : preference(step) == Preference::channelsLast;
    return channelsLast ? plan::CHANNELS_LAST : plan::ROW_MAJOR;
  }
  plan::Layout layoutOfInput(uint32_t input) {
    plan::Layout layout = plan::ROW_MAJOR;
    for (int i = 0; i < plan.steps_size(); ++i)
      forEachUse(*plan.mutable_steps(i), [&](uint32_t &v) {
        if (v == input && hasChoice(v) && layoutOf(i) == plan::CHANNELS_LAST)
          layout = plan::CHANNELS_LAST;
      });
    return layout;
  }

  void insertRelayouts() {
    std::vector<plan::Layout> wanted;
    for (int i = 0; i < plan.steps_size(); ++i)
      wanted.push_back(layoutOf(i));
    google::protobuf::RepeatedPtrField<plan::Step> steps;
    steps.Swap(plan.mutable_steps());

    std::map<uint32_t, uint32_t> converted;
    auto inLayout = [&](uint32_t v, plan::Layout layout) {
      if (!hasChoice(v) || plan.values(v).layout() == layout)
        return v;
      auto [entry, isNew] = converted.try_emplace(v, plan.values_size());
      if (isNew) {
        plan::Value value = plan.values(v);
        value.set_layout(layout);
        *plan.add_values() = value;
        plan::Step &step = *plan.add_steps();
        step.set_operation("relayout");
        step.set_name(value.name());
        step.add_inputs(v);
        step.add_outputs(entry->second);
      }
      return entry->second;
    };
    for (int i = 0; i < steps.size(); ++i) {
      forEachUse(steps[i], [&](uint32_t &v) { v = inLayout(v, wanted[i]); });
      plan.add_steps()->Swap(&steps[i]);
    }
    for (uint32_t &output : *plan.mutable_outputs())
      output = inLayout(output, plan::ROW_MAJOR);
  }

  plan::Plan &plan;
  std::vector<int> producer;    ///< step by value, or none
  std::vector<int> group;       ///< union-find over steps
  std::vector<int64_t> balance; ///< by group
};

} // namespace

void cim::assignLayouts(plan::Plan &plan) { LayoutAssignment(plan).run(); }
