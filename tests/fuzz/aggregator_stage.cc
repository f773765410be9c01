#include "tests/fuzz/aggregator_stage.h"

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/rpc/message.h"
#include "common/rpc/message_bytes.h"
#include "services/aggregator/calls/decision_calls.h"
#include "services/aggregator/calls/definition_stream.h"
#include "services/aggregator/calls/election_calls.h"
#include "services/aggregator/calls/ledger_calls.h"
#include "services/aggregator/calls/report_messages.h"
#include "services/aggregator/watch/ledger_cursor.h"
#include "tests/fuzz/paging.h"
#include "tests/fuzz/target.h"
#include "tests/support/reference_count.h"

namespace canvass::fuzz {
namespace {

using aggregator::CommittedLedgers;
using aggregator::Receipt;
using aggregator::ReceiptState;
using aggregator::SubmittedReport;
namespace aggregator_v1 = aggregator::v1;

election::SealNonce SameNonce() { return {1, 2, 3}; }

// The same each time, so that an input always does the same.
aggregator::WriterOptions StageOptions() {
  aggregator::WriterOptions options;
  options.clock_leap_max = absl::InfiniteDuration();
  options.lead_trusted_max = absl::InfiniteDuration();
  options.new_nonce = SameNonce;
  return options;
}

bool IsRecorded(const Receipt& receipt) { return receipt.sequence > 0; }

void RequireGoodReceipt(const Receipt& receipt, const SubmittedReport& submitted) {
  const bool is_refused = receipt.state == ReceiptState::kRefused;
  const bool has_reject = std::any_of(
      receipt.findings.begin(), receipt.findings.end(),
      [](const auto& finding) { return finding.severity == election::Severity::kReject; });
  Require(is_refused == has_reject, "a report is refused for a rule");
  Require(!is_refused || !IsRecorded(receipt), "what is refused is in no entry");
  Require(is_refused || IsRecorded(receipt) || submitted.validate_only,
          "what is recorded or held is in an entry");
}

}  // namespace

std::vector<const google::protobuf::Message*> AggregatorStage::Requests() {
  return {&aggregator_v1::RecordReportsRequest::default_instance(),
          &aggregator_v1::DefineElectionRequest::default_instance(),
          &aggregator_v1::PublishPollFiguresRequest::default_instance(),
          &aggregator_v1::ReleaseReportRequest::default_instance(),
          &aggregator_v1::AnnulReportRequest::default_instance(),
          &aggregator_v1::ReinstateReportRequest::default_instance(),
          &aggregator_v1::CertifyResultRequest::default_instance(),
          &aggregator_v1::ReopenContestRequest::default_instance(),
          &aggregator_v1::WithdrawSealRequest::default_instance(),
          &aggregator_v1::GetReceiptRequest::default_instance(),
          &aggregator_v1::ListLedgerEntriesRequest::default_instance(),
          &aggregator_v1::ListRefusedReportsRequest::default_instance(),
          &aggregator_v1::ListHeldReportsRequest::default_instance(),
          &aggregator_v1::GetElectionRequest::default_instance(),
          &aggregator_v1::ListElectionsRequest::default_instance(),
          &aggregator_v1::WatchLedgerRequest::default_instance(),
          nullptr};
}

AggregatorStage::AggregatorStage() : AggregatorStage(Content{}) {}

AggregatorStage::AggregatorStage(const Content& content)
    : options_(StageOptions()),
      queue_(options_, steady_clock_),
      commits_(store_, appender_, committed_, queue_, clock_, steady_clock_, clock_guard_,
               options_) {
  clock_.Advance(content.passed);
  database_.SetClock(clock_);
  Require(store_.TakeLead().ok() && store_.Append(content.committed).ok() &&
              committed_.CatchUp(store_).ok(),
          "the stage leads");
  Require(clock_guard_.CompareWith(clock_.Now()).ok(), "the clocks agree");
  queue_.SetLead(absl::OkStatus(), steady_clock_.Now());
}

AggregatorStage::Content AggregatorStage::content() {
  Content content{.passed = clock_.Now() - testing::ManualClock().Now()};
  const absl::Status replayed = store_.Replay({}, [&](const aggregator::StoredEntry& stored) {
    content.committed.entries.push_back({.election_id = std::string(stored.election_id),
                                         .entry = *ledger::Decode(stored.bytes),
                                         .bytes = std::string(stored.bytes),
                                         .leaf_hash = stored.leaf_hash});
    return absl::OkStatus();
  });
  Require(replayed.ok(), "a store gives what it holds");
  store_
      .ReplaySealed(
          [&](aggregator::SealedItem item) { content.committed.sealed.push_back(std::move(item)); })
      .IgnoreError();
  store_
      .ReplayRefusals([&](aggregator::Refusal refusal) {
        content.committed.refusals.push_back(std::move(refusal));
      })
      .IgnoreError();
  return content;
}

void AggregatorStage::Take(const Step& step) {
  switch (step.kind % kKinds) {
    case kRecordReports:
      return RecordReports(step.bytes);
    case kDefineElection:
      return DefineElection(step.bytes);
    case kPublishPollFigures:
      return Decide<aggregator_v1::PublishPollFiguresRequest>(step);
    case kReleaseReport:
      return Decide<aggregator_v1::ReleaseReportRequest>(step);
    case kAnnulReport:
      return Decide<aggregator_v1::AnnulReportRequest>(step);
    case kReinstateReport:
      return Decide<aggregator_v1::ReinstateReportRequest>(step);
    case kCertifyResult:
      return Decide<aggregator_v1::CertifyResultRequest>(step);
    case kReopenContest:
      return Decide<aggregator_v1::ReopenContestRequest>(step);
    case kWithdrawSeal:
      return Decide<aggregator_v1::WithdrawSealRequest>(step);
    case kGetReceipt:
      return Answer<aggregator_v1::GetReceiptRequest, aggregator_v1::GetReceiptResponse>(
          step.bytes, [this](const auto& committed, const auto& request, auto& response) {
            return aggregator::GetReceipt(committed, request, clock_.Now(), response);
          });
    case kListLedgerEntries:
      return Answer<aggregator_v1::ListLedgerEntriesRequest,
                    aggregator_v1::ListLedgerEntriesResponse>(step.bytes,
                                                              aggregator::ListLedgerEntries);
    case kListRefusedReports:
      return Answer<aggregator_v1::ListRefusedReportsRequest,
                    aggregator_v1::ListRefusedReportsResponse>(
          step.bytes, [this](const auto& committed, const auto& request, auto& response) {
            return aggregator::ListRefusedReports(committed, request, clock_.Now(), response);
          });
    case kListHeldReports:
      return Answer<aggregator_v1::ListHeldReportsRequest, aggregator_v1::ListHeldReportsResponse>(
          step.bytes, aggregator::ListHeldReports);
    case kGetElection:
      return Answer<aggregator_v1::GetElectionRequest, aggregator_v1::GetElectionResponse>(
          step.bytes, [this](const auto& committed, const auto& request, auto& response) {
            return aggregator::GetElection(committed, request, clock_.Now(), response);
          });
    case kListElections:
      return Answer<aggregator_v1::ListElectionsRequest, aggregator_v1::ListElectionsResponse>(
          step.bytes, aggregator::ListElections);
    case kWatchLedger:
      return WatchLedger(step.bytes);
    default:
      return PassTime(step.bytes);
  }
}

std::int64_t AggregatorStage::entries() const {
  return committed_.Reading([](const CommittedLedgers::Contents& committed) {
    std::int64_t entries = 0;
    for (const auto& [election_id, ledger] : committed.ledgers) entries += ledger->sequence();
    return entries;
  });
}

std::int64_t AggregatorStage::decided() const {
  return committed_.Reading([](const CommittedLedgers::Contents& committed) {
    std::int64_t decided = 0;
    for (const auto& [election_id, ledger] : committed.ledgers) {
      for (std::int64_t sequence = 1; sequence <= ledger->sequence(); ++sequence) {
        const election::Entry entry = ledger->EntryAt(sequence);
        if (!std::holds_alternative<election::SealOpening>(entry.event)) ++decided;
      }
    }
    return decided;
  });
}

// If everything was recorded or held, sending the message again gives the same entries.
void AggregatorStage::RecordReports(const std::string& bytes) {
  const auto reports = aggregator::ParseReports(rpc::ToByteBuffer(bytes));
  if (!reports.ok()) return RequireGoodError(reports.status());
  const std::int64_t before = decided();
  const std::vector<Receipt> receipts = Submit(*reports);
  Require(receipts.size() == reports->size(), "every report gets a receipt");
  std::int64_t recorded = 0;
  bool is_all_recorded = true;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    RequireGoodReceipt(receipts[i], (*reports)[i]);
    if (IsRecorded(receipts[i]) && !receipts[i].repeated_submission) ++recorded;
    is_all_recorded = is_all_recorded && IsRecorded(receipts[i]);
  }
  const std::int64_t after = decided();
  Require(after == before + recorded, "each recorded report is one entry");
  aggregator_v1::RecordReportsResponse response;
  Require(rpc::ParseMessage(aggregator::SerializeReceipts(receipts), response).ok() &&
              Index(response.receipts_size()) == receipts.size(),
          "a reporter can read the receipts");
  if (!is_all_recorded) return;
  const std::vector<Receipt> again = Submit(*reports);
  Require(decided() == after, "what is submitted again changes nothing");
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    Require(again[i].sequence == receipts[i].sequence &&
                again[i].entry_hash == receipts[i].entry_hash && again[i].repeated_submission,
            "what is submitted again gets the first receipt");
  }
}

void AggregatorStage::DefineElection(const std::string& bytes) {
  aggregator_v1::DefineElectionRequest request;
  if (!request.ParseFromString(bytes)) return;
  const auto define = [&]() -> absl::StatusOr<aggregator::DefinitionOutcome> {
    aggregator::DefinitionParts parts;
    const absl::Status added = parts.Add(request);
    if (!added.ok()) return added;
    absl::StatusOr<aggregator::ProposedDefinition> proposed = parts.Take();
    if (!proposed.ok()) return proposed.status();
    return Define(*std::move(proposed));
  };
  const std::int64_t before = decided();
  const absl::StatusOr<aggregator::DefinitionOutcome> outcome = define();
  const std::int64_t after = decided();
  if (!outcome.ok()) {
    Require(after == before, "a definition that is refused changes nothing");
    return RequireGoodError(outcome.status());
  }
  const bool is_kept = outcome->parts_changed > 0 && !request.validate_only();
  Require((after > before) == is_kept, "a definition is kept if it changes something");
  if (!is_kept) return;
  const absl::StatusOr<aggregator::DefinitionOutcome> again = define();
  Require(again.ok() && again->parts_changed == 0 && again->sequence == outcome->sequence &&
              decided() == after,
          "the same definition changes nothing");
}

template <typename Request>
void AggregatorStage::Decide(const Step& step) {
  Request request;
  if (!request.ParseFromString(step.bytes)) return;
  auto proposed = aggregator::DecisionOf(request);
  if (!proposed.ok()) return RequireGoodError(proposed.status());
  proposed->actor = StrCat("operator/", step.kind / kKinds);
  const std::int64_t before = decided();
  const absl::StatusOr<aggregator::DecisionOutcome> outcome = Decision(*proposed);
  const std::int64_t after = decided();
  if (!outcome.ok()) {
    Require(after == before, "a decision that is refused changes nothing");
    return RequireGoodError(outcome.status());
  }
  Require(outcome->sequence > 0 && after - before <= 1, "a decision is one entry");
  if constexpr (std::is_same_v<Request, aggregator_v1::CertifyResultRequest>) {
    if (!outcome->awaits_second_operator) RequireCertified(request);
  }
  const absl::StatusOr<aggregator::DecisionOutcome> again = Decision(*proposed);
  Require(again.ok() && again->sequence == outcome->sequence && decided() == after,
          "the same decision gets the first entry");
}

void AggregatorStage::RequireCertified(const aggregator_v1::CertifyResultRequest& request) {
  aggregator_v1::CertifyResultResponse response;
  const absl::Status read = committed_.Reading([&](const auto& committed) {
    return aggregator::GetCertifiedResult(committed, request, clock_.Now(), response);
  });
  Require(read.ok(), "a result that was certified can be read");
  RequireReadable(response, rpc::kRequestBytesMax);
}

template <typename Request, typename Response, typename Read>
void AggregatorStage::Answer(const std::string& bytes, Read read) {
  Request request;
  if (!request.ParseFromString(bytes)) return;
  RequireGoodAnswers<Response>(request, [&](const Request& asked, Response& response) {
    return committed_.Reading([&](const CommittedLedgers::Contents& committed) {
      return read(committed, asked, response);
    });
  });
}

void AggregatorStage::WatchLedger(const std::string& bytes) {
  aggregator_v1::WatchLedgerRequest request;
  if (!request.ParseFromString(bytes)) return;
  absl::StatusOr<aggregator::LedgerCursor> cursor =
      aggregator::LedgerCursor::Start(request, committed_);
  if (!cursor.ok()) return RequireGoodError(cursor.status());
  constexpr int kMessagesMax = 100;
  for (int i = 0;; ++i) {
    Require(i < kMessagesMax, "a watcher gets to the end of the ledger");
    const auto next = cursor->Advance(clock_.Now());
    if (!next.ok()) return RequireGoodError(next.status());
    if (next->message) {
      RequireReadable(*next->message, std::size_t{8} << 20U);
      if (next->message->step_complete()) Learn(next->message->root_hash());
    }
    if (!next->more) return;
  }
}

void AggregatorStage::PassTime(const std::string& bytes) {
  if (bytes.empty()) return;
  clock_.Advance(static_cast<std::uint8_t>(bytes[0]) * absl::Minutes(10));
  CommitAll();
}

std::vector<Receipt> AggregatorStage::Submit(std::vector<SubmittedReport> reports) {
  if (reports.empty()) return {};  // as LedgerWriter does
  const std::size_t weight = reports.size();
  std::optional<absl::StatusOr<std::vector<Receipt>>> answer;
  aggregator::PendingReports pending{
      .reports = std::move(reports),
      .done = [&answer](auto receipts) { answer.emplace(std::move(receipts)); }};
  queue_.Accept(std::make_unique<aggregator::WriteRequest>(
      aggregator::WriteRequest{.what = std::move(pending), .weight = weight}));
  CommitAll();
  Require(answer.has_value() && answer->ok(), "reports are answered");
  return **std::move(answer);
}

absl::StatusOr<aggregator::DecisionOutcome> AggregatorStage::Decision(
    const aggregator::ProposedDecision& proposed) {
  std::optional<absl::StatusOr<aggregator::DecisionOutcome>> answer;
  aggregator::PendingDecision pending{.proposed = proposed,
                                      .done = [&answer](auto outcome) { answer.emplace(outcome); }};
  queue_.Accept(std::make_unique<aggregator::WriteRequest>(
      aggregator::WriteRequest{.what = std::move(pending)}));
  CommitAll();
  Require(answer.has_value(), "a decision is answered");
  return *std::move(answer);
}

absl::StatusOr<aggregator::DefinitionOutcome> AggregatorStage::Define(
    aggregator::ProposedDefinition proposed) {
  std::optional<absl::StatusOr<aggregator::DefinitionOutcome>> answer;
  aggregator::PendingDefinition pending{
      .proposed = std::move(proposed),
      .done = [&answer](auto outcome) { answer.emplace(outcome); }};
  queue_.Accept(std::make_unique<aggregator::WriteRequest>(
      aggregator::WriteRequest{.what = std::move(pending)}));
  CommitAll();
  Require(answer.has_value(), "a definition is answered");
  return *std::move(answer);
}

// Until everything is answered, and no seal can be opened.
void AggregatorStage::CommitAll() {
  do {
    const absl::Status committed = commits_.CommitNext();
    Require(committed.ok(), "a commit succeeds");
  } while (!commits_.empty() || commits_.appending() ||
           commits_.UntilOpening() <= absl::ZeroDuration());
}

std::vector<aggregator_v1::WatchLedgerResponse> AggregatorStage::Watched() const {
  auto cursor = aggregator::LedgerCursor::Start({}, committed_);
  std::vector<aggregator_v1::WatchLedgerResponse> messages;
  for (bool more = true; more;) {
    auto next = cursor->Advance(clock_.Now());
    if (next->message) messages.push_back(*std::move(next->message));
    more = next->more;
  }
  return messages;
}

std::vector<std::string> AggregatorStage::EntriesOf(const std::string& election_id) const {
  std::vector<std::string> entries;
  for (const auto& stored : database_.EntriesOf(election_id)) entries.push_back(stored.bytes);
  return entries;
}

void AggregatorStage::RequireConsistent() const {
  committed_.Reading([](const CommittedLedgers::Contents& committed) {
    for (const auto& [election_id, ledger] : committed.ledgers) {
      ledger::ElectionLedger folded(election_id);
      for (std::int64_t i = 1; i <= ledger->sequence(); ++i) {
        const std::string_view bytes = ledger->log().Get(i);
        const absl::StatusOr<election::Entry> entry = ledger::Decode(bytes);
        Require(entry.ok() && ledger::Encode(*entry) == bytes, "an entry has one spelling");
        const absl::Status appended = folded.Append(bytes);
        Require(appended.ok(), "everybody can fold what was committed: " + appended.ToString());
      }
      Require(folded.log().Root() == ledger->log().Root(), "the same entries have the same root");
      RequireSameAsReference(*ledger);
    }
    return 0;
  });
}

void RequireSameAsReference(const ledger::ElectionLedger& ledger) {
  const election::Count& count = ledger.count();
  if (!count.defined()) return;
  std::vector<election::Entry> entries;
  for (std::int64_t i = 1; i <= ledger.sequence(); ++i) entries.push_back(ledger.CountedEntryAt(i));
  const testing::ReferenceCount reference(entries);
  Require(count.HeldReports() == reference.HeldReports(), "the held reports are the oracle's");
  const auto contests = static_cast<int>(reference.contests().size());
  const auto sources = static_cast<int>(reference.sources().size());
  const auto areas = static_cast<int>(reference.areas().size());
  const auto stations = static_cast<int>(reference.stations().size());
  for (int contest = 0; contest < contests; ++contest) {
    for (int source = 0; source < sources; ++source) {
      for (int area = 0; area < areas; ++area) {
        Require(count.TallyOfArea(contest, source, area) ==
                    reference.TallyOf(contest, source, area, ""),
                "totals are the oracle's");
        Require(count.ProgressOfArea(contest, source, area) ==
                    reference.ProgressOf(contest, source, area, ""),
                "the progress is the oracle's");
        Require(count.StatusOf(contest, source, area) == reference.StatusOf(contest, source, area),
                "the status is the oracle's");
      }
      for (int station = 0; station < stations; ++station) {
        const election::StationKey key{contest, source, station};
        Require(count.StandingOf(key).state == reference.StateOf(key),
                "the state of a station is the oracle's");
      }
    }
  }
}

}  // namespace canvass::fuzz
