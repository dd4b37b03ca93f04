//===- Elementwise.cpp - Element by element -------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <cmath>

namespace cim::reference {

namespace {

/// y = function(x), of doubles or of integers with or without a sign.
template <typename Function>
void unary(const Arguments &arguments, Function function) {
  withElements(arguments[0], arguments.result, [&](auto &x, auto &y) {
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = function(x[i]);
  });
}

/// result = function(a, b) with broadcasting, where the operands hold T.
template <typename T, typename Result, typename Function>
void broadcast(const Arguments &arguments, Function function) {
  const Tensor &a = arguments[0], &b = arguments[1];
  const std::span<const T> valuesA = elements<T>(a), valuesB = elements<T>(b);
  const Extents &shape = arguments.result.shape;
  const std::span<Result> result = makeRoom<Result>(arguments.result);
  if (a.shape == b.shape) { // the usual case, worth a loop of its own
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = function(valuesA[i], valuesB[i]);
    return;
  }
  forEach<2>(
      shape,
      {broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)},
      [&](int64_t i, const std::array<int64_t, 2> &at) {
        result[i] = function(valuesA[at[0]], valuesB[at[1]]);
      });
}

/// A result of the operands' kind.
template <typename Function>
void binary(const Arguments &arguments, Function function) {
  withType(arguments[0].kind, [&](auto zero) {
    using T = decltype(zero);
    broadcast<T, T>(arguments, function);
  });
}

/// A boolean result.
template <typename Function>
void comparison(const Arguments &arguments, Function function) {
  withType(arguments[0].kind, [&](auto zero) {
    broadcast<decltype(zero), int64_t>(arguments, function);
  });
}

double divide(double a, double b) { return a / b; }
uint64_t divide(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : a / b; // ONNX leaves it undefined
}
int64_t divide(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  return b == -1 ? wrappingMultiply(a, b) : a / b;
}

/// C's fmod: the sign of the dividend.
double remainder(double a, double b) { return std::fmod(a, b); }
uint64_t remainder(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; }
/// Python's %: the sign of the divisor.
int64_t remainder(int64_t a, int64_t b) {
  if (b == 0 || b == -1)
    return 0;
  int64_t result = a % b;
  return result != 0 && (result < 0) != (b < 0) ? result + b : result;
}

double power(double a, double b) { return std::pow(a, b); }
uint64_t power(uint64_t a, uint64_t b) {
  uint64_t result = 1;
  for (; b != 0; b /= 2) {
    if (b % 2)
      result *= a;
    a *= a;
  }
  return result;
}
int64_t power(int64_t a, int64_t b) {
  if (b < 0) // a reciprocal, towards zero
    return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  return static_cast<int64_t>(
      power(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}

double magnitude(double x) { return std::fabs(x); } // of −0 too
uint64_t magnitude(uint64_t x) { return x; }
int64_t magnitude(int64_t x) {
  return x < 0 ? wrappingMultiply(x, int64_t(-1)) : x;
}

/// \p value as another type. Negative numbers become unsigned integers as
/// negative integers do.
template <typename To, typename From> To converted(From value) {
  if constexpr (!std::is_same_v<From, double>)
    return static_cast<To>(value);
  else if (std::is_unsigned_v<To> && value < 0)
    return static_cast<To>(saturated<int64_t>(value));
  else
    return saturated<To>(value);
}

} // namespace

//===----------------------------------------------------------------------===//
// Functions of one element
//===----------------------------------------------------------------------===//

// The comparisons are written so that NaN stays NaN.

void relu(const Arguments &arguments) {
  unary(arguments, [](auto x) { return x < 0 ? decltype(x)(0) : x; });
}

void leakyRelu(const Arguments &arguments) {
  double alpha = arguments.number("alpha");
  unary(arguments, [=](double x) { return x < 0 ? alpha * x : x; });
}

void clip(const Arguments &arguments) {
  double lowest = arguments.number("lowest");
  double highest = arguments.number("highest");
  withElements(arguments[0], arguments.result, [&](auto &x, auto &y) {
    using T = typename std::decay_t<decltype(y)>::value_type;
    // Bounds that no integer has (not whole, infinite) move inwards.
    constexpr bool isFloat = std::is_same_v<T, double>;
    const T low = saturated<T>(isFloat ? lowest : std::ceil(lowest));
    const T high = saturated<T>(isFloat ? highest : std::floor(highest));
    for (size_t i = 0; i < y.size(); ++i) {
      const T raised = x[i] < low ? low : x[i];
      y[i] = raised > high ? high : raised;
    }
  });
}

void sigmoid(const Arguments &arguments) {
  unary(arguments, [](double x) { return 1 / (1 + std::exp(-x)); });
}
void tanh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::tanh(x); });
}
void exp(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::exp(x); });
}
void log(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::log(x); });
}
void sqrt(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::sqrt(x); });
}
void sin(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::sin(x); });
}
void cos(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::cos(x); });
}
void tan(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::tan(x); });
}
void asin(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::asin(x); });
}
void acos(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::acos(x); });
}
void atan(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::atan(x); });
}
void sinh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::sinh(x); });
}
void cosh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::cosh(x); });
}
void asinh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::asinh(x); });
}
void acosh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::acosh(x); });
}
void atanh(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::atanh(x); });
}
void floor(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::floor(x); });
}
void ceil(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::ceil(x); });
}
void erf(const Arguments &arguments) {
  unary(arguments, [](double x) { return std::erf(x); });
}
void round(const Arguments &arguments) { // halves to even
  unary(arguments, [](double x) { return std::nearbyint(x); });
}
void reciprocal(const Arguments &arguments) {
  unary(arguments, [](double x) { return 1 / x; });
}

void neg(const Arguments &arguments) {
  unary(arguments, [](auto x) { return wrappingMultiply(x, decltype(x)(-1)); });
}
void abs(const Arguments &arguments) {
  unary(arguments, [](auto x) { return magnitude(x); });
}
void logicalNot(const Arguments &arguments) {
  if (arguments[0].kind == Kind::boolean)
    unary(arguments, [](int64_t x) { return int64_t(x == 0); });
  else
    unary(arguments, [](int64_t x) { return ~x; });
}

//===----------------------------------------------------------------------===//
// Functions of two elements
//===----------------------------------------------------------------------===//

void add(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return wrappingAdd(a, b); });
}
void sub(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) {
    if constexpr (std::is_same_v<decltype(a), double>)
      return a - b;
    else
      return wrappingAdd(a, wrappingMultiply(b, decltype(b)(-1)));
  });
}
void mul(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return wrappingMultiply(a, b); });
}
void div(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return divide(a, b); });
}
void pow(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return power(a, b); });
}
void mod(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return remainder(a, b); });
}

// a ≠ a is how NaN shows, which prevails.
void min(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return a < b || a != a ? a : b; });
}
void max(const Arguments &arguments) {
  binary(arguments, [](auto a, auto b) { return a > b || a != a ? a : b; });
}

void equal(const Arguments &arguments) {
  comparison(arguments, [](auto a, auto b) { return a == b; });
}
void less(const Arguments &arguments) {
  comparison(arguments, [](auto a, auto b) { return a < b; });
}
void greater(const Arguments &arguments) {
  comparison(arguments, [](auto a, auto b) { return a > b; });
}
// A boolean is a number of one bit.
void logicalAnd(const Arguments &arguments) {
  broadcast<int64_t, int64_t>(arguments,
                              [](int64_t a, int64_t b) { return a & b; });
}
void logicalOr(const Arguments &arguments) {
  broadcast<int64_t, int64_t>(arguments,
                              [](int64_t a, int64_t b) { return a | b; });
}

//===----------------------------------------------------------------------===//
// Others
//===----------------------------------------------------------------------===//

void where(const Arguments &arguments) {
  const Tensor &condition = arguments[0], &a = arguments[1], &b = arguments[2];
  const Extents &shape = arguments.result.shape;
  std::array strides = {broadcastStrides(condition.shape, shape),
                        broadcastStrides(a.shape, shape),
                        broadcastStrides(b.shape, shape)};
  withElements(a, arguments.result, [&](auto &valuesA, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    const std::span<const T> valuesB = elements<T>(b);
    forEach<3>(shape, strides,
               [&](int64_t i, const std::array<int64_t, 3> &at) {
                 result[i] = condition.integers[at[0]] ? valuesA[at[1]]
                                                       : valuesB[at[2]];
               });
  });
}

void cast(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  withType(x.kind, [&](auto from) {
    withType(y.kind, [&](auto to) {
      using To = decltype(to);
      const auto numbers = elements<decltype(from)>(x);
      const std::span<To> results = makeRoom<To>(y);
      for (size_t i = 0; i < results.size(); ++i)
        results[i] = y.kind == Kind::boolean ? To(numbers[i] != 0)
                                             : converted<To>(numbers[i]);
    });
  });
}

} // namespace cim::reference
