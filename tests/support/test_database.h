#ifndef CANVASS_TESTS_SUPPORT_TEST_DATABASE_H_
#define CANVASS_TESTS_SUPPORT_TEST_DATABASE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/postgres/private_cluster.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {

// The cluster of this test program: started when first asked for, stopped at the end. The program
// ends if it does not start. Tests may stop and start it.
class TestCluster {
 public:
  static TestCluster& Get();

  postgres::PrivateCluster& operator*() { return *cluster_; }
  postgres::PrivateCluster* operator->() { return cluster_.get(); }

  void Stop();
  void Start();

 private:
  TestCluster();

  TemporaryFolder folder_;
  std::unique_ptr<postgres::PrivateCluster> cluster_;
};

// A new, empty database on that cluster.
class TestDatabase {
 public:
  TestDatabase();
  // Drops it, whoever is connected.
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  std::string owner_connection() const;
  std::string writer_connection() const;
  std::string reader_connection() const;
  std::string superuser_connection() const;

  // The rows of a statement that a superuser runs, cells joined by "|", NULL as "". The test fails
  // if it does.
  std::vector<std::string> Select(const std::string& statement) const;
  // The same as another role; where it fails the error's text, e.g. "ERROR:  permission denied for
  // ...".
  static std::vector<std::string> Select(const std::string& connection,
                                         const std::string& statement);

 private:
  std::string name_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_TEST_DATABASE_H_
