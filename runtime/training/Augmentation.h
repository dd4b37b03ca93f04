//===- Augmentation.h - Other views of the same images ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_AUGMENTATION_H
#define CIM_RUNTIME_TRAINING_AUGMENTATION_H

#include "runtime/data/DataSet.h"

#include <cstdint>
#include <vector>

namespace cim {

/// Where the random numbers of one training stand (random/Coordinates.h).
struct TrainingStream {
  uint64_t seed = 0;
  uint64_t trial = 0; ///< the chip that is retrained; 0 otherwise
};

/// What happens to training images before the network sees them.
struct AugmentationOptions {
  bool flip = true; ///< left and right, every second time
  int crop = 0;     ///< shifted by up to so many pixels, black coming in
};

/// Reads images of a data set as they are augmented in an epoch: a pure
/// function of stream, epoch and image.
class Augmentation {
public:
  Augmentation(const DataSet &data, const AugmentationOptions &options,
               const TrainingStream &stream);

  /// Fills \p image with image \p index of \p epoch. Thread-safe.
  void read(uint32_t epoch, int64_t index, float *image) const;

  /// Whether the same views of an image come again in other epochs: not with
  /// crops, of which there are too many.
  bool repeats() const { return options.crop == 0; }
  /// The number of the view that read() gives, where views come again.
  int64_t view(uint32_t epoch, int64_t index) const {
    return 2 * index + (options.flip && (word(epoch, index) & 1));
  }

private:
  /// Decides what happens to an image.
  uint32_t word(uint32_t epoch, int64_t index) const;

  const DataSet &data;
  AugmentationOptions options;
  TrainingStream stream;
  std::vector<float> black; ///< by channel
};

/// The order in which \p images images are taken in \p epoch.
std::vector<int64_t> shuffledOrder(const TrainingStream &stream, uint32_t epoch,
                                   int64_t images);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_AUGMENTATION_H
