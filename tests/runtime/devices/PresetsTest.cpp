//===- PresetsTest.cpp - Presets against the published formulas -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A million draws of every preset at five conductances and three times. What
// they must be is written here as the sources have it, not read from the
// presets' files.
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "runtime/programming/DeviceErrors.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <numbers>

using namespace cim;

namespace {

constexpr double Hour = 3600, Day = 86400;

struct Moments {
  double mean, std;
};

/// Moments of function(z), z standard normal, by the trapezoidal rule.
Moments momentsOf(const std::function<double(double)> &function) {
  double first = 0, second = 0;
  constexpr double step = 1e-3;
  for (double z = -9; z <= 9; z += step) {
    double weight =
        step * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    double value = function(z);
    first += weight * value;
    second += weight * value * value;
  }
  return {first, std::sqrt(std::max(second - first * first, 0.0))};
}

/// A normal error of a conductance that cannot be negative.
Moments rectified(double g, double sigma) {
  return momentsOf([=](double z) { return std::max(g + sigma * z, 0.0); });
}

double polynomial(double x, const std::vector<double> &coefficients) {
  double sum = 0;
  for (size_t power = 0; power < coefficients.size(); ++power)
    sum += coefficients[power] * std::pow(x, double(power));
  return sum;
}

Moments pcm(double g, std::optional<double> time) {
  double x = g / 25;
  Moments programmed = rectified(g, 0.26348 + 1.9650 * x - 1.1731 * x * x);
  if (!time)
    return programmed;
  double logOf = x > 0 ? std::log(x) : -1e9;
  double mu = std::clamp(-0.0155 * logOf + 0.0244, 0.049, 0.1);
  double sigma = std::clamp(-0.0125 * logOf - 0.0059, 0.008, 0.045);
  Moments drift = momentsOf([=](double z) {
    return std::pow(*time / 20, -std::abs(mu + sigma * z));
  });
  // Independent factors.
  double mean = programmed.mean * drift.mean;
  double square =
      (programmed.mean * programmed.mean + programmed.std * programmed.std) *
      (drift.mean * drift.mean + drift.std * drift.std);
  return {mean, std::sqrt(square - mean * mean)};
}

Moments wan(double g, std::optional<double> time) {
  double t = time.value_or(1);
  double x = g / 40;
  if (t == 1)
    return rectified(g,
                     polynomial(x, {0.348, 16.030, -43.853, 45.393, -16.815}));
  if (t == Day)
    return rectified(g,
                     polynomial(x, {0.701, 22.086, -50.773, 47.095, -16.458}));
  return rectified(g, polynomial(x, {0.782, 20.274, -43.507, 37.062, -11.934}));
}

Moments milo(double g, std::optional<double>) {
  return rectified(g, 4.782321 - 0.009107 * g);
}

template <int Acceptance> Moments cmo(double g, std::optional<double> time) {
  double sigma =
      Acceptance == 20 ? 0.011219 + 0.011290 * g : 0.00081107 + 0.00106879 * g;
  if (!time)
    return {g, sigma};
  double logOf = std::log(*time);
  return {g - 0.0890 * logOf, std::hypot(sigma, 0.04201 * logOf + 0.41183)};
}

Moments sonos(double i, std::optional<double> time) {
  constexpr double a[] = {19.887, 25.591, 28.728, 31.043, 33.762, 34.579};
  constexpr double b[] = {176.31, 186.86, 193.57, 198.90, 204.77, 207.34};
  int day = int(time.value_or(0) / Day);
  return rectified(i, a[day] * (1 - std::exp(-i / b[day])));
}

Moments sotMram(double g, std::optional<double>) {
  return {g, g * std::hypot(0.001, 0.1)};
}

struct Preset {
  const char *name;
  double lowest, highest;
  std::vector<std::optional<double>> times;
  Moments (*formula)(double conductance, std::optional<double> time);
};

const Preset presets[] = {
    {"pcm-joshi2020", 0, 25, {{}, 20, Day, 365 * Day}, pcm},
    {"reram-wan2022", 0, 40, {{}, 1, Day, 2 * Day}, wan},
    {"reram-milo2021", 50, 225, {{}}, milo},
    {"reram-cmo-hfox", 9, 88.19, {{}, 1, Hour, Day}, cmo<20>},
    {"reram-cmo-hfox-fine", 9, 88.19, {{}, 1, Hour, Day}, cmo<2>},
    {"sonos-agrawal2022", 0, 3200, {{}, 0, Day, 3 * Day, 5 * Day}, sonos},
    {"sot-mram-2025", 0.4, 1, {{}}, sotMram},
};

class Presets : public testing::TestWithParam<Preset> {};

TEST_P(Presets, AgreeWithTheirFormula) {
  const Preset &preset = GetParam();
  constexpr int levels = 5;
  constexpr uint64_t draws = 1'000'000, block = 1000;
  for (std::optional<double> time : preset.times) {
    plan::Device device = resolveDevice({.name = preset.name, .time = time});
    EXPECT_DOUBLE_EQ(device.lowest_conductance(), preset.lowest);
    EXPECT_DOUBLE_EQ(device.highest_conductance(), preset.highest);
    DeviceErrors errors(device, preset.highest);
    for (int level = 0; level < levels; ++level) {
      double g = preset.lowest +
                 (preset.highest - preset.lowest) * level / (levels - 1);
      std::vector<float> target(block, float(g)), conductance(block);
      double first = 0, second = 0;
      for (uint64_t cell = 0; cell < draws; cell += block) {
        errors.apply({.seed = 7, .layer = uint32_t(level)}, cell, target,
                     conductance.data());
        for (float value : conductance) {
          first += value - g;
          second += (value - g) * (value - g);
        }
      }
      double mean = first / draws;
      double std = std::sqrt(second / draws - mean * mean);
      Moments expected = preset.formula(g, time);
      // Five standard errors, more for long tails; what single precision
      // rounds; and normal draws end at 6.66.
      double error = expected.std / std::sqrt(double(draws));
      EXPECT_NEAR(g + mean, expected.mean, 5 * error + 1e-6 * g + 1e-9)
          << preset.name << " at " << g << ", " << time.value_or(-1) << " s";
      EXPECT_NEAR(std, expected.std, 7 * error + 1e-6 * expected.std + 1e-9)
          << preset.name << " at " << g << ", " << time.value_or(-1) << " s";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Presets, testing::ValuesIn(presets),
                         [](const auto &info) {
                           std::string name = info.param.name;
                           for (char &c : name)
                             c = c == '-' ? '_' : c;
                           return name;
                         });

double growthOfReads(double time, double sampling) {
  return std::sqrt(std::log((time + sampling) / (2 * sampling)));
}

/// The standard deviation of a read, of cells that drifted by some percent.
TEST(Presets, ReadNoiseAgreesWithItsFormula) {
  struct Case {
    const char *name;
    double highest;
    std::function<double(double meant, double g, double time)> sigma;
  };
  auto cmo = [](double, double g, double time) {
    return 0.02773 * std::max(std::log10(g), 0.0) * growthOfReads(time, 1e-6);
  };
  const Case cases[] = {
      {"pcm-joshi2020", 25,
       [](double meant, double g, double time) {
         const double x = meant / 25;
         return g * std::min(0.0088 / std::max(std::pow(x, 0.65), 1e-3), 0.2) *
                growthOfReads(time, 250e-9);
       }},
      {"reram-cmo-hfox", 88.19, cmo},
      {"reram-cmo-hfox-fine", 88.19, cmo},
      {"sonos-agrawal2022", 3200,
       [](double, double i, double) {
         return 12.580 * (1 - std::exp(-i / 215.37));
       }},
  };
  for (const Case &preset : cases)
    for (double time : {20.0, Hour, 2 * Day})
      for (double share : {0.0, 0.01, 0.3, 0.7, 1.0}) {
        const DeviceErrors errors(
            resolveDevice({.name = preset.name, .time = time}), preset.highest);
        ASSERT_TRUE(errors.hasReadNoise()) << preset.name;
        const float meant = float(share * preset.highest), g = 0.93f * meant;
        float variance = 1;
        errors.addReadVariance({&meant, 1}, &g, 4, &variance);
        const double sigma = preset.sigma(meant, g, time);
        EXPECT_NEAR(variance, 1 + 4 * sigma * sigma,
                    2e-5 * (1 + 4 * sigma * sigma))
            << preset.name << " at " << g << ", " << time << " s";
      }
  // Without a time, there is the error of programming only.
  EXPECT_FALSE(DeviceErrors(resolveDevice({.name = "pcm-joshi2020"}), 25)
                   .hasReadNoise());
}

/// A measured distribution takes the place of the normal one.
TEST(Presets, MeasuredDistributions) {
  plan::Device device = resolveDevice({.name = "reram-milo2021"});
  for (double probability : {0.0, 0.5, 0.5, 1.0})
    device.add_deviation_probability(probability);
  for (double value : {-2.0, -2.0, 1.0, 1.0}) // one of two, equally often
    device.add_deviation_value(value);
  std::vector<float> target(1000, 100), conductance(1000);
  DeviceErrors(device, 225).apply({}, 0, target, conductance.data());
  const double sigma = 4.782321 - 0.9107;
  int low = 0;
  for (float value : conductance) {
    const bool isLow = value < 100;
    EXPECT_NEAR(value, 100 + (isLow ? -2 : 1) * sigma, 1e-4);
    low += isLow;
  }
  EXPECT_NEAR(low, 500, 80);
}

/// The same cell at several times has the same draws.
TEST(Presets, OneChipAtSeveralTimes) {
  std::vector<float> target(100, 20), earlier(100), later(100);
  auto at = [&](double time, float *conductance) {
    DeviceErrors(resolveDevice({.name = "pcm-joshi2020", .time = time}), 25)
        .apply({.seed = 3}, 0, target, conductance);
  };
  at(20, earlier.data());
  at(40, later.data());
  // G(t0) 2^-nu, nu from 0 to mu + 6.7 sigma.
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(later[i], earlier[i] * 1.00001);
    EXPECT_GT(later[i], earlier[i] * std::pow(2, -0.11));
  }
}

/// Every preset with numbers is in the table above.
TEST(Presets, AreAllTested) {
  for (const DeviceModel &model : deviceModels()) {
    bool isTested =
        std::any_of(std::begin(presets), std::end(presets), [&](auto &preset) {
          return preset.name == model.device.name();
        });
    EXPECT_NE(isTested, !model.blankLines.empty()) << model.device.name();
  }
}

/// For another window, a fraction of it has the same relative error.
TEST(Presets, ScaleWithTheWindow) {
  plan::Device device = resolveDevice({.name = "reram-wan2022"});
  std::vector<float> conductance(3), scaled(3);
  DeviceErrors(device, 40)
      .apply({}, 0, std::vector<float>{4, 20, 40}, conductance.data());
  DeviceErrors(device, 100)
      .apply({}, 0, std::vector<float>{10, 50, 100}, scaled.data());
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(scaled[i], 2.5 * conductance[i], 1e-4);
}

/// Between two times, errors grow with time or with its logarithm.
TEST(Presets, GrowBetweenTheirTimes) {
  auto sigma = [](const std::string &name, double time) {
    plan::Device device = resolveDevice({.name = name, .time = time});
    float conductance;
    DeviceErrors(device, device.highest_conductance())
        .apply({}, 0, std::vector<float>{15}, &conductance);
    return conductance - 15;
  };
  EXPECT_NEAR(sigma("reram-wan2022", std::sqrt(Day)),
              (sigma("reram-wan2022", 1) + sigma("reram-wan2022", Day)) / 2,
              1e-5);
  EXPECT_NEAR(
      sigma("sonos-agrawal2022", 1.5 * Day),
      (sigma("sonos-agrawal2022", Day) + sigma("sonos-agrawal2022", 2 * Day)) /
          2,
      1e-5);
}

} // namespace
