#ifndef CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// What PostgreSQL does by itself, through the programs that come with it, in tables that are made
// like the ledger's: same columns, constraints and indexes, same server.
namespace canvass::bench {

// `connection` is of the owner of Canvass's schema, in Canvass's database.
class Baseline {
 public:
  // The programs lie where Canvass finds its PostgreSQL.
  static absl::StatusOr<Baseline> Open(const std::string& connection);

  // Writes the ledger's reports in sequence, as COPY's text, to a file.
  absl::Status ExportReports(const std::string& file) const;
  // psql's \copy of the file into an empty table, in one transaction: how long the statement took.
  absl::StatusOr<absl::Duration> CopyReports(const std::string& file) const;
  // Reads every entry of the ledger in order, by COPY in binary: how long the statement took.
  absl::StatusOr<absl::Duration> ReadLedger() const;
  // pgbench, simple protocol: inserts `rows` single rows of the shape of a report, each its own
  // transaction. Rows a second.
  absl::StatusOr<double> InsertRows(std::int64_t rows, int candidates, int clients,
                                    const std::string& script_file) const;
  // So that what was written before is not paid for by what is measured next. Needs a superuser.
  absl::Status Checkpoint(const std::string& superuser_connection) const;

 private:
  Baseline(std::string program_folder, std::string connection);
  absl::StatusOr<std::string> Psql(const std::string& connection,
                                   const std::vector<std::string>& commands) const;
  absl::StatusOr<absl::Duration> TimedPsql(std::vector<std::string> commands) const;

  std::string program_folder_;
  std::string connection_;
};

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_
