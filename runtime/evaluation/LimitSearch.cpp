//===- LimitSearch.cpp - The largest error that a network bears -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/LimitSearch.h"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>

using namespace cim;

namespace {

/// Chips that are looked at before any decision.
constexpr int64_t firstTrials = 4;

/// Searches along t from 0 (least error) to 1 (most).
class Search {
public:
  Search(const LimitQuestion &question, const AccuraciesOf &accuraciesOf)
      : question(question), accuraciesOf(accuraciesOf) {}

  Limit find() {
    Limit limit;
    double place = 0;
    if (isKept(0)) {
      double low = 0, high = beginning();
      while (high < 1 && isKept(high)) {
        low = high;
        high = std::min(1.0, 2 * high);
      }
      limit.reachesMost = high == 1 && isKept(1);
      if (limit.reachesMost)
        place = 1;
      else
        place = bisect(
                    low, high, [&](double t) { return isKept(t); },
                    [&](double t) { return resolution(t); })
                    .first;
      limit.largest = sizeAt(place);
    }
    const double ends[] = {sizeAt(edge(place, &Interval::lowest).first),
                           question.isWhole
                               ? sizeAt(edge(place, &Interval::highest).first)
                               : sizeAt(edge(place, &Interval::highest).second),
                           sizeAt(place)};
    const auto [lowest, highest] = std::ranges::minmax(ends);
    limit.interval = {lowest, highest};
    limit.visited = std::move(visited);
    return limit;
  }

private:
  double sizeAt(double t) const {
    const double size = question.least + t * (question.most - question.least);
    return question.isWhole ? std::round(size) : size;
  }

  double range() const { return std::abs(question.most - question.least); }

  double beginning() const {
    return question.start ? (*question.start - question.least) /
                                (question.most - question.least)
                          : 1;
  }

  /// How near two places may be before they count as one.
  double resolution(double t) const {
    if (question.isWhole)
      return 1.001 / std::max(1.0, range());
    return std::max(question.resolution * std::abs(sizeAt(t)) / range(),
                    1e-4 * beginning());
  }

  const std::vector<double> &chips(double t, int64_t count) {
    std::vector<double> &known = visited[sizeAt(t)];
    if (int64_t(known.size()) < count && !isExact(known))
      known = accuraciesOf(sizeAt(t), count);
    return known;
  }

  /// One chip stands for all.
  bool isExact(const std::vector<double> &known) const {
    return known.size() == 1 && firstTrials > 1;
  }

  Measure all(double t) {
    return measure(chips(t, question.trials), question.images);
  }

  /// Whether the mean keeps the threshold, from as few chips as make it clear.
  bool isKept(double t) {
    for (int64_t count = std::min(firstTrials, question.trials);;
         count = std::min(2 * count, question.trials)) {
      const Measure accuracy = measure(chips(t, count), question.images);
      const double distance = std::abs(accuracy.mean - question.threshold);
      const int64_t used = accuracy.trials.size();
      const bool isClear =
          used == 1 ||
          distance > boost::math::quantile(
                         boost::math::students_t(double(used - 1)), 0.9995) *
                         *accuracy.standardDeviation / std::sqrt(double(used));
      if (isClear || count == question.trials)
        return accuracy.mean >= question.threshold;
    }
  }

  /// Narrows [\p low, \p high], where \p holds at low and not at high, until
  /// they are as near as \p nearness of low says.
  template <typename Predicate, typename Nearness>
  std::pair<double, double> bisect(double low, double high, Predicate holds,
                                   Nearness nearness) {
    while (high - low > nearness(low)) {
      double middle = (low + high) / 2;
      if (question.isWhole && sizeAt(middle) == sizeAt(low))
        middle = high - 1 / range();
      if (question.isWhole &&
          (sizeAt(middle) == sizeAt(low) || sizeAt(middle) == sizeAt(high)))
        break;
      (holds(middle) ? low : high) = middle;
    }
    return {low, high};
  }

  /// The last place with an end of the accuracy's interval above the threshold,
  /// and the first without, looked for from \p place on in steps that grow;
  /// both are 0 or 1 where there is none. They are as near as the interval is
  /// worth.
  std::pair<double, double> edge(double place, double Interval::*end) {
    auto holds = [&](double t) {
      return all(t).interval.*end >= question.threshold;
    };
    const bool isAbove = holds(place);
    const double last = isAbove ? 1 : 0;
    double near = place, far = place;
    for (double step = (question.isWhole ? 1 : 2) * resolution(place);
         holds(far) == isAbove; step *= 2) {
      if (far == last)
        return {last, last};
      near = far;
      far = isAbove ? std::min(1.0, far + step) : std::max(0.0, far - step);
    }
    return bisect(
        isAbove ? near : far, isAbove ? far : near, holds, [&](double t) {
          return question.isWhole
                     ? resolution(t)
                     : std::max(resolution(t) / 16, std::abs(t - place) / 8);
        });
  }

  const LimitQuestion &question;
  const AccuraciesOf &accuraciesOf;
  std::map<double, std::vector<double>> visited;
};

} // namespace

Limit cim::findLimit(const LimitQuestion &question,
                     const AccuraciesOf &accuraciesOf) {
  return Search(question, accuraciesOf).find();
}
