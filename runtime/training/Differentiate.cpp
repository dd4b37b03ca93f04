//===- Differentiate.cpp - A plan with its backward half ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Differentiate.h"

#include "runtime/executor/Attributes.h"
#include "runtime/plan/transforms/Values.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

using namespace cim;

namespace {

bool isLayer(const plan::Step &step) {
  return step.operation() == "conv" || step.operation() == "gemm" ||
         step.operation() == "matmul";
}

bool isActivation(const plan::Step &step) {
  return step.operation() == "relu" || step.operation() == "leaky_relu" ||
         step.operation() == "clip";
}

/// Below 0, a result does not tell the sign of its operand.
bool hasNegativeSlope(const plan::Step &step) {
  return step.operation() == "leaky_relu"
             ? step.attributes().at("alpha").number() < 0
             : step.epilogue().activation() == plan::LEAKY_RELU &&
                   step.epilogue().lowest() < 0;
}

class Differentiation {
public:
  Differentiation(plan::Plan source, const KeepsParameters &trains) {
    result.plan = std::move(source);
    dropSoftmax();
    plan::Plan &plan = result.plan;
    google::protobuf::RepeatedPtrField<plan::Step> steps;
    steps.Swap(plan.mutable_steps());
    needsGradient.resize(plan.values_size());
    for (plan::Step &step : steps) {
      const bool trained = trains(step);
      if (trained && step.operation() == "batch_norm")
        add("batch_norm_statistics", plan.steps_size() + 1, {step.inputs(0)});
      result.forward.push_back(plan.steps_size());
      result.isTrained.push_back(trained);
      bool needs = trained;
      forEachUse(step, [&](uint32_t &v) { needs |= needsGradient[v]; });
      needsGradient[step.outputs(0)] = needs;
      plan.add_steps()->Swap(&step);
    }
    gradient.resize(plan.values_size());
    for (int s = 0; s < plan.steps_size(); ++s)
      for (uint32_t output : plan.steps(s).outputs())
        producers[output] = s;
  }

  DifferentiatedPlan run() {
    const int forwardSteps = result.plan.steps_size();
    addLoss();
    for (int s = forwardSteps - 1; s >= 0; --s) {
      // Adding steps moves them.
      const plan::Step step = result.plan.steps(s);
      if (step.outputs_size() == 1 && gradient[step.outputs(0)])
        addBackward(s, step);
    }
    return std::move(result);
  }

private:
  /// Training works on logits.
  void dropSoftmax() {
    plan::Plan &plan = result.plan;
    if (plan.outputs_size() == 0 || plan.steps_size() == 0)
      return;
    const plan::Step &last = plan.steps(plan.steps_size() - 1);
    if (last.operation() != "softmax" || last.outputs(0) != plan.outputs(0))
      return;
    plan.set_outputs(0, last.inputs(0));
    plan.mutable_steps()->RemoveLast();
  }

  [[noreturn]] static void refuse(const plan::Step &step,
                                  const std::string &why) {
    throw InputError("node '" + step.name() + "' (" + step.operation() +
                     ") lies behind a layer that is to be trained, but " + why +
                     "; train layers behind it only");
  }

  uint32_t addValue(const plan::Value &like, const std::string &name) {
    plan::Value value = like;
    value.set_name(name);
    value.clear_constant();
    *result.plan.add_values() = value;
    return result.plan.values_size() - 1;
  }
  uint32_t addGradientOf(uint32_t value) {
    return addValue(result.plan.values(value),
                    "gradient of " + result.plan.values(value).name());
  }

  plan::Step &add(const char *operation, int forward,
                  std::initializer_list<uint32_t> inputs) {
    plan::Step &step = *result.plan.add_steps();
    step.set_operation(operation);
    for (uint32_t input : inputs)
      step.add_inputs(input);
    result.forward.push_back(forward);
    result.isTrained.push_back(false);
    return step;
  }

  void addLoss() {
    plan::Plan &plan = result.plan;
    const uint32_t logits = plan.outputs(0);
    if (!needsGradient[logits])
      throw InputError("the network's output does not depend on the layers "
                       "that are to be trained; select others");
    plan::Value number;
    number.add_shape(1);
    number.add_shape(1);
    result.labels = addValue(number, "labels");
    number.set_shape(1, 2);
    result.losses = addValue(number, "losses");
    plan.add_inputs(result.labels);
    plan.add_outputs(result.losses);
    const uint32_t g = addGradientOf(logits);
    plan::Step &loss = add("softmax_cross_entropy", plan.steps_size(),
                           {logits, result.labels});
    loss.add_outputs(g);
    loss.add_outputs(result.losses);
    gradient[logits] = g;
  }

  /// \p value as the backward half reads it. What batch normalisation in batch
  /// mode makes of its input is computed again, since its own backward half
  /// reads the input anyway: so only one of them stays in memory meanwhile
  /// (Chen et al., Training deep nets with sublinear memory cost, 2016).
  uint32_t again(uint32_t value) {
    auto producer = producers.find(value);
    if (producer == producers.end())
      return value;
    const int s = producer->second;
    const plan::Step &source = result.plan.steps(s);
    if (source.operation() != "batch_norm" || !result.isTrained[s] ||
        source.epilogue().has_residual())
      return value;
    auto [found, isNew] = recomputed.try_emplace(value);
    if (!isNew)
      return found->second;
    plan::Step copy = source;
    found->second = addValue(result.plan.values(value),
                             result.plan.values(value).name() + " again");
    copy.set_outputs(0, found->second);
    result.plan.add_steps()->Swap(&copy);
    result.forward.push_back(s);
    result.isTrained.push_back(false);
    return found->second;
  }

  /// Adds \p g to the gradient of \p value, if that is wanted.
  void contribute(uint32_t value, uint32_t g) {
    if (!needsGradient[value])
      return;
    if (!gradient[value]) {
      gradient[value] = g;
      return;
    }
    const uint32_t sum = addGradientOf(value);
    add("add", result.plan.steps_size(), {*gradient[value], g})
        .add_outputs(sum);
    gradient[value] = sum;
  }

  /// Adds a step that turns \p inputs into the gradient of the first operand of
  /// step \p s.
  void pass(const char *operation, int s, const plan::Step &step,
            std::initializer_list<uint32_t> inputs) {
    const uint32_t x = step.inputs(0);
    if (!needsGradient[x])
      return;
    const uint32_t g = addGradientOf(x);
    add(operation, s, inputs).add_outputs(g);
    contribute(x, g);
  }

  void addBackward(int s, const plan::Step &step) {
    const uint32_t y = step.outputs(0);
    uint32_t g = *gradient[y];
    const plan::Epilogue &epilogue = step.epilogue();
    if (epilogue.activation() != plan::NONE || isActivation(step)) {
      if (hasNegativeSlope(step))
        refuse(step,
               "there is no gradient for LeakyRelu with an alpha below 0");
      const uint32_t before = addGradientOf(y);
      add("activation_gradient", s, {g, again(y)}).add_outputs(before);
      g = before;
    }
    if (epilogue.has_residual())
      contribute(epilogue.residual(), g);
    const std::string &operation = step.operation();
    if (isLayer(step))
      return addLayer(s, step, g);
    if (operation == "batch_norm" && result.isTrained[s]) {
      add("batch_norm_sums", s, {g, step.inputs(0)});
      return pass("batch_norm_gradient", s, step, {g, step.inputs(0)});
    }
    if (epilogue.has_scale())
      g = addScaled(step, g);
    if (isActivation(step) || operation == "scale_offset")
      return contribute(step.inputs(0), g);
    if (operation == "add")
      return addSum(step, g);
    if (operation == "max_pool")
      return pass("max_pool_gradient", s, step, {g, step.inputs(0)});
    if (operation == "average_pool")
      return pass("average_pool_gradient", s, step, {g});
    if (operation == "global_average_pool")
      return pass("global_average_pool_gradient", s, step, {g});
    if (operation == "reshape")
      return pass("reshape", int(result.forward.size()), step, {g});
    if (operation == "relayout")
      return pass("relayout", int(result.forward.size()), step, {g});
    if (operation == "slice")
      return pass("slice_gradient", s, step, {g});
    if (operation == "pad")
      return addPad(step, g);
    if (operation == "concat")
      return addConcat(step, g);
    refuse(step, "there is no gradient for this operation");
  }

  void addLayer(int s, const plan::Step &step, uint32_t g) {
    const uint32_t x = step.inputs(0);
    if (result.isTrained[s])
      add("weight_gradient", s, {g, again(x)});
    if (!needsGradient[x])
      return;
    // The kernel adds what other readers have contributed.
    const uint32_t dx = addGradientOf(x);
    plan::Step &backward = add("data_gradient", s, {g});
    backward.add_outputs(dx);
    if (step.has_layer())
      backward.set_layer(step.layer());
    if (gradient[x])
      backward.mutable_epilogue()->set_residual(*gradient[x]);
    gradient[x] = dx;
  }

  uint32_t addScaled(const plan::Step &step, uint32_t g) {
    const uint32_t scaled = addGradientOf(step.outputs(0));
    plan::Step &scale = add("scale_offset", int(result.forward.size()), {g});
    scale.add_outputs(scaled);
    scale.mutable_epilogue()->set_scale(step.epilogue().scale());
    return scaled;
  }

  void addSum(const plan::Step &step, uint32_t g) {
    for (uint32_t operand : step.inputs()) {
      if (!needsGradient[operand])
        continue;
      if (shapeOf(result.plan.values(operand)) !=
          shapeOf(result.plan.values(step.outputs(0))))
        refuse(step, "its operand is broadcast, and gradients of such sums are "
                     "not known");
      contribute(operand, g);
    }
  }

  /// A box of \p g, as large as \p operand, that begins at \p starts.
  void addBox(uint32_t operand, uint32_t g,
              const std::vector<int64_t> &starts) {
    if (!needsGradient[operand])
      return;
    const uint32_t box = addGradientOf(operand);
    plan::Step &slice = add("slice", int(result.forward.size()), {g});
    slice.add_outputs(box);
    auto &attributes = *slice.mutable_attributes();
    const auto &shape = result.plan.values(operand).shape();
    for (int d = 0; d < shape.size(); ++d) {
      attributes["starts"].mutable_integers()->add_values(starts[d]);
      attributes["sizes"].mutable_integers()->add_values(shape[d]);
      attributes["steps"].mutable_integers()->add_values(1);
    }
    contribute(operand, box);
  }

  void addPad(const plan::Step &step, uint32_t g) {
    auto pads = integers(step, "pads");
    if (text(step, "mode") != "constant" ||
        std::ranges::any_of(pads, [](int64_t n) { return n < 0; }))
      refuse(step, "only padding with a constant has a gradient here");
    addBox(step.inputs(0), g, {pads.begin(), pads.begin() + pads.size() / 2});
  }

  void addConcat(const plan::Step &step, uint32_t g) {
    const int64_t axis = integer(step, "axis");
    std::vector<int64_t> starts(
        result.plan.values(step.outputs(0)).shape_size());
    for (uint32_t operand : step.inputs()) {
      addBox(operand, g, starts);
      starts[axis] += result.plan.values(operand).shape(axis);
    }
  }

  DifferentiatedPlan result;
  /// By value of the forward half: it depends on something that is trained.
  std::vector<bool> needsGradient;
  /// By value of the forward half.
  std::vector<std::optional<uint32_t>> gradient;
  std::map<uint32_t, int> producers; ///< steps, by value of the forward half
  std::map<uint32_t, uint32_t> recomputed;
};

} // namespace

DifferentiatedPlan cim::differentiate(plan::Plan plan,
                                      const KeepsParameters &trains) {
  return Differentiation(std::move(plan), trains).run();
}
