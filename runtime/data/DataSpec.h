//===- DataSpec.h - Which data, in the words of the command line -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DATA_DATASPEC_H
#define CIM_RUNTIME_DATA_DATASPEC_H

#include <string>
#include <string_view>
#include <vector>

namespace cim {

enum class DataKind { cifar10, mnist, npy, folder, shapes };
enum class Split { test, train };

/// `KIND:PATH[:SPLIT]`: a data set by kind, place and split.
struct DataSpec {
  DataKind kind = DataKind::shapes;
  std::string path;       ///< npy: the images' file
  std::string labelsPath; ///< npy only
  Split split = Split::test;
  std::string text; ///< as the user wrote it
};

/// Parses `--data`. The split is what follows the last colon when that is
/// `test` or `train`, so that paths may hold colons. Opens nothing. Throws
/// UsageError.
DataSpec parseDataSpec(std::string_view text);

/// x = (pixel / 255 - mean) / deviation, per channel; one entry serves all
/// channels.
struct Normalization {
  std::vector<double> mean{0.0};
  std::vector<double> deviation{1.0};
};

/// Parses `--normalize MEANS/STDS`, comma-separated per channel, the same
/// number of both, all finite and the deviations positive. Throws UsageError.
Normalization parseNormalization(std::string_view text);

/// What the models of a kind are usually trained with (guide: interface.md).
Normalization defaultNormalization(DataKind kind);

/// The spelling that parseNormalization reads.
std::string spelling(const Normalization &normalization);

} // namespace cim

#endif // CIM_RUNTIME_DATA_DATASPEC_H
