//===- Untrained.h - Networks to be trained from scratch --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_UNTRAINED_H
#define CIM_FRONTENDS_ONNX_UNTRAINED_H

#include <cstdint>
#include <string>
#include <vector>

namespace cim {

/// A network without a file.
struct Architecture {
  /// "resnetN", N = 6n + 2 (He et al., CVPR 2016, section 4.2, with shortcuts
  /// that have no weights), or "vgg11", "vgg13", "vgg16", "vgg19" (Simonyan and
  /// Zisserman, ICLR 2015) with batch normalisation and one dense layer.
  std::string name;
  std::vector<int64_t> inputShape; ///< of one image: channels, height, width
  int64_t classes = 0;
};

/// Writes \p architecture to \p output as an ONNX file. Throws UsageError for
/// an unknown name, InputError for images it cannot work on.
void writeArchitecture(const Architecture &architecture,
                       const std::string &output);

/// Writes the ONNX network \p model to \p output with other numbers for all
/// parameters that training begins anew: float32 initializers that
/// convolutions, dense layers and batch normalisations take. The numbers mean
/// nothing, but no two tensors are alike, so that importing keeps them apart.
/// Other external data move into the file, which may stand in another folder.
/// Throws InputError, about \p model.
void writeUntrained(const std::string &model, const std::string &output);

} // namespace cim

#endif // CIM_FRONTENDS_ONNX_UNTRAINED_H
