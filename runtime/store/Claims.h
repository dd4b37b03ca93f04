//===- Claims.h - Who does which piece of work ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_STORE_CLAIMS_H
#define CIM_RUNTIME_STORE_CLAIMS_H

#include <cstdint>
#include <string>

namespace cim {

/// Shares pieces of work among the processes that fill one store. A claim is a
/// lock on one byte of an empty file beside the store, so the system gives up
/// the claims of a process that dies, however it dies. Claims only save work:
/// without them processes would compute the same results twice.
class Claims {
public:
  /// Opens `STORE-claims`. Where that is impossible, every claim succeeds.
  explicit Claims(const std::string &store);
  /// Removes the file; processes that still use it, or a new one, may then do
  /// the same work once.
  ~Claims();
  Claims(const Claims &) = delete;
  Claims &operator=(const Claims &) = delete;

private:
  friend class Claim;
  /// Whether \p piece is now this process's own.
  bool claim(uint64_t piece);
  void giveUp(uint64_t piece);

  std::string path;
  int file;
};

/// One piece of work (a number below 2^62), this process's own until
/// destruction if it is free.
class Claim {
public:
  Claim(Claims &claims, uint64_t piece)
      : claims(claims), piece(piece), ours(claims.claim(piece)) {}
  ~Claim() {
    if (ours)
      claims.giveUp(piece);
  }
  Claim(const Claim &) = delete;
  Claim &operator=(const Claim &) = delete;
  bool isOurs() const { return ours; }

private:
  Claims &claims;
  uint64_t piece;
  bool ours;
};

} // namespace cim

#endif // CIM_RUNTIME_STORE_CLAIMS_H
