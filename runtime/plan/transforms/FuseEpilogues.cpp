//===- FuseEpilogues.cpp - Cheap operations join their producer -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/FuseEpilogues.h"

#include "runtime/plan/transforms/Values.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

using namespace cim;

namespace {

/// x · scale[c] + offset[c]; an empty vector is all ones or zeros.
struct Affine {
  std::vector<double> scale, offset;

  /// Lets \p next follow.
  void append(const Affine &next) {
    for (size_t c = 0; c < next.scale.size(); ++c) {
      scale.resize(next.scale.size(), 1);
      scale[c] *= next.scale[c];
      if (!offset.empty())
        offset[c] *= next.scale[c];
    }
    for (size_t c = 0; c < next.offset.size(); ++c) {
      offset.resize(next.offset.size(), 0);
      offset[c] += next.offset[c];
    }
  }
  bool isFinite() const {
    auto finite = [](double x) { return std::isfinite(x); };
    return std::ranges::all_of(scale, finite) &&
           std::ranges::all_of(offset, finite);
  }
};

class Fusion {
public:
  Fusion(plan::Plan &plan, TensorMap &tensors, const KeepsParameters &keeps)
      : plan(plan), tensors(tensors), uses(countUses(plan)),
        producer(plan.values_size(), none), affine(plan.steps_size()) {
    for (const plan::Step &step : plan.steps())
      isKept.push_back(keeps && keeps(step));
  }

  void run() {
    for (int i = 0; i < plan.steps_size(); ++i) {
      plan::Step &step = *plan.mutable_steps(i);
      if (!isKept[i])
        moveBias(i);
      if (!joinAffine(i) && !joinResidual(i))
        joinActivation(i);
      producer[step.outputs(0)] = i;
    }
    for (int i = 0; i < plan.steps_size(); ++i)
      materialise(i);
  }

private:
  static constexpr int none = -1;

  const plan::Value &value(uint32_t index) const { return plan.values(index); }
  const plan::Value &result(const plan::Step &step) const {
    return value(step.outputs(0));
  }
  bool isFloatConstant(uint32_t index) const {
    return isConstant(value(index)) && value(index).element_type() == plan::F32;
  }
  std::span<const float> numbers(uint32_t index) const {
    return numbersOf(value(index), tensors);
  }

  //===------------------------------------------------------------------===//
  // Producers
  //===------------------------------------------------------------------===//

  /// The step that computes \p value for one reader only, or none.
  int soleProducer(uint32_t value) const {
    return uses[value] == 1 ? producer[value] : none;
  }
  bool hasEpilogue(int i) const {
    const plan::Step &step = plan.steps(i);
    if (isKept[i])
      return result(step).element_type() == plan::F32;
    static constexpr std::string_view operations[] = {
        "conv", "gemm", "matmul", "scale_offset", "add", "sub", "mul"};
    return std::ranges::find(operations, step.operation()) !=
               std::end(operations) &&
           result(step).element_type() == plan::F32;
  }
  bool takesActivation(int i) const {
    return i != none && hasEpilogue(i) &&
           plan.steps(i).epilogue().activation() == plan::NONE;
  }
  bool takesResidual(int i) const {
    return takesActivation(i) && !plan.steps(i).epilogue().has_residual();
  }
  /// Axis 1 of a product of more than two dimensions counts rows, and scaling
  /// them would be right; but no kernel does.
  bool takesAffine(int i) const {
    return takesResidual(i) && !isKept[i] &&
           result(plan.steps(i)).shape_size() >= 2 &&
           (plan.steps(i).operation() != "matmul" ||
            result(plan.steps(i)).shape_size() == 2);
  }

  /// Lets step \p from, completed by what step \p to did to its result, take
  /// the place of step \p to: there, everything that either reads is defined.
  plan::Epilogue &fuse(int from, int to) {
    uint32_t between = plan.steps(from).outputs(0);
    uint32_t output = plan.steps(to).outputs(0);
    plan::Step step = plan.steps(from);
    step.set_outputs(0, output);
    // What stays behind keeps its own result, which nobody reads any more.
    plan.mutable_steps(to)->Swap(&step);
    uses[between] = 0;
    affine[to] = std::move(affine[from]);
    isKept[to] = isKept[from];
    return *plan.mutable_steps(to)->mutable_epilogue();
  }

  //===------------------------------------------------------------------===//
  // Per-channel arithmetic
  //===------------------------------------------------------------------===//

  /// The elements of the constant \p index, one per channel of \p shape (whose
  /// channels are dimension 1), if that is how it broadcasts.
  std::optional<std::vector<double>>
  perChannel(uint32_t index, const std::vector<int64_t> &shape) const {
    if (!isFloatConstant(index) || shape.size() < 2)
      return std::nullopt;
    std::vector<int64_t> constant = shapeOf(value(index));
    if (constant.size() > shape.size())
      return std::nullopt;
    constant.insert(constant.begin(), shape.size() - constant.size(), 1);
    for (size_t d = 0; d < shape.size(); ++d)
      if (constant[d] != 1 && (d != 1 || constant[d] != shape[1]))
        return std::nullopt;
    std::span<const float> elements = numbers(index);
    std::vector<double> result(shape[1], elements.empty() ? 0 : elements[0]);
    if (constant[1] == shape[1])
      result.assign(elements.begin(), elements.end());
    return result;
  }

  Affine batchNorm(const plan::Step &step) const {
    std::span<const float> scale = numbers(step.inputs(1)),
                           bias = numbers(step.inputs(2)),
                           mean = numbers(step.inputs(3)),
                           variance = numbers(step.inputs(4));
    double epsilon = step.attributes().at("epsilon").number();
    Affine result;
    for (size_t c = 0; c < scale.size(); ++c) {
      result.scale.push_back(scale[c] / std::sqrt(variance[c] + epsilon));
      result.offset.push_back(bias[c] - mean[c] * result.scale[c]);
    }
    return result;
  }

  /// What \p step does to each channel of its operand \p x, if that is all.
  std::optional<Affine> affineOf(const plan::Step &step, uint32_t &x) const {
    if (result(step).element_type() != plan::F32 || step.has_epilogue())
      return std::nullopt;
    const std::string &operation = step.operation();
    Affine found;
    if (operation == "batch_norm") {
      x = step.inputs(0);
      for (int i = 1; i < 5; ++i)
        if (!isFloatConstant(step.inputs(i)))
          return std::nullopt;
      found = batchNorm(step);
    } else if (operation == "add" || operation == "sub" || operation == "mul" ||
               operation == "div") {
      bool swap = isConstant(value(step.inputs(0)));
      if (swap && operation == "div")
        return std::nullopt;
      x = step.inputs(swap);
      std::vector<int64_t> shape = shapeOf(result(step));
      auto constant = perChannel(step.inputs(!swap), shape);
      if (!constant || shapeOf(value(x)) != shape || isConstant(value(x)))
        return std::nullopt;
      if (operation == "mul") {
        found.scale = *constant;
      } else if (operation == "div") {
        for (double &c : *constant)
          c = 1 / c;
        found.scale = *constant;
      } else {
        if (operation == "sub" && swap)
          found.scale.assign(constant->size(), -1);
        for (double &c : *constant)
          c = operation == "sub" && !swap ? -c : c;
        found.offset = *constant;
      }
    } else {
      return std::nullopt;
    }
    // Infinities would meet zeros in an order that is not the network's.
    if (!found.isFinite())
      return std::nullopt;
    return found;
  }

  /// The bias of a convolution or of a fully connected layer.
  void moveBias(int i) {
    plan::Step &step = *plan.mutable_steps(i);
    std::vector<int64_t> shape = shapeOf(result(step));
    bool hasBias = step.inputs_size() == 3;
    Affine found;
    if (step.operation() == "conv" && hasBias) {
      if (!isFloatConstant(step.inputs(2)))
        return;
      std::span<const float> bias = numbers(step.inputs(2));
      found.offset.assign(bias.begin(), bias.end());
    } else if (step.operation() == "gemm") {
      plan::Attribute &alpha = step.mutable_attributes()->at("alpha");
      plan::Attribute &beta = step.mutable_attributes()->at("beta");
      if (hasBias) {
        auto bias = perChannel(step.inputs(2), shape);
        if (!bias)
          return;
        for (double &c : *bias)
          c *= beta.number();
        found.offset = *bias;
      }
      if (alpha.number() != 1)
        found.scale.assign(shape[1], alpha.number());
      if (!found.isFinite())
        return;
      alpha.set_number(1);
      beta.set_number(1);
    } else {
      return;
    }
    if (hasBias) {
      --uses[step.inputs(2)];
      step.mutable_inputs()->RemoveLast();
    }
    affine[i].append(found);
  }

  bool joinAffine(int i) {
    if (isKept[i])
      return false;
    uint32_t x = 0;
    std::optional<Affine> found = affineOf(plan.steps(i), x);
    if (!found)
      return false;
    int from = soleProducer(x);
    if (takesAffine(from)) {
      fuse(from, i);
    } else {
      plan::Step &step = *plan.mutable_steps(i);
      step.set_operation("scale_offset");
      step.clear_attributes();
      step.clear_inputs();
      step.add_inputs(x);
    }
    affine[i].append(*found);
    return true;
  }

  //===------------------------------------------------------------------===//
  // Residuals and activations
  //===------------------------------------------------------------------===//

  bool joinResidual(int i) {
    const plan::Step &step = plan.steps(i);
    if (step.operation() != "add")
      return false;
    uint32_t a = step.inputs(0), b = step.inputs(1);
    for (uint32_t operand : {a, b})
      if (isConstant(value(operand)) ||
          shapeOf(value(operand)) != shapeOf(result(step)))
        return false;
    // Of two branches that could take the other in, the one computed last:
    // nothing has to wait for it.
    if (producer[a] < producer[b])
      std::swap(a, b);
    if (!takesResidual(soleProducer(a)))
      std::swap(a, b);
    if (!takesResidual(soleProducer(a)))
      return false;
    fuse(producer[a], i).set_residual(b);
    return true;
  }

  bool joinActivation(int i) {
    const plan::Step step = plan.steps(i);
    plan::Epilogue activation;
    if (step.operation() == "relu") {
      activation.set_activation(plan::RELU);
    } else if (step.operation() == "leaky_relu") {
      activation.set_activation(plan::LEAKY_RELU);
      activation.set_lowest(step.attributes().at("alpha").number());
    } else if (step.operation() == "clip") {
      double lowest = step.attributes().at("lowest").number();
      double highest = step.attributes().at("highest").number();
      if (!(lowest <= highest))
        return false;
      activation.set_activation(plan::CLIP);
      activation.set_lowest(lowest);
      activation.set_highest(highest);
    } else {
      return false;
    }
    int from = soleProducer(step.inputs(0));
    if (!takesActivation(from))
      return false;
    fuse(from, i).MergeFrom(activation);
    return true;
  }

  /// Turns what was collected for step \p i into constants.
  void materialise(int i) {
    plan::Step &step = *plan.mutable_steps(i);
    auto add = [&](const char *suffix, const std::vector<double> &numbers) {
      return addConstant(plan, tensors, step.name() + suffix, numbers);
    };
    if (!affine[i].scale.empty())
      step.mutable_epilogue()->set_scale(add(".scale", affine[i].scale));
    if (!affine[i].offset.empty())
      step.mutable_epilogue()->set_offset(add(".offset", affine[i].offset));
  }

  plan::Plan &plan;
  TensorMap &tensors;
  std::vector<unsigned> uses;
  std::vector<int> producer;  ///< step by value, or none
  std::vector<Affine> affine; ///< by step
  std::vector<bool> isKept;   ///< by step
};

} // namespace

void cim::fuseEpilogues(plan::Plan &plan, TensorMap &tensors,
                        const KeepsParameters &keeps) {
  Fusion(plan, tensors, keeps).run();
}
