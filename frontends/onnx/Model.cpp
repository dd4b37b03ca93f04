//===- Model.cpp - An ONNX file in memory ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Model.h"

#include "runtime/tensor/Errors.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>

using namespace cim;

onnx::ModelProto importer::readModel(const std::string &path) {
  auto fail = [&](const std::string &what) {
    throw InputError(path + ": " + what);
  };
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    fail(std::string("cannot be read: ") + std::strerror(errno));
  // Read in pieces, not mapped: the bytes of the weights would count twice in
  // the peak of resident memory.
  google::protobuf::io::FileInputStream file(descriptor);
  file.SetCloseOnDelete(true);

  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    fail(std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    fail(S_ISDIR(status.st_mode) ? "is a folder, not an ONNX file"
                                 : "is not a regular file");
  if (status.st_size == 0)
    fail("is empty, not an ONNX model");
  if (status.st_size > std::numeric_limits<int>::max())
    fail("is larger than 2 GiB, which no ONNX file can be; export it with "
         "external data");

  onnx::ModelProto model;
  bool parsed;
  {
    google::protobuf::io::CodedInputStream stream(&file);
    google::protobuf::LogSilencer silence; // the message below says it better
    parsed =
        model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
  }
  if (file.GetErrno() != 0)
    fail(std::string("cannot be read: ") + std::strerror(file.GetErrno()));
  // Any bytes may happen to be a protobuf message; a model has a graph.
  bool looksLikeModel = model.ir_version() > 0 &&
                        (model.has_graph() || model.opset_import_size() > 0);
  if (!looksLikeModel)
    fail("is not an ONNX model");
  if (!parsed)
    fail("is truncated or damaged; copy or export it again");
  if (!model.has_graph())
    fail("has no graph; is it truncated?");
  return model;
}

int64_t importer::standardOpset(const onnx::ModelProto &model,
                                const std::string &path) {
  // Before IR version 3 there was one operator set and nothing to import.
  int64_t opset = model.ir_version() < 3 ? 1 : 0;
  bool imported = opset > 0;
  for (const onnx::OperatorSetIdProto &set : model.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx") {
      opset = std::max<int64_t>(opset, set.version());
      imported = true;
    }
  if (!imported)
    throw InputError(path + ": does not say which version of the ONNX operator "
                            "set it uses (opset_import); export it again");
  if (opset < 1)
    throw InputError(path + ": imports version " + std::to_string(opset) +
                     " of the ONNX operator set, which does not exist");
  return opset;
}
