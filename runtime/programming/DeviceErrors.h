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
  /// to have into those that they have, at least 0. \p at holds the cells'
  /// other coordinates; its source is not used.
  void apply(random::Coordinates at, uint64_t begin,
             std::span<const float> target, float *conductance) const;

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
  struct Drift {
    Exponent mean, std;
    float logOfTime; ///< ln(t/t0)
  };

  float highest;
  /// One or, between two times, two.
  std::vector<ShareOfSpread> programming;
  std::optional<Spread> variation;
  std::optional<Drift> drift;
  bool relaxes = false;
  float relaxationMean = 0, relaxationStd = 0;
  random::Distribution normal = random::Distribution::normal();
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_DEVICEERRORS_H
