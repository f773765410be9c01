#include "common/rpc/ledger_entry_proto.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <variant>

#include "canvass/v1/result.pb.h"
#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/result_proto.h"

namespace canvass::rpc {
namespace {

// Visitor that writes an event that can be sealed into a LedgerEntry or a SealOpening.
template <typename Out>
class SealedEventToProto {
 public:
  SealedEventToProto(const election::Definition& definition, Out* out)
      : definition_(definition), out_(out) {}

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
    SetAnnulment(annulment, out_->mutable_annulment());
  }

  void operator()(const election::AnnulmentProposal& proposal) const {
    SetAnnulment(proposal.annulment, out_->mutable_annulment_proposal());
  }

  void operator()(const election::ReportReinstatement& reinstatement) const {
    SetDecision(reinstatement, out_->mutable_reinstatement());
  }

  void operator()(const election::PollFigures& figures) const {
    *out_->mutable_poll_figures() = ToProto(definition_, figures);
  }

 private:
  void SetAnnulment(const election::ReportAnnulment& annulment, v1::ReportAnnulment* out) const {
    SetDecision(annulment, out);
    out->set_station_expected_again(annulment.station_expected_again);
    out->set_proposed_by(annulment.proposed_by.value_or(""));
  }

  // Sets the fields that all decisions about a report have.
  template <typename Decision, typename DecisionOut>
  void SetDecision(const Decision& decision, DecisionOut* out) const {
    *out->mutable_key() = ToProto(definition_, decision.key, decision.revision);
    out->set_reason(decision.reason);
    ToProto(decision.documents, out->mutable_documents());
  }

  const election::Definition& definition_;
  Out* const out_;
};

// Visitor that writes an event into a proto entry.
class EventToProto : public SealedEventToProto<v1::LedgerEntry> {
 public:
  EventToProto(const election::Definition& definition, const election::Entry& entry,
               v1::LedgerEntry* out)
      : SealedEventToProto(definition, out), definition_(definition), entry_(entry), out_(out) {}

  using SealedEventToProto::operator();

  void operator()(const election::DefinitionChange& change) const {
    *out_->mutable_definition() = ToProto(change);
  }

  void operator()(const election::DefinitionSeal& seal) const {
    out_->mutable_seal()->set_parts(seal.parts);
    out_->mutable_seal()->set_digest(ledger::ToHex(seal.digest));
  }

  void operator()(const election::ResultCertification& certification) const {
    SetCertification(certification, *out_->mutable_certification());
  }

  void operator()(const election::CertificationProposal& proposal) const {
    v1::ResultCertification& out = *out_->mutable_certification_proposal();
    SetCertification(proposal.certification, out);
    out.mutable_result()->clear_status();
  }

  void operator()(const election::ContestReopening& reopening) const {
    v1::ContestReopening& out = *out_->mutable_reopening();
    out.set_contest_id(ContestOf(definition_, reopening.contest_no).id);
    out.set_source_id(SourceIdOf(definition_, reopening.source_no));
    out.set_status(static_cast<v1::ResultStatus>(reopening.status));
    out.set_reason(reopening.reason);
    ToProto(reopening.documents, out.mutable_documents());
  }

  void operator()(const election::EmbargoSeal& seal) const {
    v1::EmbargoSeal& out = *out_->mutable_embargo_seal();
    out.set_source_id(SourceIdOf(definition_, seal.source_no));
    *out.mutable_visible_from() = ToProto(seal.visible_from);
    out.set_commitment(ledger::ToHex(seal.commitment));
  }

  void operator()(const election::SealOpening& opening) const {
    v1::SealOpening& out = *out_->mutable_seal_opening();
    out.set_seal_sequence(opening.seal_sequence);
    out.set_nonce(ledger::ToHex(opening.nonce));
    out.set_sealed_content(ledger::EncodeSealed(opening.content));
    out.set_actor(opening.content.actor);
    std::visit(SealedEventToProto<v1::SealOpening>(definition_, &out), opening.content.event);
  }

  void operator()(const election::SealWithdrawal& withdrawal) const {
    v1::SealWithdrawal& out = *out_->mutable_seal_withdrawal();
    out.set_source_id(SourceIdOf(definition_, withdrawal.source_no));
    out.set_seal_sequence(withdrawal.seal_sequence);
    out.set_reason(withdrawal.reason);
    ToProto(withdrawal.documents, out.mutable_documents());
  }

 private:
  void SetCertification(const election::ResultCertification& certification,
                        v1::ResultCertification& out) const {
    out.set_contest_id(ContestOf(definition_, certification.contest_no).id);
    out.set_source_id(SourceIdOf(definition_, certification.source_no));
    *out.mutable_result() = CertifiedResultOf(definition_, {.sequence = entry_.sequence,
                                                            .certified_at = entry_.recorded_at,
                                                            .certification = certification});
    out.set_proposed_by(certification.proposed_by.value_or(""));
    out.set_accept_incomplete(certification.accept_incomplete);
  }

  const election::Definition& definition_;
  const election::Entry& entry_;
  v1::LedgerEntry* const out_;
};

}  // namespace

v1::LedgerEntry LedgerEntryAt(const ledger::ElectionLedger& ledger, std::int64_t sequence) {
  assert(1 <= sequence && sequence <= ledger.sequence());
  v1::LedgerEntry out;
  out.set_sequence(sequence);
  out.set_entry_hash(ledger::ToHex(ledger.log().LeafHashOf(sequence)));
  const election::Entry entry = ledger.EntryAt(sequence);
  const election::Definition& definition = ledger.count().definition();
  *out.mutable_recorded_at() = ToProto(entry.recorded_at);
  out.set_actor(entry.actor);
  out.set_entry(std::string(ledger.log().Get(sequence)));
  std::visit(EventToProto(definition, entry, &out), entry.event);
  return out;
}

v1::Receipt ReceiptAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                      bool repeated_submission) {
  assert(1 <= sequence && sequence <= ledger.sequence());
  election::Entry stored = ledger.EntryAt(sequence);
  const ledger::ElectionLedger::Acknowledgement acknowledged = ledger.AcknowledgementOf(stored);
  const election::Entry entry = election::AsCounted(std::move(stored));
  assert(std::holds_alternative<election::ReportRecorded>(entry.event));
  const auto& report = std::get<election::ReportRecorded>(entry.event);
  v1::Receipt out;
  *out.mutable_key() = ToProto(ledger.count().definition(), report.key, report.revision);
  out.set_state(report.held ? v1::RECEIPT_STATE_HELD : v1::RECEIPT_STATE_RECORDED);
  out.set_sequence(acknowledged.sequence);
  out.set_entry_hash(ledger::ToHex(acknowledged.entry_hash));
  *out.mutable_recorded_at() = ToProto(acknowledged.recorded_at);
  out.set_sealed(acknowledged.sealed);
  for (const election::Finding& finding : report.findings) *out.add_findings() = ToProto(finding);
  out.set_repeated_submission(repeated_submission);
  return out;
}

}  // namespace canvass::rpc
