#ifndef CANVASS_SERVICES_CANVASS_BENCH_SOAK_RECORD_H_
#define CANVASS_SERVICES_CANVASS_BENCH_SOAK_RECORD_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "services/canvass/bench/bench_election.h"

namespace canvass::cli::bench {

// The election that a soak test reports: every revision of every station has numbers of its own.
class SoakElection {
 public:
  SoakElection(std::string id, std::int64_t stations, int candidates, std::uint64_t seed)
      : id_(std::move(id)), stations_(stations), candidates_(candidates), seed_(seed) {}

  const std::string& id() const { return id_; }
  std::int64_t stations() const { return stations_; }
  BenchElection Definition() const { return OfRevision(1); }
  v1::StationReport ReportOf(std::int64_t station, int revision) const;
  std::int64_t VotesOf(std::int64_t station, int revision) const;

 private:
  BenchElection OfRevision(int revision) const {
    return {id_, stations_, candidates_, seed_ + static_cast<std::uint64_t>(revision)};
  }

  const std::string id_;
  const std::int64_t stations_;
  const int candidates_;
  const std::uint64_t seed_;
};

// Time in which no report was acknowledged.
struct SoakGap {
  absl::Time since{};
  absl::Duration lasted{};
};

// What happened in one second.
struct SoakSecond {
  std::int64_t acknowledged = 0;
  std::map<std::string, std::int64_t> retried{};  // by whom and reason
};

// What clients were told of their reports, and nothing else. Each station's revisions are sent in
// order, the next one once the one before was acknowledged. Thread-safe.
class SoakRecord {
 public:
  // Gaps that are shorter are not noted.
  static constexpr absl::Duration kGapMin = absl::Seconds(1);

  explicit SoakRecord(std::int64_t stations);

  // The first report is about to be sent.
  void Begin();
  // A client is about to send this revision of the station's report, maybe again.
  void Sent(std::int64_t station, int revision);
  // A client got a receipt, `waited` after it had the report to send. Returns whether the report is
  // acknowledged, that is recorded.
  bool Received(std::int64_t station, int revision, const v1::Receipt& receipt,
                absl::Duration waited);
  // An attempt of `whom` ("stream") failed, and it tries again by the documented policy.
  void Retried(const std::string& whom, const absl::Status& why);
  // The policy allows no further attempt: a person would notice.
  void GaveUp(const std::string& whom, const absl::Status& why);
  // A reader got a result of this sequence, after it had seen `seen`. What goes back is noticed.
  void Read(std::int64_t seen, std::int64_t sequence);
  // The reports have come to an end. What was not acknowledged for some time until now is a gap.
  void End();

  struct Summary {
    std::int64_t acknowledged = 0;
    std::int64_t repeated = 0;  // acknowledged by a receipt that said so
    std::int64_t queued = 0;    // receipts that are no acknowledgement
    std::int64_t read = 0;
    std::map<std::string, std::int64_t> retried{};
    std::map<std::string, std::int64_t> noticed{};  // refused, given up, or gone back
    std::vector<SoakGap> gaps{};                    // without an acknowledgement
    std::vector<SoakGap> reading_gaps{};            // without an answer to a reader
    std::map<std::int64_t, SoakSecond> seconds{};   // by Unix time
    std::vector<double> waited_ms{};
  };
  Summary summary() const;

 private:
  friend class SoakLedger;

  // Of an acknowledged report.
  struct Acknowledgement {
    std::int64_t sequence = 0;
    std::string entry_hash{};
  };
  struct StationRecord {
    int sent = 0;                                 // newest revision
    std::vector<Acknowledgement> acknowledged{};  // by revision, from 1
  };

  mutable Mutex mutex_;
  std::vector<StationRecord> stations_ ABSL_GUARDED_BY(mutex_);
  absl::Time acknowledged_at_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_);
  Summary summary_ ABSL_GUARDED_BY(mutex_);
};

// Compares a ledger with a record that is complete. REQUIRES: the record changes no more. Not
// thread-safe.
class SoakLedger {
 public:
  SoakLedger(const SoakElection& election, const SoakRecord& record);

  // Adds the next entry.
  void Add(const v1::LedgerEntry& entry);

  std::int64_t reports() const { return reports_; }
  std::int64_t last_sequence() const { return last_sequence_; }
  // Acknowledged and not there, or at another place or with other bytes.
  std::int64_t Lost() const;
  // There twice.
  std::int64_t doubled() const { return doubled_; }
  // There, although nobody sent it, or with other numbers.
  std::int64_t foreign() const { return foreign_; }
  // Votes of each station's newest report together.
  std::int64_t Votes() const;

 private:
  struct Place {
    std::int64_t sequence = 0;
    std::string entry_hash{};
  };

  bool IsSent(std::int64_t station, int revision) const;

  const SoakElection& election_;
  const SoakRecord& record_;
  std::unordered_map<std::string, std::int64_t> numbers_;  // of stations, by id
  std::vector<std::vector<Place>> places_;                 // by station and revision
  std::int64_t reports_ = 0;
  std::int64_t last_sequence_ = 0;
  std::int64_t doubled_ = 0;
  std::int64_t foreign_ = 0;
};

// What the error is called where errors are counted.
std::string ReasonOf(const absl::Status& status);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_SOAK_RECORD_H_
