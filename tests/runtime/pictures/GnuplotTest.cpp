//===- GnuplotTest.cpp - What texts become in pictures --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/Gnuplot.h"

#include <gmock/gmock.h>

using namespace cim;

namespace {

TEST(GnuplotString, KeepsPrintableText) {
  for (const char *text : {"a b~", "g é,x", "Ωж", "\u00a0"})
    EXPECT_EQ(gnuplotString(text), "'" + std::string(text) + "'");
  EXPECT_EQ(gnuplotString("a'b"), "'a''b'");
}

TEST(GnuplotString, HasAQuestionMarkForAllElse) {
  for (const char *text :
       {"\n", "\x7f", "重", "😀", "\xc2\x80", "\xff", "\xe9", "\x80\x80",
        "\xe9\x87", "\xc0\xa7", "\xed\xa0\x80", "\xef\xbf\xbf",
        "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80"})
    EXPECT_EQ(gnuplotString(text), "'?'") << testing::PrintToString(text);
  EXPECT_EQ(gnuplotString("\xc3(\xc3'a\x80"), "'?(?''a?'");
}

TEST(Shortening, CountsCharacters) {
  EXPECT_EQ(lengthOf("é重😀a"), 4u);
  EXPECT_EQ(cutInFront("ééééé", 5), "ééééé");
  EXPECT_EQ(cutBehind("ééééé", 5), "ééééé");
  EXPECT_EQ(cutInFront("aéiöuü", 5), "...uü");
  EXPECT_EQ(cutBehind("éaiöuü", 5), "éa...");
}

TEST(Shortening, PicturesShowUtf8) {
  EXPECT_THAT(runGnuplot(gnuplotHeader(PictureFormat::svg, 300, 200) +
                         "set title " + gnuplotString("g é, Ω") + "\nplot x\n"),
              testing::HasSubstr("g é, Ω"));
}

} // namespace
