#include "tests/support/test_database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "gtest/gtest.h"

namespace canvass::testing {
namespace {

// Nothing can be tested without it.
void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << '\n';
  std::abort();
}

}  // namespace

TestCluster& TestCluster::Get() {
  static TestCluster cluster;
  return cluster;
}

TestCluster::TestCluster() { Start(); }

void TestCluster::Stop() { cluster_.reset(); }

void TestCluster::Start() {
  const std::string data = folder_.File("data");
  auto cluster = postgres::PrivateCluster::Start({.folder = data});
  Require(cluster.status());
  cluster_ = *std::move(cluster);
}

TestDatabase::TestDatabase() {
  static int count = 0;
  name_ = StrCat("test_", ++count);
  Require(TestCluster::Get()->CreateDatabase(name_));
}

TestDatabase::~TestDatabase() {
  Select(TestCluster::Get()->superuser_connection(),
         StrCat("DROP DATABASE ", name_, " WITH (FORCE)"));
}

std::string TestDatabase::owner_connection() const {
  return TestCluster::Get()->owner_connection(name_);
}

std::string TestDatabase::writer_connection() const {
  return TestCluster::Get()->writer_connection(name_);
}

std::string TestDatabase::reader_connection() const {
  return TestCluster::Get()->reader_connection(name_);
}

std::string TestDatabase::superuser_connection() const {
  return TestCluster::Get()->superuser_connection() + " dbname=" + name_;
}

std::vector<std::string> TestDatabase::Select(const std::string& statement) const {
  std::vector<std::string> rows = Select(superuser_connection(), statement);
  const bool failed = !rows.empty() && rows.front().starts_with("ERROR:");
  EXPECT_FALSE(failed) << rows.front();
  return rows;
}

std::vector<std::string> TestDatabase::Select(const std::string& connection_string,
                                              const std::string& statement) {
  try {
    pqxx::connection connection(connection_string);
    pqxx::nontransaction session(connection);
    std::vector<std::string> rows;
    for (const auto& row : session.exec(statement)) {
      rows.push_back(
          absl::StrJoin(row.begin(), row.end(), "|", [](std::string* text, const auto& field) {
            text->append(field.is_null() ? "" : field.c_str());
          }));
    }
    return rows;
  } catch (const pqxx::sql_error& error) {
    return {error.what()};
  }
}

}  // namespace canvass::testing
