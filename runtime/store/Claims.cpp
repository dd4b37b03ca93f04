//===- Claims.cpp - Who does which piece of work --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Claims.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace cim;

Claims::Claims(const std::string &store)
    : path(store + "-claims"),
      file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {}

Claims::~Claims() {
  if (file < 0)
    return;
  // The last one to leave removes the file.
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file, F_OFD_SETLK, &lock) == 0)
    ::unlink(path.c_str());
  ::close(file);
}

static int setLock(int file, short type, uint64_t piece) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(piece);
  lock.l_len = 1;
  return ::fcntl(file, F_OFD_SETLK, &lock);
}

bool Claims::claim(uint64_t piece) {
  return file < 0 || setLock(file, F_WRLCK, piece) == 0 ||
         (errno != EAGAIN && errno != EACCES);
}

void Claims::giveUp(uint64_t piece) {
  if (file >= 0)
    setLock(file, F_UNLCK, piece);
}
