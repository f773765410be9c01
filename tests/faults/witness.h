#ifndef CANVASS_TESTS_FAULTS_WITNESS_H_
#define CANVASS_TESTS_FAULTS_WITNESS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "canvass/v1/result.pb.h"
#include "common/base/mutex.h"
#include "tests/faults/trial_election.h"

namespace canvass::faults {

// A receipt RECORDED or HELD, as a client got it.
struct Acknowledgement {
  int variant = 0;
  std::int64_t sequence = 0;
  std::string entry_hash{};
  bool held = false;
  int firsts = 0;            // receipts that did not say "repeated"
  absl::Time received_at{};  // the first of them
};

// The figures of one source and area in an answer.
struct Figures {
  Ballots ballots{};
  std::int64_t stations = 0;  // counted

  bool operator==(const Figures&) const = default;
};

// Every answer at one sequence, where they agree.
struct AnswersAt {
  std::string root_hash{};
  std::array<std::array<std::optional<Figures>, kAreas>, kSources> figures{};
};

// A decision that was acknowledged.
enum class DecisionKind : std::uint8_t { kRelease, kAnnulment, kReinstatement };
struct AcknowledgedDecision {
  DecisionKind kind = DecisionKind::kRelease;
  ReportName name{};

  bool operator==(const AcknowledgedDecision&) const = default;
};

// What clients have seen of one election, and nothing else. What contradicts itself is a violation
// at once; the rest is compared with the ledger (see LedgerCheck). Thread-safe.
class Witness {
 public:
  explicit Witness(const TrialElection& election) : election_(election) {}

  // A client is about to send this.
  void Sent(const ReportName& name);
  // A client got a receipt that is RECORDED, HELD or QUEUED for what it sent at `sent_at`.
  void Received(const ReportName& name, int variant, const v1::Receipt& receipt,
                absl::Time sent_at);
  // A client was told that what it sent at `sent_at` is refused, under a rule.
  void Refused(const ReportName& name, int variant, const std::string& rule, absl::Time sent_at);
  // A client does not know what became of what it sent.
  void Unknown(const std::string& error);
  void Decided(DecisionKind kind, const ReportName& name, std::int64_t sequence);
  // `reader` names somebody who has seen everything up to `at_least` before.
  void Answered(const std::string& reader, std::int64_t at_least, const v1::Result& result);
  void Violation(const std::string& what);

  // Takes a promise back: a QUEUED report that became this.
  void PromiseKept(const ReportName& name, int variant);

  // One of the reports that were sent, by an arbitrary number; absent before the first.
  std::optional<ReportName> SentBefore(std::uint64_t number) const;
  std::optional<Acknowledgement> Find(const ReportName& name) const;

  std::map<ReportName, Acknowledgement> acknowledged() const;
  std::map<std::int64_t, AcknowledgedDecision> decisions() const;
  std::map<std::int64_t, AnswersAt> answers() const;
  // QUEUED and not yet kept: name and variant.
  std::vector<std::pair<ReportName, int>> promises() const;
  std::vector<std::string> violations() const;

  // When the first report was acknowledged that had been sent at `since` or later.
  std::optional<absl::Time> FirstAcknowledgedOf(absl::Time since) const;

  struct Counts {
    std::int64_t acknowledged = 0;  // different reports
    std::int64_t receipts = 0;
    std::int64_t repeated = 0;
    std::int64_t queued = 0;
    std::int64_t refused = 0;
    std::int64_t unknown = 0;
    std::int64_t decisions = 0;
    std::int64_t answers = 0;
    std::map<std::string, std::int64_t> refusals{};  // by rule
    std::map<std::string, std::int64_t> errors{};
  };
  Counts counts() const;

 private:
  void Note(const std::string& violation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeAcknowledgement(const ReportName& name, int variant, const v1::Receipt& receipt)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TrialElection& election_;
  mutable Mutex mutex_;
  std::vector<ReportName> sent_ ABSL_GUARDED_BY(mutex_);
  std::map<ReportName, Acknowledgement> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::map<std::int64_t, AcknowledgedDecision> decisions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::int64_t, AnswersAt> answers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<ReportName, int>, bool> promises_ ABSL_GUARDED_BY(mutex_);  // whether kept
  std::vector<std::pair<absl::Time, absl::Time>> acknowledged_times_
      ABSL_GUARDED_BY(mutex_);  // sent, acknowledged
  std::string ledger_id_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

// "commission s-12 revision 2".
std::string ToString(const ReportName& name);
// Of an answer's one source and area.
Figures FiguresOf(const v1::Result& result);

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_WITNESS_H_
