#include "services/aggregator/calls/report_messages.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text_form.h"
#include "common/election/actor.h"
#include "common/ledger/merkle.h"
#include "common/rpc/message.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/report_proto.h"
#include "common/telemetry/trace_context.h"

namespace canvass::aggregator {
namespace {

canvass::v1::ReceiptState StateOf(const Receipt& receipt) {
  switch (receipt.state) {
    case ReceiptState::kRecorded:
      return canvass::v1::RECEIPT_STATE_RECORDED;
    case ReceiptState::kHeld:
      return canvass::v1::RECEIPT_STATE_HELD;
    case ReceiptState::kRefused:
      break;
  }
  return canvass::v1::RECEIPT_STATE_REFUSED;
}

void SetKey(const election::ReportKey& key, canvass::v1::ReportKey& out) {
  out.set_election_id(key.election_id);
  out.set_contest_id(key.contest_id);
  out.set_source_id(key.source_id);
  out.set_station_id(key.station_id);
  out.set_revision(key.revision);
}

// `out` must be empty.
void ToProto(const Receipt& receipt, canvass::v1::Receipt& out) {
  SetKey(receipt.key, *out.mutable_key());
  out.set_state(StateOf(receipt));
  for (const election::Finding& finding : receipt.findings) {
    *out.add_findings() = rpc::ToProto(finding);
  }
  out.set_repeated_submission(receipt.repeated_submission);
  out.set_sealed(receipt.sealed);
  if (receipt.sequence == 0) return;
  out.set_sequence(receipt.sequence);
  out.set_entry_hash(ledger::ToHex(receipt.entry_hash));
  *out.mutable_recorded_at() = rpc::ToProto(receipt.recorded_at);
}

absl::Status CheckActor(const std::string& actor, int index) {
  const std::string field = absl::StrCat("reports[", index, "].actor");
  if (actor.size() > election::kActorBytesMax) {
    return FieldError(reason::kActorInvalid, field,
                      absl::StrCat("has ", actor.size(), " bytes; at most ",
                                   election::kActorBytesMax, " are allowed"));
  }
  const std::optional<CharacterFault> fault = FindCharacterFault(actor, TextForm::kLine);
  return fault ? FieldError(reason::kActorInvalid, field, DescribeFault(*fault)) : absl::OkStatus();
}

// Empty if it is malformed.
std::string TraceparentOf(const v1::SubmittedReport& submitted) {
  constexpr std::size_t kBytesMax = 200;
  const std::string& given = submitted.traceparent();
  const bool is_traced =
      !given.empty() && given.size() <= kBytesMax && telemetry::ParseTraceparent(given).has_value();
  return is_traced ? given : "";
}

}  // namespace

absl::StatusOr<std::vector<SubmittedReport>> ParseReports(const grpc::ByteBuffer& buffer) {
  const std::string request = rpc::ToBytes(buffer);
  const auto each =
      rpc::SplitReports(request, v1::RecordReportsRequest::default_instance(),
                        v1::RecordReportsRequest::kReportsFieldNumber, kReportsPerMessageMax);
  if (!each.ok()) return each.status();
  std::vector<SubmittedReport> reports;
  reports.reserve(each->size());
  v1::SubmittedReport submitted;
  for (const std::string_view bytes : *each) {
    absl::Status status = rpc::ParseMessage(bytes, submitted);
    if (status.ok()) status = CheckActor(submitted.actor(), static_cast<int>(reports.size()));
    if (!status.ok()) return status;
    reports.push_back(
        {.report = rpc::FromProto(submitted.report()),
         .actor = submitted.actor().empty() ? election::kLocalActor : submitted.actor(),
         .validate_only = submitted.validate_only(),
         .traceparent = TraceparentOf(submitted)});
  }
  return reports;
}

grpc::ByteBuffer SerializeReceipts(const std::vector<Receipt>& receipts) {
  std::string response;
  canvass::v1::Receipt message;
  for (const Receipt& receipt : receipts) {
    message.Clear();
    ToProto(receipt, message);
    rpc::AppendMessage(v1::RecordReportsResponse::kReceiptsFieldNumber, message, response);
  }
  return rpc::ToByteBuffer(std::move(response));
}

}  // namespace canvass::aggregator
