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
    if (!isKept(0)) {
      limit.interval = edges(0, keepsPerhaps(0) ? lastPerhaps(0) : 0);
    } else if (isKept(1)) {
      limit.largest = question.most;
      limit.reachesMost = true;
      limit.interval = edges(keepsSurely(1) ? 1 : lastSurely(1), 1);
    } else {
      const auto [kept, lost] =
          bisect(0, 1, [&](double t) { return isKept(t); });
      limit.largest = question.isWhole ? sizeAt(kept) : crossing(kept, lost);
      limit.interval = edges(lastSurely(kept), lastPerhaps(kept));
    }
    limit.visited = std::move(visited);
    return limit;
  }

private:
  double sizeAt(double t) const {
    const double size = question.least + t * (question.most - question.least);
    return question.isWhole ? std::round(size) : size;
  }

  /// How near two places may be before they count as one.
  double resolution(double t) const {
    if (question.isWhole)
      return 1.001 / std::max(1.0, std::abs(question.most - question.least));
    const double size = std::abs(sizeAt(t));
    const double range = std::abs(question.most - question.least);
    return std::max(0.01 * size, 1e-4 * range) / range;
  }

  Interval edges(double sure, double perhaps) const {
    return {std::min(sizeAt(sure), sizeAt(perhaps)),
            std::max(sizeAt(sure), sizeAt(perhaps))};
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

  bool keepsSurely(double t) {
    return all(t).interval.lowest >= question.threshold;
  }
  bool keepsPerhaps(double t) {
    return all(t).interval.highest >= question.threshold;
  }

  /// Narrows [\p low, \p high], where \p holds at low and not at high.
  template <typename Predicate>
  std::pair<double, double> bisect(double low, double high, Predicate holds) {
    while (high - low > resolution(low)) {
      double middle = (low + high) / 2;
      if (question.isWhole && sizeAt(middle) == sizeAt(low))
        middle = high - 1 / std::abs(question.most - question.least);
      if (question.isWhole &&
          (sizeAt(middle) == sizeAt(low) || sizeAt(middle) == sizeAt(high)))
        break;
      (holds(middle) ? low : high) = middle;
    }
    return {low, high};
  }

  /// The first place, from \p t towards the end \p end, where \p holds; steps
  /// grow from what the resolution tells apart. Then narrowed.
  template <typename Predicate>
  std::optional<std::pair<double, double>> walk(double t, double end,
                                                Predicate holds) {
    double step = question.isWhole ? resolution(t) : 2 * resolution(t);
    for (double last = t;; step *= 2) {
      const double next =
          end < t ? std::max(end, last - step) : std::min(end, last + step);
      if (holds(next))
        return std::pair(last, next);
      if (next == end)
        return std::nullopt;
      last = next;
    }
  }

  /// The last place that keeps the threshold surely; 0 where none does.
  double lastSurely(double t) {
    if (keepsSurely(t))
      return t;
    const auto found = walk(t, 0, [&](double x) { return keepsSurely(x); });
    if (!found)
      return 0;
    return bisect(found->second, found->first,
                  [&](double x) { return keepsSurely(x); })
        .first;
  }

  /// The first place that surely does not keep it (of whole numbers the last
  /// that perhaps does); 1 where none does.
  double lastPerhaps(double t) {
    const auto found = walk(t, 1, [&](double x) { return !keepsPerhaps(x); });
    if (!found)
      return 1;
    const auto [perhaps, lost] = bisect(
        found->first, found->second, [&](double x) { return keepsPerhaps(x); });
    return question.isWhole ? perhaps : lost;
  }

  /// Where the line between two means crosses the threshold.
  double crossing(double kept, double lost) {
    const double above = all(kept).mean - question.threshold;
    const double below = all(lost).mean - question.threshold;
    // With all chips the order may turn out to be the other one.
    const double share = above > 0 && below < 0 ? above / (above - below) : 0.5;
    return sizeAt(kept + share * (lost - kept));
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
