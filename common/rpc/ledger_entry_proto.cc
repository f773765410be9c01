#include "common/rpc/ledger_entry_proto.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/result_proto.h"

namespace canvass::rpc {
namespace {

const election::Contest& ContestOf(const election::Definition& definition,
                                   std::int32_t contest_no) {
  return definition.contests()[Index(contest_no)];
}

const std::string& SourceIdOf(const election::Definition& definition, std::int32_t source_no) {
  return definition.sources()[Index(source_no)].id;
}

// Visitor that writes an event into a proto entry.
class EventToProto {
 public:
  EventToProto(const election::Definition& definition, const election::Entry& entry,
               v1::LedgerEntry* out)
      : definition_(definition), entry_(entry), out_(out) {}

  void operator()(const election::DefinitionChange& change) const {
    *out_->mutable_definition() = ToProto(change);
  }

  void operator()(const election::DefinitionSeal& seal) const {
    out_->mutable_seal()->set_parts(seal.parts);
    out_->mutable_seal()->set_digest(ledger::ToHex(seal.digest));
  }

  void operator()(const election::ReportRecorded& report) const {
    v1::ReportRecorded& out = *out_->mutable_report();
    *out.mutable_report() = ToProto(definition_, report);
    out.set_held(report.held);
    for (const election::Finding& finding : report.findings) *out.add_findings() = ToProto(finding);
  }

  void operator()(const election::ReportRelease& release) const {
    SetDecision(release, out_->mutable_release());
  }

  void operator()(const election::ReportAnnulment& annulment) const {
    SetDecision(annulment, out_->mutable_annulment());
    out_->mutable_annulment()->set_station_expected_again(annulment.station_expected_again);
  }

  void operator()(const election::ReportReinstatement& reinstatement) const {
    SetDecision(reinstatement, out_->mutable_reinstatement());
  }

  void operator()(const election::PollFigures& figures) const {
    *out_->mutable_poll_figures() = ToProto(definition_, figures);
  }

  void operator()(const election::ResultCertification& certification) const {
    v1::ResultCertification& out = *out_->mutable_certification();
    out.set_contest_id(ContestOf(definition_, certification.contest_no).id);
    out.set_source_id(SourceIdOf(definition_, certification.source_no));
    *out.mutable_result() = CertifiedResultOf(definition_, {.sequence = entry_.sequence,
                                                            .certified_at = entry_.recorded_at,
                                                            .certification = certification});
  }

  void operator()(const election::ContestReopening& reopening) const {
    v1::ContestReopening& out = *out_->mutable_reopening();
    out.set_contest_id(ContestOf(definition_, reopening.contest_no).id);
    out.set_source_id(SourceIdOf(definition_, reopening.source_no));
    out.set_status(static_cast<v1::ResultStatus>(reopening.status));
    out.set_reason(reopening.reason);
    ToProto(reopening.documents, out.mutable_documents());
  }

 private:
  // Sets the fields that all decisions about a report have.
  template <typename Decision, typename Out>
  void SetDecision(const Decision& decision, Out* out) const {
    *out->mutable_key() = ToProto(definition_, decision.key, decision.revision);
    out->set_reason(decision.reason);
    ToProto(decision.documents, out->mutable_documents());
  }

  const election::Definition& definition_;
  const election::Entry& entry_;
  v1::LedgerEntry* const out_;
};

}  // namespace

v1::LedgerEntry LedgerEntryAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                              absl::Time now) {
  assert(1 <= sequence && sequence <= ledger.sequence());
  v1::LedgerEntry out;
  out.set_sequence(sequence);
  out.set_entry_hash(ledger::ToHex(ledger.log().LeafHashOf(sequence)));
  if (ledger.log().IsHidden(sequence)) return out;
  const election::Entry entry = ledger.EntryAt(sequence);
  const election::Definition& definition = ledger.count().definition();
  if (ledger::IsUnderEmbargo(definition, entry.event, now)) return out;
  *out.mutable_recorded_at() = ToProto(entry.recorded_at);
  out.set_actor(entry.actor);
  out.set_entry(std::string(ledger.log().Get(sequence)));
  std::visit(EventToProto(definition, entry, &out), entry.event);
  return out;
}

v1::Receipt ReceiptAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                      bool repeated_submission) {
  assert(1 <= sequence && sequence <= ledger.sequence() && !ledger.log().IsHidden(sequence));
  const election::Entry entry = ledger.EntryAt(sequence);
  assert(std::holds_alternative<election::ReportRecorded>(entry.event));
  const auto& report = std::get<election::ReportRecorded>(entry.event);
  v1::Receipt out;
  *out.mutable_key() = ToProto(ledger.count().definition(), report.key, report.revision);
  out.set_state(report.held ? v1::RECEIPT_STATE_HELD : v1::RECEIPT_STATE_RECORDED);
  out.set_sequence(sequence);
  out.set_entry_hash(ledger::ToHex(ledger.log().LeafHashOf(sequence)));
  *out.mutable_recorded_at() = ToProto(entry.recorded_at);
  for (const election::Finding& finding : report.findings) *out.add_findings() = ToProto(finding);
  out.set_repeated_submission(repeated_submission);
  return out;
}

}  // namespace canvass::rpc
