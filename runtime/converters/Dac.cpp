//===- Dac.cpp - What DACs make of a layer's inputs -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/Dac.h"

#include "runtime/converters/Mismatch.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace cim;

Dac::Dac(const plan::Dac &dac)
    : range(dac.range()), bits(magnitudeBits(dac)),
      highestCode((int64_t(1) << bits) - 1), serial(dac.serial()),
      curveInput(dac.curve_input().begin(), dac.curve_input().end()),
      curveCurrent(dac.curve_current().begin(), dac.curve_current().end()) {
  assert(dac.has_range() && dac.has_is_signed() && bits > 0);
  lowestCode = dac.is_signed() ? -highestCode : 0;
}

int64_t Dac::code(double input) const {
  const double wanted = input / step();
  if (std::isnan(wanted))
    return notANumber;
  return std::llrint(
      std::clamp(wanted, double(lowestCode), double(highestCode)));
}

bool Dac::clips(double input) const {
  const double wanted = input / step();
  return wanted > highestCode + 0.5 || wanted < lowestCode - 0.5;
}

double Dac::drive(int64_t code, unsigned which) const {
  if (code == notANumber)
    return std::numeric_limits<double>::quiet_NaN();
  if (serial) {
    const bool isSet = std::abs(code) >> which & 1;
    return isSet ? (code < 0 ? -range : range) : 0;
  }
  if (curveInput.empty())
    return step() * code;
  const double share = double(code) / highestCode;
  const bool isMirrored = share < 0 && curveInput.front() == 0;
  const double current =
      interpolate(curveInput, curveCurrent, isMirrored ? -share : share);
  return range * (isMirrored ? -current : current);
}

double Dac::significance(unsigned which) const {
  return serial ? std::exp2(which) / highestCode : 1;
}

double Dac::bent(int64_t code) const {
  const double share = double(code) / highestCode;
  return step() * bendOfOneCode * (share - share * share * share);
}

DacBank::DacBank(const plan::Layer &asked)
    : layer(asked), matrix(layer),
      rows(size_t(layer.crossbar().matrix_rows()) * layer.crossbar().groups()) {
}

void DacBank::draw(const Chip &chip) {
  using random::Source;
  const plan::Dac &dac = layer.dac();
  const double step = Dac(dac).step();
  std::vector<float> draws(rows.size());
  auto drawInto = [&](float DacRow::*field, Source source, double width) {
    drawMismatch(chip, layer.index(), source, 0, width, draws);
    for (size_t row = 0; row < rows.size(); ++row)
      rows[row].*field = draws[row];
  };
  drawInto(&DacRow::gain, Source::dacGain, dac.gain_mismatch());
  drawInto(&DacRow::offset, Source::dacOffset, dac.offset_mismatch() * step);
  drawInto(&DacRow::bend, Source::dacNonlinearity, dac.nonlinearity_mismatch());
}

double cim::interpolate(std::span<const double> xs, std::span<const double> ys,
                        double x) {
  const auto above = std::upper_bound(xs.begin(), xs.end(), x);
  if (above == xs.end())
    return ys.back();
  if (above == xs.begin())
    return ys.front();
  const size_t i = above - xs.begin();
  const double share = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  return ys[i - 1] + share * (ys[i] - ys[i - 1]);
}
