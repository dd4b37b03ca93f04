//===- Attention.cpp - Attention and what stands around it ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX Attention-25, LinearAttention-27, RotaryEmbedding-23 and
// TensorScatter-24 are functions of other operators, and become those.
// Dimensions: b batch, h heads, q queries, k keys, t tokens, d the size of a
// head.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include <cmath>

using namespace cim::importer;
using mlir::Value;

/// [b, q, h·d] → [b, h, q, d].
static Value splitHeads(Node &node, Value x, int64_t heads) {
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  if (heads < 1 || shape[2] % heads != 0)
    node.fail("cannot divide " + llvm::Twine(shape[2]) + " numbers among " +
              llvm::Twine(heads) + " heads");
  return swapDimensions(
      node, node.reshape(x, {shape[0], shape[1], heads, shape[2] / heads}), 1,
      2);
}

/// [b, h, q, d] → [b, q, h·d].
static Value joinHeads(Node &node, Value x) {
  Integers shape(shapeOf(x));
  return node.reshape(swapDimensions(node, x, 1, 2),
                      {shape[0], shape[2], shape[1] * shape[3]});
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {

/// Which keys a query may look at: what is added to its scores.
struct Mask {
  Node &node;
  int64_t queries, keys;
  /// Where the first query stands among the keys: a number or, per batch, a
  /// value of shape [b, 1, 1, 1].
  double offset = 0;
  Value offsets = {};
  Value bias = {}; ///< null: all keys, as they are

  /// 0 where \p allowed, −∞ elsewhere, added to the bias.
  void restrict(Value allowed) {
    Term zero{node, scalar(0)}, none{node, scalar(-infinity)};
    add(choose({node, allowed}, zero, none).value);
  }
  void add(Value more) {
    bias = bias ? node.create("add", {bias, more}) : more;
  }
  /// Key − query − offset: how far a key stands right of the query, [q, k] or
  /// [b, 1, q, k].
  Value distance() {
    Value fixed = (Term{node, distances(node, queries, keys)} - offset).value;
    return offsets ? node.create("sub", {fixed, offsets}) : fixed;
  }
  /// Keys at most \p most to the right of the query, or \p left to its left.
  void limitRight(int64_t most) {
    restrict(node.create(
        "not", Term{node, distance()}.apply("greater", double(most)).value));
  }
  void limitLeft(int64_t most) {
    restrict(node.create(
        "not", Term{node, distance()}.apply("less", -double(most)).value));
  }

  Value scalar(double number) {
    return node.splat(
        mlir::RankedTensorType::get({}, node.builder().getF32Type()), number);
  }
};

} // namespace

/// The mask operand, as numbers to add, for all keys: those beyond it are none.
static Value readMask(Node &node, Value given, int64_t keys) {
  int64_t rank = shapeOf(given).size();
  if (rank < 1 || rank > 4 || shapeOf(given).back() > keys)
    node.fail("has a mask of shape " + listed(shapeOf(given)) + " for " +
              llvm::Twine(keys) + " keys");
  int64_t missing = keys - shapeOf(given).back();
  if (elementTypeOf(given).isInteger(1)) {
    Mask mask{node, 0, 0};
    mask.restrict(given);
    given = mask.bias;
  }
  if (missing == 0 || shapeOf(given).back() == 1)
    return given;
  Integers pads(2 * rank, 0);
  pads.back() = missing;
  return pad(node, given, pads, -infinity);
}

static Results importAttention(Node &node) {
  Value q = node.operand(0), k = node.operand(1), v = node.operand(2);
  const bool packed = shapeOf(q).size() == 3;
  if (!packed && shapeOf(q).size() != 4)
    node.fail("expects queries of 3 or 4 dimensions, got " +
              listed(shapeOf(q)));
  if (shapeOf(k).size() != shapeOf(q).size() ||
      shapeOf(v).size() != shapeOf(q).size())
    node.fail("expects queries, keys and values of one rank");
  node.ignore({"softmax_precision"}); // everything is computed in f32
  if (packed) {
    q = splitHeads(node, q, node.integer("q_num_heads"));
    k = splitHeads(node, k, node.integer("kv_num_heads"));
    v = splitHeads(node, v, node.integer("kv_num_heads"));
  } else {
    node.ignore({"q_num_heads", "kv_num_heads"});
  }

  // What was computed for earlier tokens comes first.
  int64_t past = 0;
  if (node.hasOperand(4) != node.hasOperand(5))
    node.fail("has past keys or past values, but not both");
  if (Value pastKeys = node.operandOrNull(4)) {
    if (shapeOf(pastKeys).size() != 4)
      node.fail("expects past keys of 4 dimensions, got " +
                listed(shapeOf(pastKeys)));
    past = shapeOf(pastKeys)[2];
    k = concat(node, {pastKeys, k}, 2);
    v = concat(node, {node.operand(5), v}, 2);
  }
  Value presentKeys = k, presentValues = v;

  const int64_t batch = shapeOf(q)[0], heads = shapeOf(q)[1];
  Mask mask{node, shapeOf(q)[2], shapeOf(k)[2]};
  mask.offset = past;
  Value lengths = node.operandOrNull(6);
  if (lengths && past == 0) {
    Term length{node, node.reshape(lengths, {batch, 1, 1, 1})};
    mask.offsets = (length - double(mask.queries)).value;
  }
  if (Value given = node.operandOrNull(3))
    mask.add(readMask(node, given, mask.keys));
  if (node.flag("is_causal", false))
    mask.limitRight(0);
  if (int64_t left = node.integer("left_window_size", -1); left >= 0)
    mask.limitLeft(left);
  if (int64_t right = node.integer("right_window_size", -1); right >= 0)
    mask.limitRight(right);
  if (lengths) {
    Value places = counting(node, mask.keys, 3, 4);
    mask.restrict(
        node.create("less", {places, node.reshape(lengths, {batch, 1, 1, 1})}));
  }

  // Several queries' heads may share one of the keys'.
  if (shapeOf(k)[1] < 1 || heads % shapeOf(k)[1] != 0)
    node.fail("cannot share " + llvm::Twine(shapeOf(k)[1]) +
              " heads of keys among " + llvm::Twine(heads) + " of queries");
  int64_t shared = heads / shapeOf(k)[1];
  k = repeat(node, k, 1, shared);
  v = repeat(node, v, 1, shared);

  double scale = node.number("scale", 1 / std::sqrt(double(shapeOf(q)[3])));
  Term queries{node, q}, keys{node, swapDimensions(node, k, 2, 3)};
  Term scores =
      (queries * std::sqrt(scale)).apply("matmul", keys * std::sqrt(scale));
  llvm::SmallVector<Value> stages{scores.value};
  if (double cap = node.number("softcap", 0); cap > 0)
    scores = (scores / cap).apply("tanh") * cap;
  stages.push_back(scores.value);
  if (mask.bias)
    scores = scores + Term{node, mask.bias};
  stages.push_back(scores.value);
  Term shares{node, node.create("softmax", scores.value,
                                node.attribute("axis", int64_t(3)))};
  if (mask.bias) { // a query without keys looks at nothing
    Term best{node, reduce(node, "max", mask.bias,
                           {int64_t(shapeOf(mask.bias).size()) - 1})};
    shares = choose(best.apply("equal", -infinity),
                    {node, node.scalar(0, shares.value)}, shares);
  }
  stages.push_back(shares.value);
  int64_t stage = node.integer("qk_matmul_output_mode", 0);
  if (stage < 0 || stage > 3)
    node.fail("has qk_matmul_output_mode " + llvm::Twine(stage));
  Value result = shares.apply("matmul", {node, v}).value;
  return {packed ? joinHeads(node, result) : result, presentKeys, presentValues,
          stages[stage]};
}

//===----------------------------------------------------------------------===//
// Linear attention
//===----------------------------------------------------------------------===//

/// Token \p t of \p x, [b, t, h·d] or [b, t, h], as [b, h, rows, columns], of
/// which one is d or 1.
static Term tokenOf(Node &node, Value x, int64_t t, int64_t heads,
                    bool asColumn) {
  Integers shape(shapeOf(x));
  const int64_t size = shape[2] / heads;
  Value token = slice(node, x, 1, t, 1);
  return {node, node.reshape(token, {shape[0], heads, asColumn ? size : 1,
                                     asColumn ? 1 : size})};
}

/// A state S of [b, h, d_k, d_v] takes up one token after the other:
/// S ← exp(g)·S + k vᵀ, where the delta rules write β (v − Sᵀk) instead of v;
/// each gives scale·Sᵀq. Source: ONNX LinearAttention-27.
static Results importLinearAttention(Node &node) {
  // Tokens become steps, one list each; nobody writes as many by hand.
  constexpr int64_t mostTokens = 4096;
  Value q = node.operand(0), k = node.operand(1), v = node.operand(2);
  const int64_t heads = node.integer("q_num_heads");
  const int64_t groups = node.integer("kv_num_heads");
  node.ignore({"chunk_size"}); // how fast, not what
  const std::string rule = node.text("update_rule", "gated_delta");
  const bool decays = rule == "gated" || rule == "gated_delta";
  const bool corrects = rule == "delta" || rule == "gated_delta";
  if (!decays && !corrects && rule != "linear")
    node.fail("expects update_rule linear, gated, delta or gated_delta, got " +
              quotation(rule));
  auto check = [&](Value x, int64_t count, llvm::StringRef what) {
    llvm::ArrayRef<int64_t> shape = shapeOf(x);
    if (shape.size() != 3 || shape[0] != shapeOf(q)[0] ||
        shape[1] != shapeOf(q)[1] || count < 1 || shape[2] % count != 0 ||
        shape[2] == 0)
      node.fail("has " + what + " of shape " + listed(shape) + " for " +
                llvm::Twine(count) + " heads");
  };
  if (shapeOf(q).size() != 3)
    node.fail("expects queries of 3 dimensions, got " + listed(shapeOf(q)));
  check(q, heads, "queries");
  check(k, groups, "keys");
  check(v, groups, "values");
  const int64_t batch = shapeOf(q)[0], tokens = shapeOf(q)[1];
  const int64_t keySize = shapeOf(k)[2] / groups;
  const int64_t valueSize = shapeOf(v)[2] / groups;
  if (heads % groups != 0 || shapeOf(q)[2] / heads != keySize)
    node.fail("cannot compare " + llvm::Twine(heads) + " heads of queries of " +
              listed(shapeOf(q)) + " with " + llvm::Twine(groups) +
              " of keys of " + listed(shapeOf(k)));
  if (tokens < 1 || tokens > mostTokens)
    node.fail("has " + llvm::Twine(tokens) + " tokens; from 1 to " +
              llvm::Twine(mostTokens) + " are supported");
  Value decay, rate;
  if (decays) {
    decay = node.operand(4);
    check(decay, groups, "decays");
  }
  if (corrects) {
    rate = node.operand(5);
    check(rate, 1, "rates");
    if (shapeOf(rate)[2] != 1 && shapeOf(rate)[2] != groups)
      node.fail("has rates of shape " + listed(shapeOf(rate)) + " for " +
                llvm::Twine(groups) + " heads");
  }

  const Integers stateShape{batch, groups, keySize, valueSize};
  Value past = node.operandOrNull(3);
  if (past && shapeOf(past) != llvm::ArrayRef<int64_t>(stateShape))
    node.fail("has a state of shape " + listed(shapeOf(past)) + ", expected " +
              listed(stateShape));
  Term state{
      node,
      past ? past
           : node.splat(node.tensorType(stateShape, elementTypeOf(q)), 0.)};
  double scale = node.number("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(keySize));
  llvm::SmallVector<Value> outputs;
  for (int64_t t = 0; t < tokens; ++t) {
    if (decays)
      state = state * tokenOf(node, decay, t, groups, true).apply("exp");
    Term written = tokenOf(node, v, t, groups, false);
    if (corrects) {
      Term known = tokenOf(node, k, t, groups, false).apply("matmul", state);
      const int64_t rates = shapeOf(rate)[2] == 1 ? 1 : groups;
      written = (written - known) * tokenOf(node, rate, t, rates, true);
    }
    state = state + tokenOf(node, k, t, groups, true) * written;
    Value query = node.reshape(slice(node, q, 1, t, 1),
                               {batch, groups, heads / groups, keySize});
    Term read = Term{node, query}.apply("matmul", state) * scale;
    outputs.push_back(node.reshape(read.value, {batch, 1, heads * valueSize}));
  }
  return {outputs.size() == 1 ? outputs[0] : concat(node, outputs, 1),
          state.value};
}

//===----------------------------------------------------------------------===//
// Places of tokens
//===----------------------------------------------------------------------===//

static Results importRotaryEmbedding(Node &node) {
  Value x = node.operand(0);
  const bool packed = shapeOf(x).size() == 3;
  if (packed)
    x = splitHeads(node, x, node.integer("num_heads"));
  else
    node.ignore({"num_heads"});
  if (shapeOf(x).size() != 4)
    node.fail("expects an input of 3 or 4 dimensions, got " +
              listed(shapeOf(x)));
  Integers shape(shapeOf(x)); // b, h, q, d
  int64_t rotated = node.integer("rotary_embedding_dim", 0);
  if (rotated == 0)
    rotated = shape[3];
  if (rotated < 0 || rotated > shape[3] || rotated % 2 != 0)
    node.fail("cannot rotate " + llvm::Twine(rotated) + " of " +
              llvm::Twine(shape[3]) + " numbers");
  const int64_t half = rotated / 2;

  // The angles' cosines and sines, [b, 1, q, half], chosen by place or given
  // for each.
  auto angles = [&](size_t operand) {
    Value cache = node.operand(operand);
    if (Value places = node.operandOrNull(3))
      cache = node.create("gather", {cache, places},
                          node.attribute("axis", int64_t(0)));
    if (shapeOf(cache).size() != 3 || shapeOf(cache)[2] != half)
      node.fail("has angles of shape " + listed(shapeOf(cache)) +
                " to rotate pairs of " + llvm::Twine(half));
    return Term{node, unsqueeze(node, cache, 1)};
  };
  Term cosine = angles(1), sine = angles(2);
  const bool interleaved = node.flag("interleaved", false);
  auto part = [&](int64_t which) {
    return Term{node, interleaved ? slice(node, x, 3, which, half, 2)
                                  : slice(node, x, 3, which * half, half)};
  };
  Term a = part(0), b = part(1);
  Value real = (cosine * a - sine * b).value;
  Value imaginary = (sine * a + cosine * b).value;
  Value result;
  if (interleaved) {
    Integers joined(shape);
    joined[3] = rotated;
    result = node.reshape(
        concat(node, {unsqueeze(node, real, 4), unsqueeze(node, imaginary, 4)},
               4),
        joined);
  } else {
    result = concat(node, {real, imaginary}, 3);
  }
  if (rotated < shape[3])
    result = concat(
        node, {result, slice(node, x, 3, rotated, shape[3] - rotated)}, 3);
  return {packed ? joinHeads(node, result) : result};
}

/// Writes new tokens into a cache, at a place of its own for each batch.
static Results importTensorScatter(Node &node) {
  Value cache = node.operand(0), update = node.operand(1);
  int64_t rank = shapeOf(cache).size();
  int64_t axis = node.axis(node.integer("axis", -2), rank);
  if (int64_t(shapeOf(update).size()) != rank)
    node.fail("writes a tensor of shape " + listed(shapeOf(update)) +
              " into one of " + listed(shapeOf(cache)));
  std::string mode = node.text("mode", "linear");
  if (mode != "linear" && mode != "circular")
    node.fail("expects mode linear or circular, got " + quotation(mode));
  int64_t length = shapeOf(update)[axis];
  Term place{node, counting(node, length, axis, rank)};
  if (Value first = node.operandOrNull(2))
    place = place + Term{node, along(node, first, 0, rank)};
  if (mode == "circular")
    place = place.apply("mod", double(shapeOf(cache)[axis]));
  return {
      node.create("scatter_elements",
                  {cache, expand(node, place.value, shapeOf(update)), update},
                  {node.attribute("axis", axis),
                   node.attribute("reduction", llvm::StringRef("replace"))})};
}

llvm::ArrayRef<Operator> cim::importer::attentionOperators() {
  static const Operator operators[] = {
      {"Attention", importAttention, 4},
      {"LinearAttention", importLinearAttention, 2},
      {"RotaryEmbedding", importRotaryEmbedding},
      {"TensorScatter", importTensorScatter},
  };
  return operators;
}
