//===- DataSet.h - Labelled images -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DATA_DATASET_H
#define CIM_RUNTIME_DATA_DATASET_H

#include "runtime/data/DataSpec.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cim {

/// What a data set holds, as stored: where every image's pixels lie.
struct LabelledImages {
  /// Of one image: channels, height, width (npy: whatever the file says).
  std::vector<int64_t> shape;
  /// float32, or uint8 otherwise; row-major.
  bool isFloat = false;
  std::vector<const std::byte *> images;
  std::vector<int64_t> labels;
  /// Keep the bytes of `images` alive.
  std::vector<std::shared_ptr<const void>> owners;
  /// How many classes there are, where the data say it; 0 otherwise.
  int64_t classes = 0;
  /// Names of the classes, where the data know them.
  std::vector<std::string> classNames;
  /// The file of the labels, for messages.
  std::string labelFile;
};

struct DataOptions {
  /// The first so many images; 0: all.
  int64_t limit = 0;
  /// Without one, that of the kind.
  std::optional<Normalization> normalization{};
  /// The network's input for one image, for example {3, 32, 32}; empty: the
  /// images as they are stored.
  std::vector<int64_t> inputShape{};
  /// Labels must be below this; 0: any.
  int64_t classes = 0;
  /// For decoding; 0: all cores.
  unsigned threads = 0;
  /// Told what is going on and how much of it is done (0 to 1) where opening
  /// takes long. May throw, which gives up without leaving anything behind.
  std::function<void(const char *activity, double fraction)> progress{};
};

/// Labelled images, ready to be fed to a network. Pixels are kept as stored and
/// normalised when read, so that a data set takes a byte per value (and none,
/// where the system can page a mapped file out).
class DataSet {
public:
  /// Opens and checks everything: files, counts, shapes, labels, finite values.
  /// Throws InputError.
  static DataSet open(const DataSpec &spec, const DataOptions &options);

  /// Images [first, first + count) of it, as a data set that shares their
  /// bytes.
  DataSet part(int64_t first, int64_t count) const;

  int64_t images() const { return stored.images.size(); }
  int64_t label(int64_t index) const { return stored.labels[index]; }
  /// Of one image as read() fills it.
  const std::vector<int64_t> &shape() const { return inputShape; }
  const Normalization &normalization() const { return normalizedBy; }
  const LabelledImages &asStored() const { return stored; }

  /// Fills \p image with image \p index: normalised, then padded with zero
  /// *pixels* up to the network's input (mnist). Thread-safe.
  void read(int64_t index, float *image) const;

  /// SHA-256 over, for each image in order, its label as a little-endian int64
  /// and its pixels as stored (uint8 or little-endian float32, row-major C×H×W;
  /// before normalisation and padding). Equal data have equal hashes, whatever
  /// files they came from.
  std::string sha256() const;

private:
  LabelledImages stored;
  std::vector<int64_t> inputShape{};
  Normalization normalizedBy;
  /// The float of each pixel value, per channel (256 each); uint8 images only.
  std::vector<float> normalized;
};

/// Whether the data of \p spec are split into train and test: never npy, and a
/// folder where it has such subfolders.
bool hasSplits(const DataSpec &spec);

// The kinds of data. Each opens at most `options.limit` images and uses
// `options.inputShape` only to say what a file should have held.
LabelledImages openCifar10(const DataSpec &spec, const DataOptions &options);
LabelledImages openMnist(const DataSpec &spec, const DataOptions &options);
LabelledImages openNpy(const DataSpec &spec, const DataOptions &options);
LabelledImages openFolder(const DataSpec &spec, const DataOptions &options);
LabelledImages openShapes(const DataSpec &spec, const DataOptions &options);

} // namespace cim

#endif // CIM_RUNTIME_DATA_DATASET_H
