//===- Views.h - Values as the kernels see them -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_VIEWS_H
#define CIM_RUNTIME_EXECUTOR_VIEWS_H

#include "runtime/executor/Step.h"
#include "runtime/kernels/Epilogue.h"
#include "runtime/kernels/ImageView.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace cim {

/// A view of a value, complete but for the pass.
class PlacedView {
public:
  PlacedView() = default;
  /// Its first inner pixel lies \p offset bytes behind the beginning of \p
  /// place.
  PlacedView(const kernels::ImageView &oneCall, const Placement &place,
             size_t offset = 0)
      : view(oneCall), place(place), offset(offset) {}

  kernels::ImageView in(const Pass &pass) const {
    kernels::ImageView result = view;
    result.data = reinterpret_cast<float *>(pass.at(place) + offset);
    result.images *= static_cast<int>(pass.calls);
    return result;
  }
  const kernels::ImageView &oneCall() const { return view; }
  /// The same place seen in another way.
  PlacedView withView(const kernels::ImageView &oneCall) const {
    PlacedView other = *this;
    other.view = oneCall;
    return other;
  }

private:
  kernels::ImageView view;
  Placement place;
  size_t offset = 0; ///< of the first inner pixel, in bytes
};

/// The images of a CHANNELS_LAST value.
PlacedView imagesOf(const Placement &place);

/// A ROW_MAJOR value as \p pixels pixels in a row, each of \p channels floats.
PlacedView pixelsOf(const Placement &place, int64_t pixels, int64_t channels);

/// A value as the elementwise kernels see it: images, or one pixel of all
/// elements.
PlacedView elementsOf(const Placement &place);
/// The same where a call has several images: those of a ROW_MAJOR value are its
/// rows along dimension 0. Dense ones cannot stand side by side with the next
/// call's, so only where there is one call.
PlacedView rowsOf(const Placement &place);
/// Images [first, first + count) of \p view.
kernels::ImageView part(kernels::ImageView view, int64_t first, int64_t count);
/// Channels that elementsOf sees.
int64_t elementChannels(const plan::Value &value);

/// The shape of the pixels of a ROW_MAJOR matrix or stack of matrices: its last
/// dimension is a pixel's channels.
struct Pixels {
  int64_t count = 1, channels = 1;
};
Pixels pixelsOf(const plan::Value &value);

/// A plan's epilogue as kernels take it. Constants are padded to the channel
/// block; the residual is a computed value.
class BoundEpilogue {
public:
  /// \p factors and \p terms, one per channel or none, come before the scale
  /// and the offset of \p step's epilogue: y = (x * factor + term) * scale +
  /// offset.
  BoundEpilogue(const Program &program, const plan::Step &step,
                int64_t channels, std::span<const float> factors = {},
                std::span<const float> terms = {});

  /// False when kernels cannot do it: the residual is a constant.
  static bool isSupported(const Program &program, const plan::Step &step);

  /// Takes the place of the residual, if there is one, as \p view sees it.
  void place(std::span<const Placement> values,
             const std::function<PlacedView(const Placement &)> &view);

  kernels::Epilogue in(const Pass &pass) const;

private:
  std::vector<float> scale, offset;
  std::optional<uint32_t> residualIndex;
  PlacedView residual;
  kernels::Epilogue epilogue; ///< the activation only
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_VIEWS_H
