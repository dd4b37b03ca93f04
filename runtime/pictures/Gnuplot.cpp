//===- Gnuplot.cpp - Pictures drawn by gnuplot -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/Gnuplot.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <vector>

extern char **environ;

using namespace cim;

namespace {

/// Files without names, so that neither pipes can fill up nor anything is left
/// behind.
struct Scratch {
  FILE *file = std::tmpfile();
  Scratch() {
    if (!file)
      throw InputError(std::string("cannot draw: no temporary file: ") +
                       std::strerror(errno) + "; free some space in /tmp");
  }
  ~Scratch() { std::fclose(file); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  void write(const std::string &text) {
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
        std::fflush(file) != 0)
      throw InputError(std::string("cannot draw: temporary file: ") +
                       std::strerror(errno) + "; free some space in /tmp");
    std::rewind(file);
  }
  std::string read() {
    std::string text;
    char buffer[1 << 14];
    std::rewind(file);
    for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
      text.append(buffer, got);
    return text;
  }
};

bool isContinuation(char byte) { return (byte & 0xc0) == 0x80; }

/// How many bytes the character has that begins with \p lead; 0: none does.
size_t bytesOf(unsigned char lead) {
  return lead < 0x80   ? 1
         : lead < 0xc0 ? 0
         : lead < 0xe0 ? 2
         : lead < 0xf0 ? 3
         : lead < 0xf8 ? 4
                       : 0;
}

/// The characters of \p text. What is none is as few pieces as one sees: a
/// byte, and the continuation bytes behind it.
std::vector<std::string_view> charactersOf(std::string_view text) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    const size_t most = bytesOf(text[0]) ? bytesOf(text[0]) : text.size();
    size_t bytes = 1;
    while (bytes < std::min(most, text.size()) && isContinuation(text[bytes]))
      ++bytes;
    characters.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return characters;
}

/// Latin, Greek and Cyrillic. Of other characters there may be no font, and
/// what cairo draws then covers the whole picture; controls are not valid
/// everywhere.
bool isPrintable(std::string_view character) {
  if (character.size() == 1)
    return character[0] >= ' ' && character[0] <= '~';
  const int code = (character[0] & 0x1f) << 6 | (character[1] & 0x3f);
  return character.size() == 2 && bytesOf(character[0]) == 2 && code >= 0xa0 &&
         code < 0x530;
}

constexpr std::string_view ellipsis = "...";

} // namespace

size_t cim::lengthOf(std::string_view text) {
  return charactersOf(text).size();
}

std::string cim::cutInFront(std::string_view text, size_t longest) {
  const std::vector<std::string_view> characters = charactersOf(text);
  if (characters.size() <= longest)
    return std::string(text);
  const size_t kept = longest - ellipsis.size();
  const char *begin = characters[characters.size() - kept].data();
  return std::string(ellipsis).append(begin, text.data() + text.size());
}

std::string cim::cutBehind(std::string_view text, size_t longest) {
  const std::vector<std::string_view> characters = charactersOf(text);
  if (characters.size() <= longest)
    return std::string(text);
  const char *end = characters[longest - ellipsis.size()].data();
  return std::string(text.data(), end).append(ellipsis);
}

std::optional<PictureFormat> cim::pictureFormat(const std::string &file) {
  if (file.ends_with(".png"))
    return PictureFormat::png;
  if (file.ends_with(".svg"))
    return PictureFormat::svg;
  return std::nullopt;
}

std::string cim::gnuplotHeader(PictureFormat format, int width, int height) {
  const bool png = format == PictureFormat::png;
  const int scale = png ? 2 : 1;
  return "set encoding utf8\nset terminal " +
         std::string(png ? "pngcairo noenhanced" : "svg noenhanced") +
         " size " + std::to_string(scale * width) + "," +
         std::to_string(scale * height) +
         (png ? " fontscale 2 linewidth 2" : "") +
         " font 'DejaVu Sans,10' background rgb 'white'\n";
}

std::string cim::gnuplotString(std::string_view text) {
  std::string quoted = "'";
  for (std::string_view character : charactersOf(text))
    if (character == "'")
      quoted += "''";
    else
      quoted += isPrintable(character) ? character : "?";
  return quoted + "'";
}

std::string cim::runGnuplot(const std::string &script) {
  Scratch input, picture, messages;
  input.write(script);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  const std::unique_ptr<posix_spawn_file_actions_t,
                        decltype(&::posix_spawn_file_actions_destroy)>
      owner(&actions, ::posix_spawn_file_actions_destroy);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(input.file), 0);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(picture.file), 1);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(messages.file), 2);
  // Not the user's own settings.
  const char *arguments[] = {"gnuplot", "-d", "-", nullptr};
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, "gnuplot", &actions, nullptr,
                     const_cast<char *const *>(arguments), environ);
  if (error == ENOENT)
    throw InputError("pictures are drawn by gnuplot, which is not installed; "
                     "install the package gnuplot-nox, or write a .csv file");
  if (error != 0)
    throw InputError(std::string("cannot run gnuplot: ") +
                     std::strerror(error));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR)
    ;
  std::string drawn = picture.read();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || drawn.empty()) {
    const std::string said = messages.read();
    const size_t begin = said.find_first_not_of(" \n\t^");
    throw InputError(
        "gnuplot failed: " +
        (begin == said.npos
             ? "it said nothing"
             : said.substr(begin, said.find('\n', begin) - begin)) +
        "; check its installation (package gnuplot-nox), or write a .csv file");
  }
  return drawn;
}
