//===- DeviceErrors.h - What a device model does to cells -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_DEVICEERRORS_H
#define CIM_RUNTIME_PROGRAMMING_DEVICEERRORS_H

#include "runtime/plan/plan.pb.h"
#include "runtime/random/Coordinates.h"
#include "runtime/random/Distributions.h"

#include <optional>
#include <span>
#include <vector>

namespace cim {

/// A device model at one time and for one window, prepared to be applied to
/// many cells. The same bits on every instruction set.
class DeviceErrors {
public:
  /// The most cells at a time.
  static constexpr size_t MaximumCells = 1024;

  /// \p highest is the window's highest conductance. The device must have no
  /// problem (runtime/devices/CheckDevice.h).
  DeviceErrors(const plan::Device &device, double highest);

  /// Turns the conductances that cells [begin, begin + target.size()) are meant
  /// to have into those that they have after pulse \p pulse of a write, at
  /// least 0: programming and variation. \p at holds the cells' other
  /// coordinates; its source is not used.
  void program(random::Coordinates at, uint64_t begin,
               std::span<const float> target, unsigned pulse,
               float *conductance) const;

  /// Then into those at the device's time: drift and relaxation.
  void age(random::Coordinates at, uint64_t begin,
           std::span<const float> target, float *conductance) const;

  /// Both, one pulse each.
  void apply(const random::Coordinates &at, uint64_t begin,
             std::span<const float> target, float *conductance) const {
    program(at, begin, target, 0, conductance);
    age(at, begin, target, conductance);
  }

  /// Whether reads have noise of their own, at the device's time.
  bool hasReadNoise() const { return reads.has_value(); }
  /// The variance of a read of cells that are meant to have the conductances
  /// \p target and have \p conductance, added to \p variance times \p share.
  void addReadVariance(std::span<const float> target, const float *conductance,
                       float share, float *variance) const;

private:
  /// A standard deviation as a function of conductance.
  struct Spread {
    std::vector<float> polynomial;
    float perConductance = 1; ///< the polynomial's variable per conductance
    float amplitude = 0, saturation = 1;

    Spread(const plan::Device::Spread &spread, double highest, double factor);
    /// share times the deviations, added to \p sum.
    void addTo(std::span<const float> target, float share, float *sum) const;
  };
  struct ShareOfSpread {
    Spread spread;
    float share;
  };
  struct Exponent {
    float slope, offset, lowest, highest;
  };
  /// A standard deviation of reads as a function of conductance.
  struct Reads {
    std::optional<Spread> spread;
    float factor = 0, exponent = 0, floor = 0, cap = 0; ///< of a power law
    float perDecade = 0;
    float unit = 1;   ///< of conductances in the logarithm
    float growth = 1; ///< with time
  };
  struct Drift {
    Exponent mean, std;
    float logOfTime; ///< ln(t/t0)
  };

  float highest;
  /// One or, between two times, two.
  std::vector<ShareOfSpread> programming;
  std::optional<Spread> variation;
  std::optional<Drift> drift;
  std::optional<Reads> reads;
  bool relaxes = false;
  float relaxationMean = 0, relaxationStd = 0;
  random::Distribution normal = random::Distribution::normal();
  /// Of programming.
  random::Distribution deviate = random::Distribution::normal();
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_DEVICEERRORS_H
