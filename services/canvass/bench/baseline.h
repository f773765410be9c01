#ifndef CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Measures PostgreSQL alone, through the programs that come with it, on the same server. The tables
// have the ledger's columns, constraints and indexes.
namespace canvass::cli::bench {

// Runs the baselines through a session of the owner of Canvass's schema.
class Baseline {
 public:
  // Finds the programs in the folder of Canvass's PostgreSQL. `connection` must log in as the owner
  // of Canvass's schema, to Canvass's database.
  static absl::StatusOr<Baseline> Open(const std::string& connection);

  // Writes the ledger's reports to a file, in order of sequence, in COPY's text format.
  absl::Status ExportReports(const std::string& file) const;
  // Copies the file into an empty table by psql's \copy, in one transaction. Returns how long the
  // statement took.
  absl::StatusOr<absl::Duration> CopyReports(const std::string& file) const;
  // Reads every entry of the ledger in order by binary COPY. Returns how long the statement took.
  absl::StatusOr<absl::Duration> ReadLedger() const;
  // Inserts `rows` single rows with the shape of a report by pgbench with the simple protocol, each
  // in its own transaction. Returns the rows per second.
  absl::StatusOr<double> InsertRows(std::int64_t rows, int candidates, int clients,
                                    const std::string& script_file) const;
  // Writes a checkpoint, so that the next measurement does not pay for earlier writes.
  // `superuser_connection` must log in as a superuser.
  absl::Status Checkpoint(const std::string& superuser_connection) const;

 private:
  Baseline(std::string program_folder, std::string connection);
  absl::StatusOr<std::string> Psql(const std::string& connection,
                                   const std::vector<std::string>& commands) const;
  absl::StatusOr<absl::Duration> TimedPsql(std::vector<std::string> commands) const;

  std::string program_folder_;
  std::string connection_;
};

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BASELINE_H_
