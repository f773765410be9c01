#include "common/ledger/election_ledger.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/second_operator.h"
#include "common/election/standing.h"
#include "common/ledger/encoding.h"
#include "common/ledger/entry_log.h"
#include "common/ledger/merkle.h"
#include "common/ledger/part_moves.h"
#include "common/ledger/part_relations.h"
#include "common/ledger/seal.h"

namespace canvass::ledger {
namespace {

absl::Status OutOfPlace(std::int64_t sequence, std::string_view problem) {
  return MakeError(reason::kEntryOutOfPlace,
                   StrCat("ledger entry ", sequence, " is out of place: ", problem));
}

template <typename Parts>
bool HasNumber(const Parts& parts, std::int32_t number) {
  return number >= 0 && Index(number) < parts.size();
}

// Checks whether the count can fold an event, e.g. whether all parts that it names are defined. The
// bytes come from a database or another machine, so a well-formed entry may still not belong here.
// Returns what is wrong; empty if nothing is.
class EventCheck {
 public:
  EventCheck(const ElectionLedger& ledger, const election::Entry& entry)
      : ledger_(ledger),
        count_(ledger.count()),
        sequence_(entry.sequence),
        recorded_at_(entry.recorded_at),
        actor_(entry.actor),
        decided_with_(entry.sequence) {}

  std::string operator()(const election::DefinitionChange& change) const {
    if (change.election && change.election->id != ledger_.election_id()) {
      return StrCat("it defines election \"", change.election->id,
                    "\", but this is the ledger of \"", ledger_.election_id(), "\"");
    }
    return "";
  }

  std::string operator()(const election::DefinitionSeal& seal) const {
    if (seal.parts < 1 || seal.parts >= sequence_ || seal.parts != count_.unsealed_parts()) {
      return StrCat("it seals ", seal.parts, " definition entries, but there are ",
                    count_.unsealed_parts());
    }
    std::vector<Hash> hashes;
    hashes.reserve(static_cast<std::size_t>(seal.parts));
    for (std::int64_t part = sequence_ - seal.parts; part < sequence_; ++part) {
      hashes.push_back(ledger_.log().LeafHashOf(part));
    }
    if (Sha256OfHashes(hashes) != seal.digest)
      return "its digest does not match the definition entries";
    const std::string problem = FindBrokenRelation(count_.definition(), count_.unsealed());
    return problem.empty() ? FindMove(count_.definition(), count_, count_.unsealed()) : problem;
  }

  std::string operator()(const election::ReportRecorded& report) const {
    std::string problem = CheckKey(report.key);
    if (!problem.empty()) return problem;
    if (report.counts.votes.size() != Candidates(report.key.contest_no).size()) {
      return StrCat("it has votes for ", report.counts.votes.size(),
                    " candidates, but the contest has ", Candidates(report.key.contest_no).size());
    }
    const election::Definition& definition = count_.definition();
    if (!definition.IsWithin(definition.AreaOfStation(report.key.station_no),
                             definition.AreaOfContest(report.key.contest_no))) {
      return "its station lies outside the contest's area";
    }
    const std::int32_t newest = count_.StandingOf(report.key).newest_revision;
    if (report.revision != newest + 1) {
      return StrCat("it is revision ", report.revision, " of a report, but the newest is ", newest);
    }
    return "";
  }

  std::string operator()(const election::ReportRelease& release) const {
    return CheckDecision(release.key, release.revision);
  }
  std::string operator()(const election::ReportAnnulment& annulment) const {
    std::string problem = CheckDecision(annulment.key, annulment.revision);
    if (!problem.empty()) return problem;
    return CheckOperators(annulment, count_.FindAnnulmentProposal(annulment.key));
  }
  std::string operator()(const election::ReportReinstatement& reinstatement) const {
    std::string problem = CheckDecision(reinstatement.key, reinstatement.revision);
    if (!problem.empty()) return problem;
    const std::int32_t annulled = count_.StandingOf(reinstatement.key).annulled_revision;
    if (reinstatement.revision == annulled) return "";
    return StrCat("it takes back an annulment of revision ", reinstatement.revision,
                  ", but the annulment in force is of revision ", annulled);
  }

  std::string operator()(const election::PollFigures& figures) const {
    std::string problem = CheckParts(figures.contest_no, figures.source_no);
    if (!problem.empty()) return problem;
    if (!HasNumber(count_.definition().areas(), figures.area_no)) return "it names an unknown area";
    const bool known = std::all_of(
        figures.shares.begin(), figures.shares.end(), [&](const election::PollShare& share) {
          return HasNumber(Candidates(figures.contest_no), share.candidate_no);
        });
    if (!known) return "it names an unknown candidate";
    const election::PublishedPoll* const newest =
        count_.FindPoll(figures.contest_no, figures.source_no, figures.area_no);
    const std::int32_t newest_revision = newest == nullptr ? 0 : newest->figures.revision;
    if (figures.revision == newest_revision + 1) return "";
    return StrCat("it is revision ", figures.revision, " of poll figures, but the newest is ",
                  newest_revision);
  }

  std::string operator()(const election::ResultCertification& certification) const {
    std::string problem = CheckParts(certification.contest_no, certification.source_no);
    if (!problem.empty()) return problem;
    if (!HasKnownCandidates(certification)) return "it names an unknown candidate";
    return CheckOperators(certification, count_.FindCertificationProposal(certification.contest_no,
                                                                          certification.source_no));
  }

  std::string operator()(const election::ContestReopening& reopening) const {
    return CheckParts(reopening.contest_no, reopening.source_no);
  }

  std::string operator()(const election::EmbargoSeal& seal) const {
    return CheckSource(seal.source_no);
  }

  // Seals of one source are opened in the order of their entries, because corrections and decisions
  // follow what they are about.
  std::string operator()(const election::SealOpening& opening) const {
    const std::int32_t source_no = SourceOf(opening.content.event);
    std::string problem = CheckSource(source_no);
    if (!problem.empty()) return problem;
    const election::Count::Seals& seals = count_.SealsOf(source_no);
    if (seals.empty() || seals.begin()->first != opening.seal_sequence) {
      return StrCat("it opens seal ", opening.seal_sequence, ", but the next one of its source is ",
                    seals.empty() ? 0 : seals.begin()->first);
    }
    const auto& visible_from = count_.definition().sources()[Index(source_no)].visible_from;
    if (visible_from.has_value() && *visible_from > recorded_at_) {
      return StrCat("it was recorded at ", absl::FormatTime(recorded_at_),
                    ", but its source is under embargo until ", absl::FormatTime(*visible_from));
    }
    if (CommitmentTo(opening.nonce, opening.content) != seals.begin()->second.commitment) {
      return StrCat("it is not what seal ", opening.seal_sequence, " commits to");
    }
    EventCheck opened = *this;
    opened.actor_ = opening.content.actor;
    opened.decided_with_ = opening.seal_sequence;
    return std::visit(opened, opening.content.event);
  }

  std::string operator()(const election::SealWithdrawal& withdrawal) const {
    if (count_.SealsOf(withdrawal.source_no).contains(withdrawal.seal_sequence)) return "";
    return StrCat("it withdraws seal ", withdrawal.seal_sequence,
                  ", which its source does not have");
  }

  std::string operator()(const election::AnnulmentProposal& proposal) const {
    const std::string problem = CheckDecision(proposal.annulment.key, proposal.annulment.revision);
    return problem.empty() ? CheckProposal(proposal.annulment) : problem;
  }

  std::string operator()(const election::CertificationProposal& proposal) const {
    const election::ResultCertification& proposed = proposal.certification;
    std::string problem = CheckParts(proposed.contest_no, proposed.source_no);
    if (!problem.empty()) return problem;
    return HasKnownCandidates(proposed) ? CheckProposal(proposed) : "it names an unknown candidate";
  }

 private:
  bool HasKnownCandidates(const election::ResultCertification& certification) const {
    return std::all_of(
        certification.elected_candidate_nos.begin(), certification.elected_candidate_nos.end(),
        [&](std::int32_t no) { return HasNumber(Candidates(certification.contest_no), no); });
  }

  template <typename Decision>
  std::string CheckProposal(const Decision& proposed) const {
    return proposed.proposed_by ? "it proposes what somebody proposed before" : "";
  }

  // Whether two operators decided, if the policy asks for them. `proposed` is the newest proposal
  // about the same report or result; null if there is none.
  template <typename Decision>
  std::string CheckOperators(const Decision& decision,
                             const election::Proposed<Decision>* proposed) const {
    if (!decision.proposed_by) {
      return count_.NeedsTwoOperators(decided_with_) ? "only one operator decided it" : "";
    }
    if (proposed == nullptr || proposed->actor != *decision.proposed_by ||
        !SaysTheSame(proposed->decision, decision)) {
      return StrCat("it confirms a proposal of ", *decision.proposed_by, " that there is not");
    }
    if (election::AreTwoOperators(*decision.proposed_by, actor_)) return "";
    return StrCat(actor_, " confirms what ", *decision.proposed_by,
                  " proposed, but they are not two operators");
  }

  // REQUIRES: CheckParts found no problem.
  const std::vector<election::Candidate>& Candidates(std::int32_t contest_no) const {
    assert(HasNumber(count_.definition().contests(), contest_no));
    return count_.definition().contests()[Index(contest_no)].candidates;
  }

  std::string CheckParts(std::int32_t contest_no, std::int32_t source_no) const {
    std::string problem = CheckSource(source_no);
    if (!problem.empty()) return problem;
    return HasNumber(count_.definition().contests(), contest_no) ? ""
                                                                 : "it names an unknown contest";
  }

  std::string CheckSource(std::int32_t source_no) const {
    if (!count_.defined()) return "it comes before the definition";
    return HasNumber(count_.definition().sources(), source_no) ? "" : "it names an unknown source";
  }

  std::string CheckKey(const election::StationKey& key) const {
    std::string problem = CheckParts(key.contest_no, key.source_no);
    if (!problem.empty()) return problem;
    return HasNumber(count_.definition().stations(), key.station_no)
               ? ""
               : "it names an unknown station";
  }

  std::string CheckDecision(const election::StationKey& key, std::int32_t revision) const {
    std::string problem = CheckKey(key);
    if (!problem.empty()) return problem;
    const std::int32_t newest = count_.StandingOf(key).newest_revision;
    if (revision < 1 || revision > newest) {
      return StrCat("it decides about revision ", revision, " of a report, but the newest is ",
                    newest);
    }
    return "";
  }

  const ElectionLedger& ledger_;
  const election::Count& count_;
  std::int64_t sequence_;
  absl::Time recorded_at_;
  std::string actor_;
  std::int64_t decided_with_;  // the entry, or the seal that it opens
};

}  // namespace

absl::Status ElectionLedger::Check(const election::Entry& entry) const {
  const std::string problem = std::visit(EventCheck(*this, entry), entry.event);
  if (problem.empty()) return absl::OkStatus();
  return OutOfPlace(entry.sequence, problem);
}

absl::Status ElectionLedger::Append(std::string_view bytes) {
  absl::StatusOr<election::Entry> entry = Decode(bytes);
  if (!entry.ok()) return entry.status();
  if (entry->sequence != sequence() + 1) {
    return OutOfPlace(entry->sequence, StrCat("the next entry is ", sequence() + 1));
  }
  if (entry->recorded_at < recorded_at_) {
    return OutOfPlace(
        entry->sequence,
        StrCat("it was recorded at ", absl::FormatTime(entry->recorded_at),
               ", earlier than the previous entry (", absl::FormatTime(recorded_at_), ")"));
  }
  if (absl::Status status = Check(*entry); !status.ok()) return status;
  Append(bytes, LeafHash(bytes), *std::move(entry));
  return absl::OkStatus();
}

void ElectionLedger::Append(std::string_view bytes, const election::Entry& entry) {
  Log(bytes, LeafHash(bytes), entry);
  count_.Apply(entry);
}

void ElectionLedger::Append(std::string_view bytes, const Hash& leaf_hash,
                            election::Entry&& entry) {
  Log(bytes, leaf_hash, entry);
  count_.Apply(std::move(entry));
}

void ElectionLedger::Log(std::string_view bytes, const Hash& leaf_hash,
                         const election::Entry& entry) {
  assert(entry.sequence == sequence() + 1);
  log_.Append(bytes, leaf_hash);
  recorded_at_ = std::max(recorded_at_, entry.recorded_at);
}

election::Entry ElectionLedger::EntryAt(std::int64_t sequence) const {
  assert(1 <= sequence && sequence <= this->sequence());
  // Every entry was decoded or encoded before it was added to the log.
  return *Decode(log_.Get(sequence));
}

election::Entry ElectionLedger::CountedEntryAt(std::int64_t sequence) const {
  return election::AsCounted(EntryAt(sequence));
}

ElectionLedger::Acknowledgement ElectionLedger::AcknowledgementOf(
    const election::Entry& entry) const {
  const auto* const opening = std::get_if<election::SealOpening>(&entry.event);
  if (opening == nullptr) {
    return {.sequence = entry.sequence,
            .entry_hash = log_.LeafHashOf(entry.sequence),
            .recorded_at = entry.recorded_at};
  }
  return {.sequence = opening->seal_sequence,
          .entry_hash = log_.LeafHashOf(opening->seal_sequence),
          .recorded_at = EntryAt(opening->seal_sequence).recorded_at,
          .sealed = true};
}

}  // namespace canvass::ledger
