//===- Output.cpp - Where results go -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Output.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <ostream>
#include <unistd.h>

using namespace cim;

void Output::addTo(CLI::App &app) {
  app.add_option("--json", json,
                 "Write one JSON document to FILE; - is stdout, and nothing "
                 "else is printed there")
      ->type_name("FILE")
      ->group("Output");
  app.add_option_function<std::string>(
         "--config", [](const std::string &) {}, // expanded before
         "Read options from a YAML file; those given here win")
      ->type_name("FILE");
}

void Output::check() const {
  if (!json.empty() && !documentOnStdout())
    checkWritable("--json", json);
}

void Output::write(const std::string &text, const Json &document) const {
  // Names come from files, so they may be no UTF-8.
  const std::string serialized =
      json.empty()
          ? ""
          : document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (documentOnStdout()) {
    writeStdout(serialized);
    return;
  }
  writeAll({[&] {
              if (!json.empty())
                writeWhole(json, [&](std::ostream &out) { out << serialized; });
            },
            [&] { writeStdout(text); }});
}

void cim::writeAll(const std::vector<std::function<void()>> &writers) {
  std::exception_ptr failure;
  for (const std::function<void()> &write : writers)
    try {
      write();
    } catch (const InputError &) {
      if (!failure)
        failure = std::current_exception();
    }
  if (failure)
    std::rethrow_exception(failure);
}

void cim::writeStdout(const std::string &text) {
  const char *at = text.data();
  for (size_t left = text.size(); left > 0;) {
    const ssize_t written = ::write(STDOUT_FILENO, at, left);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw InputError(std::string("cannot write to the standard output: ") +
                       std::strerror(errno) + "; redirect it to another place");
    at += written;
    left -= written;
  }
}
