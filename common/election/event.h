#ifndef CANVASS_COMMON_ELECTION_EVENT_H_
#define CANVASS_COMMON_ELECTION_EVENT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/tally.h"

// The events of an election. They refer to parts by their numbers in the Definition.
namespace canvass::election {

// Puts the DefinitionChange entries directly before it into effect.
struct DefinitionSeal {
  std::int32_t parts = 0;                 // DefinitionChange entries that it seals
  std::array<std::uint8_t, 32> digest{};  // SHA-256 over their leaf hashes in sequence order

  bool operator==(const DefinitionSeal&) const = default;
};

// Identifies the report of one station in one contest from one source.
struct StationKey {
  std::int32_t contest_no = 0;
  std::int32_t source_no = 0;
  std::int32_t station_no = 0;

  bool operator==(const StationKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StationKey& key) {
    return H::combine(std::move(h), key.contest_no, key.source_no, key.station_no);
  }
};

// A report that passed every REJECT rule.
struct ReportRecorded {
  StationKey key{};
  std::int32_t revision = 1;
  std::string reason{};
  Counts counts{};
  std::optional<absl::Time> counted_at{};
  std::vector<Document> documents{};
  bool held = false;
  std::vector<Finding> findings{};

  bool operator==(const ReportRecorded&) const = default;
};

struct ReportRelease {
  StationKey key{};
  std::int32_t revision = 0;
  std::string reason{};
  std::vector<Document> documents{};

  bool operator==(const ReportRelease&) const = default;
};

// Takes all revisions up to and including `revision` out of the totals.
struct ReportAnnulment {
  StationKey key{};
  std::int32_t revision = 0;
  std::string reason{};
  bool station_expected_again = false;
  std::vector<Document> documents{};
  // The operator whose AnnulmentProposal this confirms; absent where one operator decides.
  std::optional<std::string> proposed_by{};

  bool operator==(const ReportAnnulment&) const = default;
};

// Takes back the annulment in force, which names this revision. If an earlier revision was annulled
// too, that annulment is then in force again.
struct ReportReinstatement {
  StationKey key{};
  std::int32_t revision = 0;
  std::string reason{};
  std::vector<Document> documents{};

  bool operator==(const ReportReinstatement&) const = default;
};

struct PollShare {
  std::int32_t candidate_no = 0;
  std::string share_percent{};  // decimal as published, e.g. "93.9"

  bool operator==(const PollShare&) const = default;
};

struct PollFigures {
  std::int32_t contest_no = 0;
  std::int32_t source_no = 0;
  std::int32_t area_no = 0;
  std::int32_t revision = 1;
  std::string reason{};
  bool retracted = false;
  std::vector<PollShare> shares{};
  std::optional<std::int64_t> sample_size{};
  std::string margin_of_error_points{};  // decimal, "" if not published
  std::optional<absl::Time> published_at{};
  std::vector<Document> documents{};

  bool operator==(const PollFigures&) const = default;
};

struct ResultCertification {
  std::int32_t contest_no = 0;
  std::int32_t source_no = 0;
  std::int32_t number = 1;              // 1 for the first; one higher after each reopening
  std::int64_t certified_sequence = 0;  // of the figures that were read and signed
  Tally tally{};                        // of the contest's whole area
  Progress progress{};
  std::vector<std::int32_t> elected_candidate_nos{};
  std::string reason{};
  bool accept_incomplete = false;
  std::vector<Document> documents{};
  // The operator whose CertificationProposal this confirms; absent where one operator decides.
  std::optional<std::string> proposed_by{};

  bool operator==(const ResultCertification&) const = default;
};

enum class ReopeningStatus : std::uint8_t { kCorrection = 5, kRecount = 6 };

struct ContestReopening {
  std::int32_t contest_no = 0;
  std::int32_t source_no = 0;
  ReopeningStatus status = ReopeningStatus::kCorrection;
  std::string reason{};
  std::vector<Document> documents{};

  bool operator==(const ContestReopening&) const = default;
};

// What one operator wants to decide, which has no effect until another one decides the same.
struct AnnulmentProposal {
  ReportAnnulment annulment{};  // without proposed_by

  bool operator==(const AnnulmentProposal&) const = default;
};
struct CertificationProposal {
  ResultCertification certification{};  // without proposed_by

  bool operator==(const CertificationProposal&) const = default;
};

// What may be under embargo: everything that a source says, and what is decided about its reports.
using SealedEvent = std::variant<ReportRecorded, ReportRelease, ReportAnnulment,
                                 ReportReinstatement, PollFigures, AnnulmentProposal>;

// What a seal hides.
struct SealedContent {
  std::string actor{};  // the caller who caused it
  SealedEvent event{};

  bool operator==(const SealedContent&) const = default;
};

// Random bytes of one seal, so that its content cannot be guessed from the commitment.
using SealNonce = std::array<std::uint8_t, 32>;

// Takes the place of something that a source under embargo said, until it may be seen. Nobody can
// tell from it what that is.
struct EmbargoSeal {
  std::int32_t source_no = 0;
  absl::Time visible_from{};                  // end of the embargo, as it was defined then
  std::array<std::uint8_t, 32> commitment{};  // see ledger::CommitmentTo

  bool operator==(const EmbargoSeal&) const = default;
};

// Shows what a seal hid, which takes effect with this entry.
struct SealOpening {
  std::int64_t seal_sequence = 0;
  SealNonce nonce{};
  SealedContent content{};

  bool operator==(const SealOpening&) const = default;
};

// The decision that a seal is never opened.
struct SealWithdrawal {
  std::int32_t source_no = 0;  // of the seal
  std::int64_t seal_sequence = 0;
  std::string reason{};
  std::vector<Document> documents{};

  bool operator==(const SealWithdrawal&) const = default;
};

using Event = std::variant<DefinitionChange, DefinitionSeal, ReportRecorded, ReportRelease,
                           ReportAnnulment, ReportReinstatement, PollFigures, ResultCertification,
                           ContestReopening, EmbargoSeal, SealOpening, SealWithdrawal,
                           AnnulmentProposal, CertificationProposal>;

// One entry of an election's ledger.
struct Entry {
  std::int64_t sequence = 0;  // from 1
  absl::Time recorded_at{};   // whole microseconds; never earlier than the entry before
  // The caller; "local" if it was not authenticated. Empty for a seal, whose content names it.
  std::string actor{};
  Event event{};

  bool operator==(const Entry&) const = default;
};

// The number of the source that says it, or whose report it is about.
std::int32_t SourceOf(const SealedEvent& event);

// The same for any event; -1 if it belongs to no source.
std::int32_t SourceOf(const Event& event);

// Returns what the event is if it can be sealed; nullopt otherwise.
std::optional<SealedEvent> AsSealedEvent(const Event& event);

// Returns the same event, as an entry holds it.
Event AsEvent(SealedEvent event);

// Returns the entry as the count takes it: of an opening, what was sealed, with the sequence and
// time of the opening and the actor of the content. Other entries stay as they are.
Entry AsCounted(Entry entry);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_EVENT_H_
