//===- Database.h - One SQLite file -----------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_STORE_DATABASE_H
#define CIM_RUNTIME_STORE_DATABASE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace cim {

/// A connection to one SQLite file. Every error is an InputError that names the
/// file and says what to do.
class Database {
public:
  enum class Access {
    read,   ///< the file is left as it is
    write,  ///< and made where there is none
    memory, ///< there is no file
  };
  Database(std::string path, Access access);

  /// Runs \p sql, whose results are not wanted.
  void execute(const std::string &sql);
  /// The number that \p sql asks for.
  int64_t number(const std::string &sql);
  const std::string &path() const { return file; }
  /// Whether closing may move what other processes left in the log into the
  /// file. Not for files of which nobody knows whose they are.
  void setTidiesOnClose(bool tidies);

  /// From now on this process has the file to itself, as long as this lives;
  /// another one that has it is an error after a few seconds. Must come before
  /// anything is read.
  void takeAlone();

  /// From now on the file has a write-ahead log. Waits for other processes like
  /// every other statement.
  void useLog();

private:
  friend class Statement;
  /// Throws the InputError of SQLite's result \p code.
  [[noreturn]] void fail(int code) const;

  struct Close {
    void operator()(sqlite3 *database) const;
  };
  /// Reads `copy` in the place of the file.
  void useCopy();

  std::string file;
  /// Reading the file itself would make a log beside it, or wait for the
  /// process that has it to itself; whoever writes it meanwhile would mix two
  /// states of it.
  std::vector<unsigned char> copy; ///< outlives the connection
  bool isAlone = false;
  std::unique_ptr<sqlite3, Close> connection;
};

/// A prepared statement: bind its parameters in order, then step.
class Statement {
public:
  Statement(Database &database, std::string_view sql);

  Statement &bind(int64_t value);
  Statement &bind(double value);
  Statement &bind(std::string_view value);
  /// Whether there is (another) row. After the last, the statement can be bound
  /// again.
  bool step();
  /// Binds nothing more, runs to the end.
  void run();

  int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;

private:
  void check(int code);

  struct Finalize {
    void operator()(sqlite3_stmt *statement) const;
  };
  Database &database;
  std::unique_ptr<sqlite3_stmt, Finalize> statement;
  int bound = 0;
};

/// Everything until commit() happens, or nothing.
class Transaction {
public:
  explicit Transaction(Database &database);
  ~Transaction();
  void commit();

private:
  Database &database;
  bool open = true;
};

} // namespace cim

#endif // CIM_RUNTIME_STORE_DATABASE_H
