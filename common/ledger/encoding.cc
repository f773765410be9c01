#include "common/ledger/encoding.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/tally.h"
#include "common/ledger/bytes.h"
#include "common/ledger/seal.h"

// Every entry has exactly one encoding. Its grammar, in the order of the bytes, without padding:
//
//   entry           = version kind sequence recorded-at actor event
//   version         = %x01 / %x02 / %x03             ; the lowest in which the entry can be written
//   kind            = %x01 definition-change / %x02 definition-seal / %x03 report-recorded /
//                     %x04 report-release / %x05 report-annulment / %x06 report-reinstatement /
//                     %x07 poll-figures / %x08 result-certification / %x09 contest-reopening /
//                     %x0A embargo-seal / %x0B seal-opening / %x0C seal-withdrawal /
//                     %x0D annulment-proposal / %x0E certification-proposal
//                                                    ; the type of `event`; from %x0A on version 2,
//                                                    ; from %x0D on version 3
//   sequence        = whole                          ; from 1
//   recorded-at     = time
//   actor           = text
//
//   definition-change = flags(election) reason [election] list(contest) list(source) list(area)
//                     list(station)
//   election        = flags(policy rehearsal) id names languages polling-date time-zone [policy]
//                     previous-election-id [rehearsal] notices
//   policy          = flags(polls-close-at two-operators) list(rule severity)
//                     invalid-share-high blank-share-high [polls-close-at]
//                                                    ; two-operators: version 3
//   contest         = flags(blank-votes-valid) id names area-id list(candidate)
//                     [blank-votes-valid]
//   candidate       = flags(withdrawn) id names affiliations [withdrawn]
//   source          = flags(visible-from) id source-kind names list(organisation) [visible-from]
//                     sample-tag design-effect
//   area            = id parent-id area-kind names
//   station         = flags(registered-voters counted-at closed-reason) id area-id names list(tag)
//                     [registered-voters] [counted-at] [closed-reason]
//   definition-seal = parts digest                   ; whole, 32 bytes
//
//   report-recorded = key revision content list(finding)
//   key             = contest-no source-no station-no
//   content         = flags(held interviews counted-at) reason counts [counted-at]
//                     list(document)                 ; held is 0 in EncodeContent
//   counts          = given *number list(vote)
//   given           = one byte, a bit for each number that is known, lowest first: registered,
//                     issued, cast, blank, invalid, asked, refused, undecided
//   number          = whole                          ; in the order of their bits
//   vote            = whole                          ; number + 1, 0 for unknown
//   document        = sha256 uri
//   finding         = rule severity field list(name signed) subject
//
//   report-release       = key revision reason list(document)
//   report-annulment     = flags(station-expected-again proposed-by) key revision reason
//                     list(document) [proposed-by]   ; proposed-by: version 3
//   report-reinstatement = key revision reason list(document)
//   poll-figures    = flags(retracted sample-size published-at) contest-no source-no area-no
//                     revision reason list(candidate-no share) [sample-size] margin-of-error
//                     [published-at] list(document)
//   result-certification = flags(accept-incomplete proposed-by) contest-no source-no number
//                     certified-sequence tally progress list(elected-candidate-no) reason
//                     list(document) [proposed-by]   ; proposed-by: version 3
//   tally           = reports flagged 8sum list(sum) ; the numbers of `given`, then the votes
//   sum             = total unknown
//   progress        = expected counted annulled held closed registered-expected
//                     registered-counted
//   contest-reopening = contest-no source-no reopening-status reason list(document)
//
//   embargo-seal    = source-no visible-from commitment  ; whole, time, 32 bytes
//   seal-opening    = seal-sequence nonce sealed-content ; whole, 32 bytes
//   sealed-content  = kind actor event               ; kinds %x03 to %x07 and %x0D
//   seal-withdrawal = source-no seal-sequence reason list(document)
//   annulment-proposal     = report-annulment
//   certification-proposal = result-certification
//
//   flags(a b ...)  = one byte, a bit for each, lowest first: true, or present; other bits are 0
//   [x]             = x if its flag says that it is present; [x] of a truth value is %x00 or %x01
//   list(x)         = whole *x                       ; the number of elements, then the elements
//   names           = list(tag text)                 ; also affiliations and notices
//   whole           = varint                         ; unsigned, within its field's range
//   signed          = varint                         ; zigzag: 0, -1, 1, -2, ...
//   varint          = *(%x80-FF) %x00-7F             ; LEB128, 7 bits a byte, lowest first, in as
//                                                    ; few bytes as it needs, at most 64 bits
//   time            = signed                         ; microseconds since the Unix epoch
//   text            = varint *byte                   ; number of bytes, then UTF-8 (not checked)
//   rule, severity, source-kind, reopening-status = one byte, the enumerator's number
//
// Parts of the election are encoded as their numbers, i.e. positions in the order of definition,
// from 0. A field without a rule above is a whole if its type in the struct is an integer, and a
// text if it is a string. A new kind or field needs a new version. Every version stays readable
// forever.
namespace canvass::ledger {
namespace {

enum class Kind : std::uint8_t {
  kDefinitionChange = 1,
  kDefinitionSeal = 2,
  kReportRecorded = 3,
  kReportRelease = 4,
  kReportAnnulment = 5,
  kReportReinstatement = 6,
  kPollFigures = 7,
  kResultCertification = 8,
  kContestReopening = 9,
  kEmbargoSeal = 10,
  kSealOpening = 11,
  kSealWithdrawal = 12,
  kAnnulmentProposal = 13,
  kCertificationProposal = 14,
};
constexpr Kind kKindMax = Kind::kCertificationProposal;
constexpr std::uint8_t kVersionMax = 3;

// Maximum number of elements reserved before a list is read, so that a damaged length cannot use up
// the memory of the process.
constexpr std::size_t kReserveMax = 10'000;

// Encodes or decodes the fields of every struct in an entry. The same functions write with a
// ByteWriter and read with a ByteReader.
template <typename Coder>
class EntryFields {
 public:
  // T when reading, const T when writing.
  template <typename T>
  using Part = std::conditional_t<Coder::kReads, T, const T>;

  explicit EntryFields(Coder& coder) : coder_(coder) {}

  void Code(Part<election::DefinitionChange>& change) {
    coder_.Flags(change.election);
    coder_.Text(change.reason);
    if (change.election) Code(*change.election);
    CodeList(change.contests);
    CodeList(change.sources);
    CodeList(change.areas);
    CodeList(change.stations);
  }

  void Code(Part<election::DefinitionSeal>& seal) {
    coder_.Whole(seal.parts);
    coder_.Raw(seal.digest);
  }

  void Code(Part<election::ReportRecorded>& report) {
    Code(report.key);
    coder_.Whole(report.revision);
    CodeContent(report, report.held);
    CodeList(report.findings);
  }

  void Code(Part<election::ReportRelease>& release) {
    Code(release.key);
    coder_.Whole(release.revision);
    coder_.Text(release.reason);
    CodeList(release.documents);
  }

  void Code(Part<election::ReportAnnulment>& annulment) {
    coder_.Flags(annulment.station_expected_again, annulment.proposed_by);
    Code(annulment.key);
    coder_.Whole(annulment.revision);
    coder_.Text(annulment.reason);
    CodeList(annulment.documents);
    if (annulment.proposed_by) coder_.Text(*annulment.proposed_by);
  }

  void Code(Part<election::ReportReinstatement>& reinstatement) {
    Code(reinstatement.key);
    coder_.Whole(reinstatement.revision);
    coder_.Text(reinstatement.reason);
    CodeList(reinstatement.documents);
  }

  void Code(Part<election::PollFigures>& figures) {
    coder_.Flags(figures.retracted, figures.sample_size, figures.published_at);
    coder_.Whole(figures.contest_no);
    coder_.Whole(figures.source_no);
    coder_.Whole(figures.area_no);
    coder_.Whole(figures.revision);
    coder_.Text(figures.reason);
    CodeList(figures.shares);
    if (figures.sample_size) coder_.Whole(*figures.sample_size);
    coder_.Text(figures.margin_of_error_points);
    if (figures.published_at) coder_.Time(*figures.published_at);
    CodeList(figures.documents);
  }

  void Code(Part<election::ResultCertification>& certification) {
    coder_.Flags(certification.accept_incomplete, certification.proposed_by);
    coder_.Whole(certification.contest_no);
    coder_.Whole(certification.source_no);
    coder_.Whole(certification.number);
    coder_.Whole(certification.certified_sequence);
    Code(certification.tally);
    Code(certification.progress);
    CodeList(certification.elected_candidate_nos);
    coder_.Text(certification.reason);
    CodeList(certification.documents);
    if (certification.proposed_by) coder_.Text(*certification.proposed_by);
  }

  void Code(Part<election::ContestReopening>& reopening) {
    coder_.Whole(reopening.contest_no);
    coder_.Whole(reopening.source_no);
    coder_.Enumerator(reopening.status, election::ReopeningStatus::kCorrection,
                      election::ReopeningStatus::kRecount);
    coder_.Text(reopening.reason);
    CodeList(reopening.documents);
  }

  void Code(Part<election::EmbargoSeal>& seal) {
    coder_.Whole(seal.source_no);
    coder_.Time(seal.visible_from);
    coder_.Raw(seal.commitment);
  }

  void Code(Part<election::SealOpening>& opening) {
    coder_.Whole(opening.seal_sequence);
    coder_.Raw(opening.nonce);
    Code(opening.content);
  }

  void Code(Part<election::SealedContent>& content);

  void Code(Part<election::SealWithdrawal>& withdrawal) {
    coder_.Whole(withdrawal.source_no);
    coder_.Whole(withdrawal.seal_sequence);
    coder_.Text(withdrawal.reason);
    CodeList(withdrawal.documents);
  }

  void Code(Part<election::AnnulmentProposal>& proposal) { Code(proposal.annulment); }

  void Code(Part<election::CertificationProposal>& proposal) { Code(proposal.certification); }

  // The part of the report that the submitter provides. `held` shares the byte of its flags.
  void CodeContent(Part<election::ReportRecorded>& report, Part<bool>& held) {
    coder_.Flags(held, report.counts.interviews, report.counted_at);
    coder_.Text(report.reason);
    Code(report.counts);
    if (report.counted_at) coder_.Time(*report.counted_at);
    CodeList(report.documents);
  }

 private:
  void Code(Part<std::string>& text) { coder_.Text(text); }

  void Code(Part<std::int32_t>& number) { coder_.Whole(number); }

  void Code(Part<std::pair<std::string, std::string>>& pair) {
    coder_.Text(pair.first);
    coder_.Text(pair.second);
  }

  void Code(Part<std::pair<std::string, std::int64_t>>& pair) {
    coder_.Text(pair.first);
    coder_.Signed(pair.second);
  }

  void Code(Part<std::pair<election::Rule, election::Severity>>& pair) {
    Code(pair.first);
    Code(pair.second);
  }

  void Code(Part<election::Severity>& severity) {
    coder_.Enumerator(severity, election::Severity::kUnspecified, election::Severity::kReject);
  }

  void Code(Part<election::Rule>& rule) {
    // A newer program may have checked rules that this one does not know. The count does not depend
    // on them: whether a report is held stands beside its findings.
    coder_.Enumerator(rule, election::Rule{1}, election::Rule{255});
  }

  // The value of [x] for a truth value; Flags has coded whether it is present.
  void CodeIfGiven(Part<std::optional<bool>>& value) {
    if (value) coder_.Flags(*value);
  }

  template <typename T, typename CodeElement>
  void CodeList(T& list, const CodeElement& code) {
    if constexpr (Coder::kReads) {
      const std::uint64_t size = coder_.Varint();
      // Every element has at least one byte.
      if (size > coder_.remaining()) coder_.Fail("a list is longer than the entry");
      if (coder_.ok()) list.reserve(std::min<std::size_t>(size, kReserveMax));
      for (std::uint64_t i = 0; i < size && coder_.ok(); ++i) code(list.emplace_back());
    } else {
      coder_.Varint(list.size());
      for (const auto& element : list) code(element);
    }
  }

  template <typename T>
  void CodeList(T& list) {
    CodeList(list, [this](auto& element) { this->Code(element); });
  }

  void Code(Part<election::Policy>& policy) {
    coder_.Flags(policy.polls_close_at, policy.two_operators);
    CodeList(policy.severities);
    coder_.Whole(policy.invalid_share_high_hundredths);
    coder_.Whole(policy.blank_share_high_hundredths);
    if (policy.polls_close_at) coder_.Time(*policy.polls_close_at);
  }

  void Code(Part<election::Election>& election) {
    coder_.Flags(election.policy, election.rehearsal);
    coder_.Text(election.id);
    CodeList(election.names);
    CodeList(election.languages);
    coder_.Text(election.polling_date);
    coder_.Text(election.time_zone);
    if (election.policy) Code(*election.policy);
    coder_.Text(election.previous_election_id);
    CodeIfGiven(election.rehearsal);
    CodeList(election.notices);
  }

  void Code(Part<election::Candidate>& candidate) {
    coder_.Flags(candidate.withdrawn);
    coder_.Text(candidate.id);
    CodeList(candidate.names);
    CodeList(candidate.affiliations);
    CodeIfGiven(candidate.withdrawn);
  }

  void Code(Part<election::Contest>& contest) {
    coder_.Flags(contest.blank_votes_valid);
    coder_.Text(contest.id);
    CodeList(contest.names);
    coder_.Text(contest.area_id);
    CodeList(contest.candidates);
    CodeIfGiven(contest.blank_votes_valid);
  }

  void Code(Part<election::Source>& source) {
    coder_.Flags(source.visible_from);
    coder_.Text(source.id);
    coder_.Enumerator(source.kind, election::SourceKind::kUnspecified,
                      election::SourceKind::kParallelCount);
    CodeList(source.names);
    CodeList(source.organisations);
    if (source.visible_from) coder_.Time(*source.visible_from);
    coder_.Text(source.sample_tag);
    coder_.Text(source.design_effect);
  }

  void Code(Part<election::Area>& area) {
    coder_.Text(area.id);
    coder_.Text(area.parent_id);
    coder_.Text(area.kind);
    CodeList(area.names);
  }

  void Code(Part<election::Station>& station) {
    coder_.Flags(station.registered_voters, station.counted_at_station_id, station.closed_reason);
    coder_.Text(station.id);
    coder_.Text(station.area_id);
    CodeList(station.names);
    CodeList(station.tags);
    if (station.registered_voters) coder_.Whole(*station.registered_voters);
    if (station.counted_at_station_id) coder_.Text(*station.counted_at_station_id);
    if (station.closed_reason) coder_.Text(*station.closed_reason);
  }

  void Code(Part<election::StationKey>& key) {
    coder_.Whole(key.contest_no);
    coder_.Whole(key.source_no);
    coder_.Whole(key.station_no);
  }

  void Code(Part<election::Document>& document) {
    coder_.Text(document.sha256);
    coder_.Text(document.uri);
  }

  void Code(Part<election::Counts>& counts) {
    coder_.Given(election::kUnknown, counts.registered_voters, counts.ballots_issued,
                 counts.ballots_cast, counts.blank_votes, counts.invalid_votes, counts.asked,
                 counts.refused, counts.undecided);
    CodeList(counts.votes, [this](Part<std::int32_t>& vote) { CodeVote(vote); });
  }

  // An unknown vote is encoded as 0.
  void CodeVote(Part<std::int32_t>& vote) {
    if constexpr (Coder::kReads) {
      coder_.Whole(vote);
      vote += election::kUnknown;
    } else {
      coder_.Whole(std::int64_t{vote} - election::kUnknown);
    }
  }

  void Code(Part<election::Finding>& finding) {
    Code(finding.rule);
    Code(finding.severity);
    coder_.Text(finding.field);
    CodeList(finding.numbers);
    coder_.Text(finding.subject);
  }

  void Code(Part<election::PollShare>& share) {
    coder_.Whole(share.candidate_no);
    coder_.Text(share.share_percent);
  }

  void Code(Part<election::Sum>& sum) {
    coder_.Whole(sum.total);
    coder_.Whole(sum.unknown);
  }

  void Code(Part<election::Tally>& tally) {
    coder_.Whole(tally.reports);
    coder_.Whole(tally.flagged);
    Code(tally.registered_voters);
    Code(tally.ballots_issued);
    Code(tally.ballots_cast);
    Code(tally.blank_votes);
    Code(tally.invalid_votes);
    Code(tally.asked);
    Code(tally.refused);
    Code(tally.undecided);
    CodeList(tally.votes);
  }

  void Code(Part<election::Progress>& progress) {
    coder_.Whole(progress.expected);
    coder_.Whole(progress.counted);
    coder_.Whole(progress.annulled);
    coder_.Whole(progress.held);
    coder_.Whole(progress.closed);
    coder_.Whole(progress.registered_expected);
    coder_.Whole(progress.registered_counted);
  }

  Coder& coder_;
};

constexpr Kind KindOf(const election::DefinitionChange&) { return Kind::kDefinitionChange; }
constexpr Kind KindOf(const election::DefinitionSeal&) { return Kind::kDefinitionSeal; }
constexpr Kind KindOf(const election::ReportRecorded&) { return Kind::kReportRecorded; }
constexpr Kind KindOf(const election::ReportRelease&) { return Kind::kReportRelease; }
constexpr Kind KindOf(const election::ReportAnnulment&) { return Kind::kReportAnnulment; }
constexpr Kind KindOf(const election::ReportReinstatement&) { return Kind::kReportReinstatement; }
constexpr Kind KindOf(const election::PollFigures&) { return Kind::kPollFigures; }
constexpr Kind KindOf(const election::ResultCertification&) { return Kind::kResultCertification; }
constexpr Kind KindOf(const election::ContestReopening&) { return Kind::kContestReopening; }
constexpr Kind KindOf(const election::EmbargoSeal&) { return Kind::kEmbargoSeal; }
constexpr Kind KindOf(const election::SealOpening&) { return Kind::kSealOpening; }
constexpr Kind KindOf(const election::SealWithdrawal&) { return Kind::kSealWithdrawal; }
constexpr Kind KindOf(const election::AnnulmentProposal&) { return Kind::kAnnulmentProposal; }
constexpr Kind KindOf(const election::CertificationProposal&) {
  return Kind::kCertificationProposal;
}

// The lowest version in which an event can be written.
template <typename Event>
std::uint8_t VersionOf(const Event& event) {
  const Kind kind = KindOf(event);
  if (kind < Kind::kEmbargoSeal) return 1;
  return kind < Kind::kAnnulmentProposal ? 2 : 3;
}
std::uint8_t VersionOf(const election::DefinitionChange& change) {
  const bool asks = change.election && change.election->policy;
  return asks && change.election->policy->two_operators ? 3 : 1;
}
std::uint8_t VersionOf(const election::ReportAnnulment& annulment) {
  return annulment.proposed_by ? 3 : 1;
}
std::uint8_t VersionOf(const election::ResultCertification& certification) {
  return certification.proposed_by ? 3 : 1;
}
std::uint8_t VersionOf(const election::SealOpening& opening) {
  constexpr std::uint8_t kFirst = 2;
  return std::max(kFirst, std::visit([](const auto& event) { return VersionOf(event); },
                                     opening.content.event));
}

void ReadEvent(ByteReader& reader, Kind kind, election::Event& event) {
  EntryFields fields(reader);
  switch (kind) {
    case Kind::kDefinitionChange:
      return fields.Code(event.emplace<election::DefinitionChange>());
    case Kind::kDefinitionSeal:
      return fields.Code(event.emplace<election::DefinitionSeal>());
    case Kind::kReportRecorded:
      return fields.Code(event.emplace<election::ReportRecorded>());
    case Kind::kReportRelease:
      return fields.Code(event.emplace<election::ReportRelease>());
    case Kind::kReportAnnulment:
      return fields.Code(event.emplace<election::ReportAnnulment>());
    case Kind::kReportReinstatement:
      return fields.Code(event.emplace<election::ReportReinstatement>());
    case Kind::kPollFigures:
      return fields.Code(event.emplace<election::PollFigures>());
    case Kind::kResultCertification:
      return fields.Code(event.emplace<election::ResultCertification>());
    case Kind::kContestReopening:
      return fields.Code(event.emplace<election::ContestReopening>());
    case Kind::kEmbargoSeal:
      return fields.Code(event.emplace<election::EmbargoSeal>());
    case Kind::kSealOpening:
      return fields.Code(event.emplace<election::SealOpening>());
    case Kind::kSealWithdrawal:
      return fields.Code(event.emplace<election::SealWithdrawal>());
    case Kind::kAnnulmentProposal:
      return fields.Code(event.emplace<election::AnnulmentProposal>());
    case Kind::kCertificationProposal:
      return fields.Code(event.emplace<election::CertificationProposal>());
  }
}

void ReadSealedEvent(ByteReader& reader, Kind kind, election::SealedEvent& event) {
  EntryFields fields(reader);
  switch (kind) {
    case Kind::kReportRelease:
      return fields.Code(event.emplace<election::ReportRelease>());
    case Kind::kReportAnnulment:
      return fields.Code(event.emplace<election::ReportAnnulment>());
    case Kind::kReportReinstatement:
      return fields.Code(event.emplace<election::ReportReinstatement>());
    case Kind::kPollFigures:
      return fields.Code(event.emplace<election::PollFigures>());
    case Kind::kAnnulmentProposal:
      return fields.Code(event.emplace<election::AnnulmentProposal>());
    case Kind::kReportRecorded:
      return fields.Code(event.emplace<election::ReportRecorded>());
    default:
      reader.Fail("its kind cannot be sealed");
  }
}

template <typename Coder>
void EntryFields<Coder>::Code(Part<election::SealedContent>& content) {
  if constexpr (Coder::kReads) {
    Kind kind = Kind::kReportRecorded;
    coder_.Enumerator(kind, Kind::kReportRecorded, Kind::kAnnulmentProposal);
    coder_.Text(content.actor);
    if (coder_.ok()) ReadSealedEvent(coder_, kind, content.event);
  } else {
    std::visit([this](const auto& event) { coder_.Byte(static_cast<std::uint8_t>(KindOf(event))); },
               content.event);
    coder_.Text(content.actor);
    std::visit([this](const auto& event) { this->Code(event); }, content.event);
  }
}

absl::Status Damaged(std::string_view bytes, const ByteReader& reader) {
  return MakeError(reason::kEntryMalformed,
                   StrCat("damaged ledger entry: ", reader.problem(), " (byte ",
                          reader.problem_offset(), " of ", bytes.size(), ")"));
}

// What a newer program may write. Its bytes cannot be read, nor counted without.
bool IsUnknown(std::string_view bytes) {
  return bytes.size() > 2 &&
         (static_cast<std::uint8_t>(bytes[0]) > kVersionMax ||
          static_cast<std::uint8_t>(bytes[1]) > static_cast<std::uint8_t>(kKindMax));
}

// Size of a report with a dozen candidates, so that encoding one usually allocates only once.
constexpr std::size_t kTypicalEntryBytes = 96;

}  // namespace

std::string Encode(const election::Entry& entry) {
  std::string bytes;
  bytes.reserve(kTypicalEntryBytes);
  ByteWriter writer(bytes);
  const Kind kind = std::visit([](const auto& event) { return KindOf(event); }, entry.event);
  writer.Byte(std::visit([](const auto& event) { return VersionOf(event); }, entry.event));
  writer.Byte(static_cast<std::uint8_t>(kind));
  writer.Whole(entry.sequence);
  writer.Time(entry.recorded_at);
  writer.Text(entry.actor);
  EntryFields fields(writer);
  std::visit([&fields](const auto& event) { fields.Code(event); }, entry.event);
  return bytes;
}

absl::StatusOr<election::Entry> Decode(std::string_view bytes) {
  if (IsUnknown(bytes)) {
    return MakeError(
        reason::kEntryMalformed,
        StrCat("a ledger entry has version ", static_cast<std::uint8_t>(bytes[0]), " and kind ",
               static_cast<std::uint8_t>(bytes[1]),
               ", which this program does not know: a newer program wrote it; use that "
               "program"));
  }
  election::Entry entry;
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  if (version == 0) reader.Fail("its version is 0");
  Kind kind = Kind::kDefinitionChange;
  reader.Enumerator(kind, Kind::kDefinitionChange, kKindMax);
  reader.Whole(entry.sequence);
  if (entry.sequence == 0) reader.Fail("its sequence is 0");
  reader.Time(entry.recorded_at);
  reader.Text(entry.actor);
  ReadEvent(reader, kind, entry.event);
  if (!reader.AtEnd()) reader.Fail("more bytes follow the end of the entry");
  if (version != std::visit([](const auto& event) { return VersionOf(event); }, entry.event)) {
    reader.Fail("its content belongs to another version");
  }
  if (!reader.ok()) return Damaged(bytes, reader);
  return entry;
}

std::string EncodeContent(const election::ReportRecorded& report) {
  std::string bytes;
  bytes.reserve(kTypicalEntryBytes);
  ByteWriter writer(bytes);
  constexpr bool kNotHeld = false;  // decided by the server, not part of the submitted content
  EntryFields(writer).CodeContent(report, kNotHeld);
  return bytes;
}

std::string EncodeSealed(const election::SealedContent& content) {
  std::string bytes;
  bytes.reserve(kTypicalEntryBytes);
  ByteWriter writer(bytes);
  EntryFields(writer).Code(content);
  return bytes;
}

absl::StatusOr<election::SealedContent> DecodeSealed(std::string_view bytes) {
  election::SealedContent content;
  ByteReader reader(bytes);
  EntryFields(reader).Code(content);
  if (!reader.AtEnd()) reader.Fail("more bytes follow the end of the content");
  if (!reader.ok()) return Damaged(bytes, reader);
  return content;
}

}  // namespace canvass::ledger
