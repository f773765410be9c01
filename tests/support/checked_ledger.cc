#include "tests/support/checked_ledger.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/definition_check.h"
#include "common/election/event.h"
#include "common/election/report_check.h"
#include "common/election/rule.h"
#include "common/election/second_operator.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"

namespace canvass::testing {
namespace {

// 7 February 2024, 20:00 in Baku.
constexpr std::int64_t kFirstEntryUnixSeconds = 1'707'321'600;
constexpr election::SealNonce kNonce{1, 2, 3};

election::DefinitionSeal SealOf(const election::Entry& change) {
  return {.parts = 1, .digest = ledger::Sha256OfHashes({ledger::LeafHash(ledger::Encode(change))})};
}

}  // namespace

CheckedLedger::CheckedLedger(const DefinitionBuilder& definition) {
  Append(definition.Build());
  Append(SealOf(entries_.back()));
}

absl::Status CheckedLedger::Change(election::DefinitionChange request) {
  absl::StatusOr<election::DefinitionChange> change =
      election::CheckDefinitionChange(&count_.definition(), count_, std::move(request));
  if (!change.ok()) return change.status();
  if (change->Parts() == 0) return absl::OkStatus();
  Append(*std::move(change));
  Append(SealOf(entries_.back()));
  return absl::OkStatus();
}

election::CheckedReport CheckedLedger::Submit(const election::StationReport& report) {
  const absl::Time now = absl::FromUnixSeconds(kFirstEntryUnixSeconds + sequence());
  election::CheckedReport checked = election::CheckReport(count_.definition(), report, now);
  if (checked.identified) election::CheckAgainstCount(count_, checked);
  if (checked.outcome != election::Severity::kReject) Append(checked.recorded);
  return checked;
}

absl::StatusOr<std::int64_t> CheckedLedger::Release(
    const election::ReportDecisionRequest& request) {
  return Append(election::CheckRelease(count_, request));
}

absl::StatusOr<std::int64_t> CheckedLedger::Annul(const election::ReportDecisionRequest& request,
                                                  const std::string& actor) {
  return Append(election::CheckAnnulment(count_, request), actor);
}

absl::StatusOr<std::int64_t> CheckedLedger::Reinstate(
    const election::ReportDecisionRequest& request) {
  return Append(election::CheckReinstatement(count_, request));
}

absl::StatusOr<std::int64_t> CheckedLedger::Publish(const election::PollFiguresRequest& request) {
  return Append(election::CheckPollFigures(count_, request));
}

absl::StatusOr<std::int64_t> CheckedLedger::Certify(const election::CertificationRequest& request,
                                                    const std::string& actor) {
  return Append(election::CheckCertification(count_, sequence(), request), actor);
}

absl::StatusOr<std::int64_t> CheckedLedger::Reopen(const election::ReopeningRequest& request) {
  return Append(election::CheckReopening(count_, request));
}

std::int64_t CheckedLedger::Seal(const election::SealedContent& content) {
  const std::int32_t source_no = SourceOf(content.event);
  const election::Source& source =
      count_.definition().sources()[static_cast<std::size_t>(source_no)];
  const std::int64_t sequence =
      Append(election::EmbargoSeal{.source_no = source_no,
                                   .visible_from = source.visible_from.value_or(absl::UnixEpoch()),
                                   .commitment = ledger::CommitmentTo(kNonce, content)});
  sealed_.emplace(sequence, content);
  return sequence;
}

std::int64_t CheckedLedger::Open(std::int64_t seal_sequence) {
  return Append(election::SealOpening{
      .seal_sequence = seal_sequence, .nonce = kNonce, .content = sealed_.at(seal_sequence)});
}

absl::StatusOr<std::int64_t> CheckedLedger::Withdraw(
    const election::SealWithdrawalRequest& request) {
  return Append(election::CheckSealWithdrawal(count_, request));
}

election::StationKey CheckedLedger::KeyOf(const std::string& contest_id,
                                          const std::string& source_id,
                                          const std::string& station_id) const {
  const election::Definition& definition = count_.definition();
  return {.contest_no = definition.FindContest(contest_id).value(),
          .source_no = definition.FindSource(source_id).value(),
          .station_no = definition.FindStation(station_id).value()};
}

std::int64_t CheckedLedger::Append(election::Event event, const std::string& actor) {
  election::Entry entry{.sequence = sequence() + 1,
                        .recorded_at = absl::FromUnixSeconds(kFirstEntryUnixSeconds + sequence()),
                        .actor = actor,
                        .event = std::move(event)};
  count_.Apply(entry);
  entries_.push_back(std::move(entry));
  return sequence();
}

absl::StatusOr<std::int64_t> CheckedLedger::Append(
    const absl::StatusOr<election::Decision>& decision, const std::string& actor) {
  if (!decision.ok()) return decision.status();
  const election::Decision asked = election::AskSecondOperator(count_, actor, *decision);
  if (!asked.event) return asked.standing_sequence;
  return Append(*asked.event, actor);
}

}  // namespace canvass::testing
