#ifndef CANVASS_COMMON_PROCESS_KNOWN_LEDGERS_H_
#define CANVASS_COMMON_PROCESS_KNOWN_LEDGERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::process {

// What somebody last saw of an election's ledger.
struct KnownLedger {
  std::string ledger_id{};    // empty if it is not known
  std::int64_t sequence = 0;  // from 1
  std::string hash{};         // in lower-case hex: a publisher's root, a reporter's leaf hash

  bool operator==(const KnownLedger&) const = default;
};
using KnownLedgerMap = std::map<std::string, KnownLedger, std::less<>>;  // by election

// A small text file of known ledgers, so that they are still known after a restart. Not
// thread-safe.
class KnownLedgers {
 public:
  // Nothing is known, and there is no file.
  KnownLedgers() = default;
  // Reads the file. It need not exist, but its folder must. Returns FAILED_PRECONDITION
  // DATA_FOLDER_UNUSABLE if it cannot be read or holds anything else.
  static absl::StatusOr<KnownLedgers> Open(const std::string& file);

  const std::string& file() const { return file_; }
  const KnownLedgerMap& all() const { return known_; }

  void Set(const std::string& election_id, KnownLedger known) {
    known_[election_id] = std::move(known);
  }
  // Replaces the file atomically. What was set is durable once this returns OK. Otherwise returns
  // FAILED_PRECONDITION DATA_FOLDER_UNUSABLE, and the file is as it was.
  absl::Status Save() const;

 private:
  explicit KnownLedgers(std::string file) : file_(std::move(file)) {}

  std::string file_;
  KnownLedgerMap known_;
};

}  // namespace canvass::process

#endif  // CANVASS_COMMON_PROCESS_KNOWN_LEDGERS_H_
