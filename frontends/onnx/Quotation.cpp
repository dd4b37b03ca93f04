//===- Quotation.cpp - Names from a file, safe to print -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Quotation.h"

#include "frontends/onnx/onnx.pb.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace cim;

/// Bytes of a name that are shown at most, half of them from its end.
static constexpr size_t longestShown = 160;

std::string importer::printable(llvm::StringRef text) {
  bool utf8 = llvm::json::isUTF8(text);
  std::string result;
  for (unsigned char character : text) {
    bool control = character < 0x20 || character == 0x7f;
    if (!control && (character < 0x80 || utf8))
      result += character;
    else
      result += "\\x" + llvm::utohexstr(character, false, 2);
  }
  return result;
}

std::string importer::quotation(llvm::StringRef text) {
  if (text.size() <= longestShown)
    return "'" + printable(text) + "'";
  auto isContinuation = [](unsigned char c) { return (c & 0xC0) == 0x80; };
  size_t front = longestShown / 2, back = text.size() - longestShown / 2;
  while (front > 0 && isContinuation(text[front]))
    --front;
  while (back < text.size() && isContinuation(text[back]))
    ++back;
  return "'" + printable(text.take_front(front)) + "…" +
         printable(text.drop_front(back)) + "'";
}

std::string importer::listed(llvm::ArrayRef<int64_t> numbers) {
  constexpr size_t mostShown = 16;
  std::string text = "[";
  llvm::ListSeparator comma;
  for (int64_t number : numbers.take_front(mostShown))
    text += (llvm::StringRef(comma) + llvm::Twine(number)).str();
  return text + (numbers.size() > mostShown ? ", …]" : "]");
}

llvm::StringRef importer::nameOf(const onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return "";
}

std::string importer::described(const onnx::NodeProto &node) {
  return "node " + quotation(nameOf(node)) + " (" + printable(node.op_type()) +
         ")";
}
