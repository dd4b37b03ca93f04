//===- OperatorTableTest.cpp - What docs/onnx.md says can be read ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of operators in docs/onnx.md is generated from the rules: run this
// with CIM_UPDATE_DOCS=1 to write it.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace cim::importer;

namespace {

std::string operatorTable() {
  std::string table = "| family | operators |\n|---|---|\n";
  for (const OperatorFamily &family : operatorFamilies()) {
    std::vector<std::string> names;
    for (const Operator &entry : family.operators)
      names.push_back(entry.name.str());
    std::sort(names.begin(), names.end());
    std::string list;
    for (const std::string &name : names)
      list += (list.empty() ? "" : ", ") + name;
    table += "| " + family.name.str() + " | " + list + " |\n";
  }
  return table;
}

TEST(OperatorTable, IsCurrent) {
  const std::string path = std::string(CIM_SOURCE) + "/docs/onnx.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream stream;
  stream << file.rdbuf();
  std::string text = stream.str();
  const std::string begin = "<!-- operators -->\n", end = "<!-- end -->\n";
  size_t from = text.find(begin), to = text.find(end);
  ASSERT_NE(from, text.npos);
  ASSERT_NE(to, text.npos);
  from += begin.size();
  if (std::getenv("CIM_UPDATE_DOCS"))
    std::ofstream(path) << text.replace(from, to - from, operatorTable());
  else
    EXPECT_EQ(text.substr(from, to - from), operatorTable())
        << "run build/bin/onnx_test --gtest_filter='OperatorTable*' with "
           "CIM_UPDATE_DOCS=1";
}

} // namespace
