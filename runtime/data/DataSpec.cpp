//===- DataSpec.cpp - Which data, in the words of the command line -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSpec.h"
#include "runtime/tensor/Errors.h"

#include <charconv>
#include <cmath>

using namespace cim;

namespace {

constexpr std::string_view kinds =
    "cifar10:PATH, mnist:PATH, npy:IMAGES.npy,LABELS.npy, folder:PATH or "
    "shapes";

std::vector<double> parseNumbers(std::string_view list,
                                 std::string_view whole) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    std::string_view item = list.substr(begin, end - begin);
    double number = 0;
    auto [last, error] =
        std::from_chars(item.data(), item.data() + item.size(), number);
    if (error != std::errc() || last != item.data() + item.size() ||
        !std::isfinite(number))
      throw UsageError("--normalize '" + std::string(whole) + "': '" +
                       std::string(item) +
                       "' is not a number; write MEANS/STDS, for example "
                       "0.5,0.5,0.5/0.25,0.25,0.25");
    numbers.push_back(number);
    begin = end + 1;
  }
  return numbers;
}

} // namespace

DataSpec cim::parseDataSpec(std::string_view text) {
  DataSpec spec;
  spec.text = text;
  auto fail = [&](const std::string &what) {
    throw UsageError("--data '" + spec.text + "': " + what);
  };

  const size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  std::string_view rest =
      colon == text.npos ? std::string_view() : text.substr(colon + 1);
  if (kind == "cifar10")
    spec.kind = DataKind::cifar10;
  else if (kind == "mnist")
    spec.kind = DataKind::mnist;
  else if (kind == "npy")
    spec.kind = DataKind::npy;
  else if (kind == "folder")
    spec.kind = DataKind::folder;
  else if (kind == "shapes")
    spec.kind = DataKind::shapes;
  else
    fail("'" + std::string(kind) + "' is no kind of data; write " +
         std::string(kinds) + ", each with an optional :train or :test");

  if (spec.kind == DataKind::shapes) {
    if (rest == "train")
      spec.split = Split::train;
    else if (colon != text.npos && rest != "test")
      fail("'" + std::string(rest) +
           "' is no split; write shapes, shapes:test or shapes:train");
    return spec;
  }

  const size_t last = rest.rfind(':');
  const std::string_view suffix =
      last == rest.npos ? std::string_view() : rest.substr(last + 1);
  if (suffix == "train" || suffix == "test") {
    spec.split = suffix == "train" ? Split::train : Split::test;
    rest = rest.substr(0, last);
  }
  if (rest.empty())
    fail("the path is missing; write " + std::string(kinds));
  if (spec.kind != DataKind::npy) {
    spec.path = rest;
    return spec;
  }

  if (spec.split == Split::train)
    fail("npy files have no splits; name the files of the training images and "
         "leave out :train");
  const size_t comma = rest.find(',');
  if (comma == rest.npos || comma == 0 || comma + 1 == rest.size())
    fail("write npy:IMAGES.npy,LABELS.npy, the file of the images and that of "
         "their labels");
  spec.path = rest.substr(0, comma);
  spec.labelsPath = rest.substr(comma + 1);
  return spec;
}

Normalization cim::parseNormalization(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos)
    throw UsageError("--normalize '" + std::string(text) +
                     "': the '/' is missing; write MEANS/STDS, for example "
                     "0.5,0.5,0.5/0.25,0.25,0.25");
  Normalization normalization{parseNumbers(text.substr(0, slash), text),
                              parseNumbers(text.substr(slash + 1), text)};
  if (normalization.mean.size() != normalization.deviation.size())
    throw UsageError("--normalize '" + std::string(text) + "': " +
                     std::to_string(normalization.mean.size()) + " means but " +
                     std::to_string(normalization.deviation.size()) +
                     " standard deviations; write one of each per channel");
  for (double deviation : normalization.deviation)
    if (!(deviation > 0))
      throw UsageError("--normalize '" + std::string(text) +
                       "': a standard deviation must be above zero");
  return normalization;
}

Normalization cim::defaultNormalization(DataKind kind) {
  switch (kind) {
  case DataKind::cifar10:
    return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  case DataKind::mnist:
    return {{0.1307}, {0.3081}};
  case DataKind::shapes:
    return {{0.5}, {0.25}};
  case DataKind::npy:
  case DataKind::folder:
    break;
  }
  return {};
}

std::string cim::spelling(const Normalization &normalization) {
  std::string text;
  for (const auto *numbers : {&normalization.mean, &normalization.deviation}) {
    text += text.empty() ? "" : "/";
    bool first = true;
    for (double number : *numbers) {
      char digits[32];
      auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
      text += (first ? "" : ",") + std::string(digits, end);
      first = false;
    }
  }
  return text;
}
