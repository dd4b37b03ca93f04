//===- Shapes.cpp - The built-in data set of simple shapes -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// 32×32 colour images of ten classes of shapes, so that everything can be tried
// with no file at hand. An image is a pure function of its split and index:
// its own random numbers, and only operations that IEEE 754 rounds alike
// everywhere (no library function but sqrt), so that the data set is the same
// on every machine. Position, size, proportions, rotation and colours vary;
// clutter, a low contrast and noise keep it from being trivial.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/threads/Workers.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

using namespace cim;

namespace {

constexpr int side = 32;
constexpr int pixelsPerImage = 3 * side * side;
constexpr int64_t trainImages = 20'000, testImages = 5'000;

constexpr std::array classNames = {"disc",
                                   "ring",
                                   "square",
                                   "frame",
                                   "triangle",
                                   "cross",
                                   "saltire",
                                   "horizontal stripes",
                                   "vertical stripes",
                                   "checkers"};

/// The random numbers of one image: SplitMix64 (Steele, Lea and Flood, 2014),
/// which is a hash of a counter.
class Random {
public:
  Random(Split split, int64_t index)
      : state(mix((split == Split::train ? 1 : 2) * 0x9e3779b97f4a7c15ull +
                  static_cast<uint64_t>(index))) {}
  uint64_t bits() { return mix(state += 0x9e3779b97f4a7c15ull); }
  /// Uniform in [low, high).
  double uniform(double low, double high) {
    return low + (high - low) * ((bits() >> 11) * 0x1p-53);
  }
  /// Approximately normal with unit variance: four uniform bytes added.
  static double nearlyNormal(uint32_t bits) {
    const int sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) +
                    (bits >> 24 & 255);
    return (sum - 510) * (1 / 147.8);
  }

private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
  }
  uint64_t state;
};

double box(double x, double y, double width, double height) {
  return std::max(std::abs(x) - width, std::abs(y) - height);
}

/// Signed distance (negative inside, unit: the shape's radius) of a point from
/// the outline of a shape of class \p label around the origin.
double distance(int label, double x, double y) {
  switch (label) {
  case 0: // disc
    return std::sqrt(x * x + y * y) - 0.9;
  case 1: // ring
    return std::abs(std::sqrt(x * x + y * y) - 0.75) - 0.2;
  case 2: // square
    return box(x, y, 0.8, 0.8);
  case 3: // frame
    return std::abs(box(x, y, 0.7, 0.7)) - 0.18;
  case 4: // triangle, point up
    return std::max(y - 0.65, 0.866 * std::abs(x) - 0.5 * y - 0.5);
  case 5: // cross
    return std::min(box(x, y, 0.25, 0.95), box(x, y, 0.95, 0.25));
  case 6: { // saltire
    const double u = (x + y) * 0.70710678, v = (x - y) * 0.70710678;
    return std::min(box(u, v, 0.25, 1.05), box(u, v, 1.05, 0.25));
  }
  case 7: // horizontal stripes
    return std::max(box(x, y, 0.95, 0.95),
                    std::abs(std::abs(std::abs(y) - 0.36) - 0.36) - 0.19);
  case 8: // vertical stripes
    return std::max(box(x, y, 0.95, 0.95),
                    std::abs(std::abs(std::abs(x) - 0.36) - 0.36) - 0.19);
  default: { // checkers, three by three
    const double u = std::abs(std::abs(x) - 0.32), v = std::abs(y) - 0.32;
    const double inner = (std::abs(x) - 0.32) * v;
    return std::max(box(x, y, 0.95, 0.95), inner > 0
                                               ? -std::min(u, std::abs(v))
                                               : std::min(u, std::abs(v)));
  }
  }
}

/// How much of a pixel a shape covers whose outline is \p pixels away from its
/// centre.
double coverage(double pixels) { return std::clamp(0.5 - pixels, 0.0, 1.0); }

struct Colour {
  std::array<double, 3> channels;
  static Colour random(Random &random) {
    return {{random.uniform(20, 235), random.uniform(20, 235),
             random.uniform(20, 235)}};
  }
  double distanceTo(const Colour &other) const {
    double sum = 0;
    for (int c = 0; c < 3; ++c)
      sum +=
          (channels[c] - other.channels[c]) * (channels[c] - other.channels[c]);
    return std::sqrt(sum);
  }
};

/// A place for a shape: its centre, its radius in pixels, its proportions and
/// the cosine and sine of its rotation.
struct Pose {
  double x, y, radius, stretch, cosine, sine;
  Pose(Random &random, double smallest, double largest, double turn) {
    radius = random.uniform(smallest, largest);
    const double reach = (side - 1) / 2.0 - radius;
    x = (side - 1) / 2.0 + random.uniform(-reach, reach);
    y = (side - 1) / 2.0 + random.uniform(-reach, reach);
    stretch = random.uniform(0.85, 1.18);
    // The rational parametrization of the circle needs no cosine.
    const double t = random.uniform(-turn, turn);
    cosine = (1 - t * t) / (1 + t * t);
    sine = 2 * t / (1 + t * t);
  }
  /// Distance in pixels of a pixel's centre from the outline.
  double distanceTo(int label, int column, int row) const {
    const double u = (column - x) / radius, v = (row - y) / radius;
    return distance(label, (cosine * u + sine * v) * stretch,
                    (cosine * v - sine * u) / stretch) *
           radius;
  }
};

void draw(Split split, int64_t index, uint8_t *planes) {
  Random random(split, index);
  const int label = index % classNames.size();

  const Colour left = Colour::random(random), right = [&] {
    Colour other = Colour::random(random);
    for (int c = 0; c < 3; ++c) // a gentle gradient
      other.channels[c] = 0.7 * left.channels[c] + 0.3 * other.channels[c];
    return other;
  }();
  Colour ink = Colour::random(random);
  while (ink.distanceTo(left) < 55 || ink.distanceTo(right) < 55)
    ink = Colour::random(random);

  const Pose pose(random, 5, 13, 0.18);
  // Clutter: a few small shapes of other classes in other colours.
  struct Speck {
    Pose pose;
    int label;
    Colour colour;
  };
  std::vector<Speck> clutter;
  for (uint64_t i = random.bits() % 4; i > 0; --i) {
    const Pose place(random, 1.5, 3.5, 1);
    const int kind = random.bits() % 7;
    clutter.push_back({place, kind, Colour::random(random)});
  }
  const double noise = random.uniform(6, 30);

  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column) {
      const double covered = coverage(pose.distanceTo(label, column, row));
      std::array<double, 3> pixel;
      for (int c = 0; c < 3; ++c) {
        const double along = column / (side - 1.0);
        const double ground =
            left.channels[c] * (1 - along) + right.channels[c] * along;
        pixel[c] = ground + (ink.channels[c] - ground) * covered;
      }
      for (const Speck &speck : clutter) {
        const double hidden =
            coverage(speck.pose.distanceTo(speck.label, column, row));
        for (int c = 0; c < 3; ++c)
          pixel[c] += (speck.colour.channels[c] - pixel[c]) * hidden;
      }
      const uint64_t low = random.bits(), high = random.bits();
      const uint32_t draws[3] = {static_cast<uint32_t>(low),
                                 static_cast<uint32_t>(low >> 32),
                                 static_cast<uint32_t>(high)};
      for (int c = 0; c < 3; ++c)
        planes[(c * side + row) * side + column] = static_cast<uint8_t>(
            std::clamp(pixel[c] + noise * Random::nearlyNormal(draws[c]) + 0.5,
                       0.0, 255.0));
    }
}

} // namespace

LabelledImages cim::openShapes(const DataSpec &spec,
                               const DataOptions &options) {
  const int64_t all = spec.split == Split::train ? trainImages : testImages;
  const int64_t count = options.limit > 0 ? std::min(options.limit, all) : all;
  LabelledImages result;
  result.shape = {3, side, side};
  result.classes = classNames.size();
  result.classNames.assign(classNames.begin(), classNames.end());
  result.labelFile = "shapes";

  auto pixels =
      std::make_shared_for_overwrite<uint8_t[]>(count * pixelsPerImage);
  Workers workers(options.threads);
  std::atomic<int64_t> next = 0;
  workers.run([&](unsigned) {
    for (int64_t i; (i = next++) < count;)
      draw(spec.split, i, pixels.get() + i * pixelsPerImage);
  });
  for (int64_t i = 0; i < count; ++i) {
    result.images.push_back(
        reinterpret_cast<const std::byte *>(pixels.get() + i * pixelsPerImage));
    result.labels.push_back(i % classNames.size());
  }
  result.owners.push_back(pixels);
  return result;
}
