#include "services/canvass/views/entry_view.h"

#include <string_view>

#include "fmt/format.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

using Event = v1::LedgerEntry;

std::string KeyText(const v1::ReportKey& key) {
  return fmt::format("{} revision {} ({}, {})", key.station_id(), key.revision(), key.contest_id(),
                     key.source_id());
}

std::string ContestText(std::string_view contest_id, std::string_view source_id) {
  return fmt::format("{} ({})", contest_id, source_id);
}

std::string PollText(const v1::PollFigures& figures) {
  std::vector<std::string> shares;
  for (const v1::PollShare& share : figures.shares()) {
    shares.push_back(fmt::format("{} {} %", share.candidate_id(), share.share_percent()));
  }
  return fmt::format("{} revision {}: {}", figures.source_id(), figures.revision(),
                     fmt::join(shares, ", "));
}

std::string ProposerText(std::string_view proposed_by) {
  return proposed_by.empty() ? "" : fmt::format(" (proposed by {})", proposed_by);
}

std::string AnnulmentReason(const v1::ReportAnnulment& annulment) {
  const bool again = annulment.station_expected_again();
  return annulment.reason() + (again ? " (the station is expected again)" : "") +
         ProposerText(annulment.proposed_by());
}

std::string CertificationReason(const v1::ResultCertification& certification) {
  return certification.result().certification().reason() +
         ProposerText(certification.proposed_by());
}

// Returns an entry with what a seal hid, as it would be without an embargo.
v1::LedgerEntry Unsealed(const v1::SealOpening& opening) {
  v1::LedgerEntry entry;
  switch (opening.content_case()) {
    case v1::SealOpening::kReport:
      *entry.mutable_report() = opening.report();
      break;
    case v1::SealOpening::kRelease:
      *entry.mutable_release() = opening.release();
      break;
    case v1::SealOpening::kAnnulment:
      *entry.mutable_annulment() = opening.annulment();
      break;
    case v1::SealOpening::kReinstatement:
      *entry.mutable_reinstatement() = opening.reinstatement();
      break;
    case v1::SealOpening::kPollFigures:
      *entry.mutable_poll_figures() = opening.poll_figures();
      break;
    case v1::SealOpening::kAnnulmentProposal:
      *entry.mutable_annulment_proposal() = opening.annulment_proposal();
      break;
    case v1::SealOpening::CONTENT_NOT_SET:
      break;
  }
  return entry;
}

}  // namespace

v1::LedgerEntry Unsealed(const v1::LedgerEntry& entry) {
  if (!entry.has_seal_opening()) return entry;
  v1::LedgerEntry unsealed = Unsealed(entry.seal_opening());
  unsealed.set_sequence(entry.sequence());
  *unsealed.mutable_recorded_at() = entry.recorded_at();
  unsealed.set_actor(entry.seal_opening().actor());
  return unsealed;
}

std::string EventKind(const v1::LedgerEntry& entry) {
  switch (entry.event_case()) {
    case Event::kDefinition:
      return "definition";
    case Event::kSeal:
      return "definition sealed";
    case Event::kReport:
      return entry.report().held() ? "report held" : "report recorded";
    case Event::kRelease:
      return "report released";
    case Event::kAnnulment:
      return "report annulled";
    case Event::kReinstatement:
      return "report reinstated";
    case Event::kPollFigures:
      return entry.poll_figures().retracted() ? "poll retracted" : "poll figures";
    case Event::kCertification:
      return "result certified";
    case Event::kReopening:
      return "contest reopened";
    case Event::kEmbargoSeal:
      return "sealed";
    case Event::kSealOpening:
      return fmt::format("seal opened: {}", EventKind(Unsealed(entry.seal_opening())));
    case Event::kSealWithdrawal:
      return "seal withdrawn";
    case Event::kAnnulmentProposal:
      return "annulment proposed";
    case Event::kCertificationProposal:
      return "certification proposed";
    case Event::EVENT_NOT_SET:
      break;
  }
  return "unknown";
}

std::string EventSubject(const v1::LedgerEntry& entry) {
  switch (entry.event_case()) {
    case Event::kDefinition:
      return PartsText(entry.definition());
    case Event::kSeal:
      return Counted(entry.seal().parts(), "entry", "entries");
    case Event::kReport: {
      const v1::StationReport& report = entry.report().report();
      return fmt::format("{} revision {} ({}, {})", report.station_id(), report.revision(),
                         report.contest_id(), report.source_id());
    }
    case Event::kRelease:
      return KeyText(entry.release().key());
    case Event::kAnnulment:
      return KeyText(entry.annulment().key());
    case Event::kReinstatement:
      return KeyText(entry.reinstatement().key());
    case Event::kPollFigures:
      return PollText(entry.poll_figures());
    case Event::kCertification:
      return ContestText(entry.certification().contest_id(), entry.certification().source_id());
    case Event::kReopening:
      return ContestText(entry.reopening().contest_id(), entry.reopening().source_id());
    case Event::kEmbargoSeal:
      return entry.embargo_seal().source_id();
    case Event::kSealOpening:
      return EventSubject(Unsealed(entry.seal_opening()));
    case Event::kSealWithdrawal:
      return fmt::format("seal {} ({})", entry.seal_withdrawal().seal_sequence(),
                         entry.seal_withdrawal().source_id());
    case Event::kAnnulmentProposal:
      return KeyText(entry.annulment_proposal().key());
    case Event::kCertificationProposal:
      return ContestText(entry.certification_proposal().contest_id(),
                         entry.certification_proposal().source_id());
    case Event::EVENT_NOT_SET:
      break;
  }
  return "";
}

std::string EventReason(const v1::LedgerEntry& entry) {
  switch (entry.event_case()) {
    case Event::kDefinition:
      return entry.definition().reason();
    case Event::kReport: {
      const std::string& reason = entry.report().report().reason();
      const std::string found = RulesText(entry.report().findings());
      return reason.empty() || found.empty() ? reason + found
                                             : fmt::format("{}; {}", reason, found);
    }
    case Event::kRelease:
      return entry.release().reason();
    case Event::kAnnulment:
      return AnnulmentReason(entry.annulment());
    case Event::kAnnulmentProposal:
      return AnnulmentReason(entry.annulment_proposal());
    case Event::kReinstatement:
      return entry.reinstatement().reason();
    case Event::kPollFigures:
      return entry.poll_figures().reason();
    case Event::kCertification:
      return CertificationReason(entry.certification());
    case Event::kCertificationProposal:
      return CertificationReason(entry.certification_proposal());
    case Event::kReopening:
      return fmt::format("{}: {}", StatusText(entry.reopening().status()),
                         entry.reopening().reason());
    case Event::kSealOpening:
      return EventReason(Unsealed(entry.seal_opening()));
    case Event::kSealWithdrawal:
      return entry.seal_withdrawal().reason();
    case Event::kSeal:
    case Event::kEmbargoSeal:
    case Event::EVENT_NOT_SET:
      break;
  }
  return "";
}

std::vector<Column> EntryColumns() {
  return {
      {"sequence", "sequence", ColumnKind::kCount}, {"recorded_at", "recorded", ColumnKind::kText},
      {"actor", "actor", ColumnKind::kText},        {"event", "event", ColumnKind::kText},
      {"subject", "about", ColumnKind::kText},      {"reason", "reason", ColumnKind::kText}};
}

Row EntryRow(const v1::LedgerEntry& entry, const ElectionNames& names) {
  return {std::to_string(entry.sequence()),
          names.Time(entry.recorded_at()),
          entry.actor(),
          EventKind(entry),
          EventSubject(entry),
          EventReason(entry)};
}

std::string PartsText(const v1::DefinitionChange& change) {
  std::vector<std::string> parts;
  if (change.has_election()) parts.emplace_back("election");
  const auto add = [&parts](int count, std::string_view one, std::string_view several) {
    if (count > 0) parts.push_back(Counted(count, one, several));
  };
  add(change.contests_size(), "contest", "contests");
  add(change.sources_size(), "source", "sources");
  add(change.areas_size(), "area", "areas");
  add(change.stations_size(), "station", "stations");
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string RulesText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings) {
  std::vector<std::string> rules;
  for (const v1::Finding& finding : findings) rules.push_back(finding.rule());
  return fmt::format("{}", fmt::join(rules, ", "));
}

std::string FindingsText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings) {
  std::vector<std::string> messages;
  for (const v1::Finding& finding : findings) messages.push_back(finding.message());
  return fmt::format("{}", fmt::join(messages, " "));
}

}  // namespace canvass::cli
