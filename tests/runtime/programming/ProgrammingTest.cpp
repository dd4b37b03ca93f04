//===- ProgrammingTest.cpp - What writing does to weights -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Programming.h"
#include "runtime/programming/Codebook.h"
#include "runtime/random/DrawTable.h"
#include "tests/runtime/programming/ReferenceWrite.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

using namespace cim;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// A convolution whose channels have ranges of their own, some of them flat.
struct Example {
  plan::Layer layer;
  Tensor weights;

  Example() {
    std::mt19937 generator(5);
    std::normal_distribution<float> normal;
    std::vector<float> values(12 * 7 * 3 * 5);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = normal(generator) * float(1 + i / 105) + 0.5f;
    std::fill_n(values.begin() + 2 * 105, 105, 0.75f);
    weights = makeTensor({12, 7, 3, 5}, values);
    layer.set_name("layer1.0.conv1");
    layer.set_index(3);
    for (int64_t dimension : weights.shape)
      layer.add_shape(dimension);
  }
};

/// One layer for every option and for combinations of them.
std::vector<std::pair<std::string, plan::Layer>> everyOption() {
  std::vector<std::pair<std::string, plan::Layer>> result;
  auto add = [&](const std::string &name, const auto &...changes) {
    plan::Layer layer = Example().layer;
    (changes(layer), ...);
    result.emplace_back(name, layer);
  };
  auto quantize = [](plan::Quantize::Mode mode, unsigned bits,
                     bool perChannel = false, unsigned axis = 0) {
    return [=](plan::Layer &layer) {
      layer.mutable_quantize()->set_mode(mode);
      layer.mutable_quantize()->set_bits(bits);
      layer.mutable_quantize()->set_percentile(97.3);
      layer.mutable_quantize()->set_per_channel(perChannel);
      layer.set_channel_axis(axis);
    };
  };
  auto levels = [](plan::Layer &layer) {
    layer.mutable_quantize()->set_mode(plan::Quantize::LEVELS);
    for (double level : {-3.0, -1.0, 0.1, 0.2, 2.0})
      layer.mutable_quantize()->add_levels(level);
  };
  auto noise = [](plan::Noise::Distribution distribution, plan::Unit unit,
                  double parameter = 0) {
    return [=](plan::Layer &layer) {
      layer.mutable_noise()->set_distribution(distribution);
      layer.mutable_noise()->set_width(0.3);
      layer.mutable_noise()->set_unit(unit);
      layer.mutable_noise()->set_parameter(parameter);
      if (distribution == plan::Noise::EMPIRICAL)
        for (double p : {0.0, 0.25, 0.25, 1.0}) {
          layer.mutable_noise()->add_quantile_probability(p);
          layer.mutable_noise()->add_quantile_value(p * p * 4 - 1);
        }
    };
  };
  auto noiseLevels = [](plan::Layer &layer) {
    for (double factor : {1.0, 0.2, 3.0})
      layer.mutable_noise()->add_level_factor(factor);
  };
  auto shift = [](double amount, plan::Unit unit) {
    return [=](plan::Layer &layer) {
      layer.mutable_shift()->set_amount(amount);
      layer.mutable_shift()->set_unit(unit);
    };
  };
  auto shiftLevels = [](plan::Layer &layer) {
    for (double factor : {1.0, -2.0, 0.5, 4.0})
      layer.mutable_shift()->add_level_factor(factor);
  };
  auto faults = [](double low, double high, double flip) {
    return [=](plan::Layer &layer) {
      layer.mutable_faults()->set_low(low);
      layer.mutable_faults()->set_high(high);
      layer.mutable_faults()->set_flip(flip);
    };
  };
  using Q = plan::Quantize;
  using N = plan::Noise;
  constexpr auto qs = plan::QUANTIZATION_STEP;
  constexpr auto ns = plan::NORMALISED_SCALE;
  constexpr auto absolute = plan::ABSOLUTE;
  add("nothing");
  for (unsigned bits : {1u, 2u, 5u, 8u, 16u})
    add("minmax", quantize(Q::MINMAX, bits));
  for (unsigned bits : {2u, 3u, 5u, 16u}) {
    add("symmetric", quantize(Q::SYMMETRIC, bits));
    add("percentile", quantize(Q::PERCENTILE, bits));
  }
  for (unsigned axis : {0u, 1u, 2u, 3u}) {
    add("minmax per channel", quantize(Q::MINMAX, 5, true, axis));
    add("percentile per channel, errors",
        quantize(Q::PERCENTILE, 5, true, axis), noise(N::NORMAL, ns),
        shift(-0.1, qs), faults(0.1, 0.2, 0.05));
  }
  add("levels", levels);
  add("levels, errors", levels, noise(N::NORMAL, qs), shift(0.5, qs),
      faults(0, 0, 0.3));
  for (auto unit : {ns, absolute}) {
    add("normal", noise(N::NORMAL, unit));
    add("uniform", noise(N::UNIFORM, unit));
    add("laplace", noise(N::LAPLACE, unit));
    add("lognormal", noise(N::LOGNORMAL, unit, 0.7));
    add("student-t", noise(N::STUDENT_T, unit, 5));
    add("empirical", noise(N::EMPIRICAL, unit));
  }
  add("normal qs", quantize(Q::MINMAX, 5), noise(N::NORMAL, qs));
  add("normal per level", quantize(Q::SYMMETRIC, 4), noise(N::NORMAL, qs),
      noiseLevels);
  add("normal per level of float weights", noise(N::NORMAL, ns), noiseLevels);
  add("per channel and level", quantize(Q::MINMAX, 4, true),
      noise(N::NORMAL, ns), noiseLevels, shift(0.1, ns), shiftLevels);
  add("shift up", quantize(Q::MINMAX, 5), shift(1.0 / 64, qs));
  add("shift down", quantize(Q::MINMAX, 5), shift(-1.0 / 64, qs));
  add("shift ns", shift(0.01, ns));
  add("shift abs", shift(-0.01, absolute));
  add("shift per level", quantize(Q::MINMAX, 5), shift(1, qs), shiftLevels);
  add("stuck", faults(0.1, 0.3, 0));
  add("all low", faults(1, 0, 0));
  add("all high", faults(0, 1, 0));
  add("all stuck", faults(0.5, 0.5, 0));
  add("flip minmax", quantize(Q::MINMAX, 5), faults(0, 0, 0.1));
  add("flip symmetric", quantize(Q::SYMMETRIC, 5), faults(0, 0, 0.1));
  add("flip all", quantize(Q::MINMAX, 16), faults(0, 0, 1));
  add("everything", quantize(Q::SYMMETRIC, 6, true), noise(N::LAPLACE, qs),
      noiseLevels, shift(0.2, ns), shiftLevels, faults(0.05, 0.05, 0.02));
  return result;
}

std::vector<float> write(const LayerProgram &program, const Chip &chip,
                         size_t count) {
  std::vector<float> written(count);
  program.write(chip, 0, written);
  return written;
}

constexpr Chip chip{.seed = 12, .trial = 34, .epoch = 5};

TEST(Programming, EveryOptionFollowsTheReference) {
  Example example;
  std::span<const float> weights = example.weights.as<float>();
  for (const auto &[name, layer] : everyOption()) {
    LayerProgram program(layer, example.weights);
    std::vector<float> written = write(program, chip, weights.size());
    std::vector<double> reference = referenceWrite(layer, weights, chip);
    for (size_t cell = 0; cell < weights.size(); ++cell)
      ASSERT_NEAR(written[cell], reference[cell],
                  2e-6 * std::max(10.0, std::abs(reference[cell])))
          << name << ", cell " << cell << ": " << layer.ShortDebugString();
  }
}

struct DrawKernelsGuard {
  ~DrawKernelsGuard() { random::setDrawKernels(nullptr); }
};

TEST(Programming, SameBitsOnEveryInstructionSetAndForAnySplit) {
  DrawKernelsGuard guard;
  Example example;
  size_t count = example.weights.elements();
  std::mt19937 generator(1);
  for (const auto &[name, layer] : everyOption()) {
    LayerProgram program(layer, example.weights);
    random::setDrawKernels(&random::baselineDraws);
    std::vector<float> baseline = write(program, chip, count);
    random::setDrawKernels(nullptr);
    std::vector<float> fastest = write(program, chip, count);
    std::vector<float> parts(count);
    for (size_t begin = 0; begin < count;) {
      size_t cells = std::min<size_t>(generator() % 200, count - begin);
      program.write(chip, begin, std::span(parts).subspan(begin, cells));
      begin += cells;
    }
    EXPECT_EQ(std::memcmp(baseline.data(), fastest.data(), count * 4), 0)
        << name;
    EXPECT_EQ(std::memcmp(parts.data(), fastest.data(), count * 4), 0) << name;
  }
}

TEST(Programming, ChipsDifferExactlyWhenSomethingIsRandom) {
  Example example;
  size_t count = example.weights.elements();
  for (const auto &[name, layer] : everyOption()) {
    LayerProgram program(layer, example.weights);
    std::vector<float> first = write(program, {.trial = 0}, count);
    bool same = first == write(program, {.trial = 1}, count);
    bool sameEpoch = first == write(program, {.epoch = 1}, count);
    bool canDiffer =
        !(layer.faults().low() == 1 || layer.faults().high() == 1 ||
          layer.faults().flip() == 1);
    if (program.isDeterministic() || canDiffer) {
      EXPECT_EQ(same, program.isDeterministic()) << name;
      EXPECT_EQ(sameEpoch, program.isDeterministic()) << name;
    }
    EXPECT_EQ(first, write(program, {.trial = 0}, count)) << name;
  }
}

/// The definition by hand: halves go to the even level.
TEST(Programming, HalvesRoundToEven) {
  plan::Layer layer;
  layer.add_shape(8);
  layer.mutable_quantize()->set_bits(3); // levels 0 to 7
  Tensor weights = makeTensor(
      {8}, std::vector<float>{0, 7, 0.5f, 1.5f, 2.5f, 3.5f, 0.49f, 6.51f});
  LayerProgram program(layer, weights);
  EXPECT_THAT(write(program, {}, 8), ElementsAre(0, 7, 0, 2, 2, 4, 0, 7));
  layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
  layer.mutable_quantize()->set_bits(4); // levels -7 to 7
  LayerProgram symmetric(layer, weights);
  EXPECT_THAT(write(symmetric, {}, 8), ElementsAre(0, 7, 0, 2, 2, 4, 0, 7));
}

TEST(Programming, NoiseHasItsWidth) {
  std::vector<float> values(200000, 0);
  values[0] = -1;
  values[1] = 3; // range 4
  plan::Layer layer;
  layer.add_shape(int64_t(values.size()));
  layer.mutable_quantize()->set_bits(5);
  layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
  layer.mutable_noise()->set_width(0.25);
  auto spread = [&](plan::Unit unit) {
    layer.mutable_noise()->set_unit(unit);
    LayerProgram program(layer, makeTensor({int64_t(values.size())}, values));
    std::vector<float> written = write(program, {}, values.size());
    double squares = 0;
    for (size_t i = 2; i < written.size(); ++i)
      squares += double(written[i]) * written[i];
    return std::sqrt(squares / double(written.size()));
  };
  double tolerance = 5 / std::sqrt(2.0 * double(values.size()));
  EXPECT_NEAR(spread(plan::QUANTIZATION_STEP) / (0.25 * 3 / 15), 1, tolerance);
  EXPECT_NEAR(spread(plan::NORMALISED_SCALE) / (0.25 * 4), 1, tolerance);
  EXPECT_NEAR(spread(plan::ABSOLUTE) / 0.25, 1, tolerance);
}

TEST(Programming, FaultsHaveTheirFractions) {
  std::vector<float> values(100000);
  std::iota(values.begin(), values.end(), 0.0f);
  plan::Layer layer;
  layer.add_shape(int64_t(values.size()));
  layer.mutable_faults()->set_low(0.02);
  layer.mutable_faults()->set_high(0.1);
  LayerProgram program(layer, makeTensor({int64_t(values.size())}, values));
  std::vector<float> written = write(program, {}, values.size());
  double low = double(std::count(written.begin(), written.end(), 0.0f));
  double high = double(std::count(written.begin(), written.end(), 99999.0f));
  EXPECT_NEAR(low, 2000, 5 * std::sqrt(2000));
  EXPECT_NEAR(high, 10000, 5 * std::sqrt(10000));
}

TEST(Programming, FlipsHitEveryBitAlike) {
  std::vector<float> values(100000, 0);
  values[1] = 255; // 8 bits: levels 0 to 255
  plan::Layer layer;
  layer.add_shape(int64_t(values.size()));
  layer.mutable_quantize()->set_bits(8);
  layer.mutable_faults()->set_flip(0.03);
  LayerProgram program(layer, makeTensor({int64_t(values.size())}, values));
  std::vector<float> written = write(program, {}, values.size());
  for (int bit = 0; bit < 8; ++bit) {
    double count = 0;
    for (size_t i = 2; i < written.size(); ++i)
      count += int(written[i]) >> bit & 1;
    EXPECT_NEAR(count, 3000, 5 * std::sqrt(3000)) << bit;
  }
}

TEST(Programming, LloydWritesTheCodebooksLevels) {
  Example example;
  example.layer.mutable_quantize()->set_mode(plan::Quantize::LLOYD);
  example.layer.mutable_quantize()->set_bits(3);
  std::span<const float> weights = example.weights.as<float>();
  Codebook codebook = Codebook::lloyd(weights, 8);
  LayerProgram program(example.layer, example.weights);
  std::vector<float> written = write(program, chip, weights.size());
  for (size_t cell = 0; cell < weights.size(); ++cell)
    ASSERT_EQ(written[cell], float(codebook[codebook.nearest(weights[cell])]));
}

/// All weights equal: no range, so they stay, and the user is told.
TEST(Programming, WeightsWithoutARangeStay) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(4);
  layer.mutable_quantize()->set_bits(5);
  layer.mutable_noise()->set_width(0.5);
  layer.mutable_shift()->set_amount(1);
  layer.mutable_faults()->set_low(0.5);
  layer.mutable_faults()->set_flip(0.5);
  Tensor weights = makeTensor({4}, std::vector<float>(4, 0.3f));
  for (auto mode : {plan::Quantize::MINMAX, plan::Quantize::SYMMETRIC,
                    plan::Quantize::PERCENTILE, plan::Quantize::LLOYD}) {
    layer.mutable_quantize()->set_mode(mode);
    layer.mutable_quantize()->set_percentile(99);
    LayerProgram program(layer, weights);
    EXPECT_THAT(write(program, {}, 4), ElementsAre(0.3f, 0.3f, 0.3f, 0.3f));
    ASSERT_EQ(program.warnings().size(), 1u);
    EXPECT_THAT(program.warnings()[0], HasSubstr("layer 'fc': its range is 0"));
  }
}

TEST(Programming, EveryErrorInNsNeedsARange) {
  plan::Layer plain;
  plain.set_name("fc");
  plain.add_shape(4);
  std::vector<plan::Layer> layers(4, plain);
  layers[0].mutable_noise()->set_width(0.5);
  layers[0].mutable_noise()->set_unit(plan::NORMALISED_SCALE);
  layers[1].mutable_shift()->set_amount(1);
  layers[1].mutable_shift()->set_unit(plan::NORMALISED_SCALE);
  layers[2].mutable_correlated()->set_die(0.5);
  layers[2].mutable_correlated()->set_unit(plan::NORMALISED_SCALE);
  layers[3].mutable_read_disturb()->set_amount(1);
  layers[3].mutable_read_disturb()->set_per(1);
  layers[3].mutable_read_disturb()->set_reads(1);
  layers[3].mutable_read_disturb()->set_unit(plan::NORMALISED_SCALE);
  const Tensor weights = makeTensor({4}, std::vector<float>(4, 0.3f));
  EXPECT_THAT(LayerProgram(plain, weights).warnings(), IsEmpty());
  for (const plan::Layer &layer : layers)
    EXPECT_THAT(LayerProgram(layer, weights).warnings(),
                ElementsAre(HasSubstr("layer 'fc': its range is 0")));
}

TEST(Programming, WarningsCountFlatChannels) {
  Example example;
  example.layer.mutable_quantize()->set_bits(5);
  EXPECT_THAT(LayerProgram(example.layer, example.weights).warnings(),
              IsEmpty());
  example.layer.mutable_quantize()->set_per_channel(true);
  LayerProgram program(example.layer, example.weights);
  ASSERT_EQ(program.warnings().size(), 1u);
  EXPECT_THAT(program.warnings()[0], HasSubstr("1 of its 12 channels"));
}

TEST(Programming, WidthZeroIsNoNoise) {
  Example example;
  example.layer.mutable_noise()->set_width(0);
  example.layer.mutable_noise()->set_unit(plan::ABSOLUTE);
  LayerProgram program(example.layer, example.weights);
  EXPECT_TRUE(program.isDeterministic());
  std::span<const float> weights = example.weights.as<float>();
  EXPECT_EQ(write(program, {}, weights.size()),
            std::vector<float>(weights.begin(), weights.end()));
}

TEST(Programming, NoWeights) {
  plan::Layer layer;
  layer.add_shape(int64_t(1) << 40);
  layer.add_shape(0);
  layer.mutable_quantize()->set_bits(5);
  layer.mutable_quantize()->set_per_channel(true);
  LayerProgram program(layer, makeTensor({int64_t(1) << 40, 0}, {}));
  EXPECT_THAT(write(program, {}, 0), IsEmpty());
}

/// Published results depend on these: they never change.
TEST(Programming, GoldenValues) {
  std::vector<float> weights(1000);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = float(i * 31 % 97) / 16 - 2;
  plan::Layer layer;
  layer.set_index(2);
  layer.add_shape(1000);
  layer.mutable_quantize()->set_bits(5);
  layer.mutable_noise()->set_width(0.25);
  LayerProgram program(layer, makeTensor({1000}, weights));
  float written[2];
  program.write({.seed = 0, .trial = 0}, 0, {&written[0], 1});
  program.write({.seed = 1, .trial = 9, .epoch = 1}, 999, {&written[1], 1});
  EXPECT_EQ(written[0], -0x1.105ff2p+1f);
  EXPECT_EQ(written[1], -0x1.e3dc3cp-2f);
}

} // namespace
