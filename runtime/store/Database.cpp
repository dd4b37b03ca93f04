//===- Database.cpp - One SQLite file -------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/store/Database.h"
#include "runtime/tensor/Errors.h"

#include <array>
#include <cassert>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <thread>

using namespace cim;

/// How long to wait for another process that is writing.
static constexpr int busyMilliseconds = 60'000;

/// \p path as a URI of SQLite's.
static std::string uriOf(const std::string &path) {
  std::string uri = "file:";
  const std::string absolute = std::filesystem::absolute(path).string();
  for (unsigned char character : absolute) {
    static const char digits[] = "0123456789abcdef";
    if (std::isalnum(character) || character == '/' || character == '.' ||
        character == '-' || character == '_')
      uri += char(character);
    else
      uri += {'%', digits[character >> 4], digits[character & 15]};
  }
  return uri;
}

namespace {

/// Differs after a write: SQLite counts changes in bytes 24 to 27, but not
/// those that it brings in from a log.
struct Version {
  uintmax_t size = 0;
  std::filesystem::file_time_type time;
  std::array<char, 4> changes = {};
  bool operator==(const Version &) const = default;
};

} // namespace

static Version versionOf(const std::string &path) {
  std::error_code ignored;
  Version version = {std::filesystem::file_size(path, ignored),
                     std::filesystem::last_write_time(path, ignored)};
  std::ifstream(path, std::ios::binary)
      .seekg(24)
      .read(version.changes.data(), version.changes.size());
  return version;
}

/// Whether something is in the log or half-written, so that the file alone is
/// not the whole truth.
static bool isUnfinished(const std::string &path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path + "-wal", none);
  const bool hasLog = !none && size != 0;
  // A rollback journal begins with zeros, if with anything, until it can take
  // back what is then written into the file.
  return hasLog || std::ifstream(path + "-journal", std::ios::binary).get() > 0;
}

/// The bytes of the file at one moment; none where they alone are not the whole
/// truth.
static std::vector<unsigned char> copyOf(const std::string &path) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Version before = versionOf(path);
    if (isUnfinished(path))
      break;
    std::vector<unsigned char> copy(before.size);
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char *>(copy.data()), copy.size());
    // In this order: what begins later does not matter.
    if (!isUnfinished(path) && versionOf(path) == before)
      return copy;
  }
  return {};
}

Database::Database(std::string path, Access access) : file(std::move(path)) {
  sqlite3 *opened = nullptr;
  if (access == Access::read)
    copy = copyOf(file);
  const int code =
      access == Access::memory || !copy.empty()
          ? sqlite3_open_v2(":memory:", &opened,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                SQLITE_OPEN_MEMORY,
                            nullptr)
      : access == Access::read
          ? sqlite3_open_v2((uriOf(file) + "?mode=ro").c_str(), &opened,
                            SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr)
          // A name like ":memory:" is a file, too.
          : sqlite3_open_v2(std::filesystem::absolute(file).c_str(), &opened,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                            nullptr);
  connection.reset(opened);
  if (code != SQLITE_OK)
    fail(code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busyMilliseconds);
  if (!copy.empty())
    useCopy();
}

void Database::useCopy() {
  // Says that there may be a log, which a copy in memory cannot have.
  for (size_t format : {18, 19})
    if (format < copy.size() && copy[format] == 2)
      copy[format] = 1;
  const int code =
      sqlite3_deserialize(connection.get(), "main", copy.data(), copy.size(),
                          copy.size(), SQLITE_DESERIALIZE_READONLY);
  if (code != SQLITE_OK)
    fail(code);
}

void Database::Close::operator()(sqlite3 *database) const {
  sqlite3_close(database);
}

void Database::fail(int code) const {
  const std::string name = "the store '" + file + "' ";
  const int extended =
      connection ? sqlite3_extended_errcode(connection.get()) : code;
  switch (code & 0xff) {
  case SQLITE_NOTADB:
    throw InputError("'" + file +
                     "' is no store but another kind of file; name a store or "
                     "a new file");
  case SQLITE_CORRUPT:
    throw InputError(name + "is damaged; keep a copy, save what is left of it "
                            "with sqlite3's .recover, or name a new file");
  case SQLITE_READONLY:
  case SQLITE_PERM:
    if (extended == SQLITE_READONLY_ROLLBACK)
      throw InputError(name + "was left in the middle of a write, which only "
                              "who may write takes back; run the command that "
                              "wrote it again");
    throw InputError(name + "cannot be written; make it writable, or copy it");
  case SQLITE_CANTOPEN:
    throw InputError(name + "cannot be opened; check that it and its folder "
                            "exist and can be read and written");
  case SQLITE_FULL:
    throw InputError(name + "cannot grow: there is no space left; make some "
                            "and run the same command again");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    if (isAlone)
      throw InputError(name + "is in use by another process, and stands on a "
                              "network file system, where processes cannot "
                              "share one; give each a store of its own "
                              "(--shard I/N) and join them with cim merge");
    throw InputError(name + "is in use by another program for longer than a "
                            "minute; wait for it, or end it");
  case SQLITE_IOERR:
    throw InputError(name + "cannot be read or written (disk error " +
                     std::to_string(extended) +
                     "; perhaps there is no space left); what is finished "
                     "stands in it, so run the same command again");
  default:
    throw InputError(
        name + "cannot be used: " +
        (connection ? sqlite3_errmsg(connection.get()) : sqlite3_errstr(code)) +
        "; name a new file");
  }
}

void Database::setTidiesOnClose(bool tidies) {
  sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                    int(!tidies), nullptr);
}

void Database::takeAlone() {
  isAlone = true;
  sqlite3_busy_timeout(connection.get(), 3000);
  execute("PRAGMA locking_mode = EXCLUSIVE");
}

void Database::useLog() {
  // SQLite does not wait here: the switch reads before it takes the right to
  // write, and two readers that waited for each other would do so for ever.
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(busyMilliseconds);
  int code;
  while (((code = sqlite3_exec(connection.get(), "PRAGMA journal_mode = WAL",
                               nullptr, nullptr, nullptr)) &
          0xff) == SQLITE_BUSY &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (code != SQLITE_OK)
    fail(code);
}

void Database::execute(const std::string &sql) {
  const int code =
      sqlite3_exec(connection.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    fail(code);
}

int64_t Database::number(const std::string &sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

Statement::Statement(Database &database, std::string_view sql)
    : database(database) {
  sqlite3_stmt *prepared = nullptr;
  check(sqlite3_prepare_v2(database.connection.get(), sql.data(), sql.size(),
                           &prepared, nullptr));
  statement.reset(prepared);
}

void Statement::Finalize::operator()(sqlite3_stmt *statement) const {
  sqlite3_finalize(statement);
}

void Statement::check(int code) {
  if (code != SQLITE_OK)
    database.fail(code);
}

Statement &Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(statement.get(), ++bound, value));
  return *this;
}

Statement &Statement::bind(double value) {
  check(sqlite3_bind_double(statement.get(), ++bound, value));
  return *this;
}

Statement &Statement::bind(std::string_view value) {
  check(sqlite3_bind_text(statement.get(), ++bound, value.data(), value.size(),
                          SQLITE_TRANSIENT));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_ROW)
    return true;
  sqlite3_reset(statement.get());
  bound = 0;
  if (code != SQLITE_DONE)
    database.fail(code);
  return false;
}

void Statement::run() {
  [[maybe_unused]] const bool row = step();
  assert(!row && "results of a statement are lost");
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement.get(), column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(statement.get(), column);
}

std::string Statement::text(int column) const {
  const auto *text = sqlite3_column_text(statement.get(), column);
  return text ? std::string(
                    reinterpret_cast<const char *>(text),
                    size_t(sqlite3_column_bytes(statement.get(), column)))
              : "";
}

Transaction::Transaction(Database &database) : database(database) {
  // Takes the right to write at once, so that nothing read becomes stale.
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open)
    return;
  try {
    database.execute("ROLLBACK");
  } catch (const InputError &) {
    // SQLite has rolled back by itself.
  }
}

void Transaction::commit() {
  database.execute("COMMIT");
  open = false;
}
