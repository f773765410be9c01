#include "services/station_reporter/calls/outbox_calls.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/page.h"
#include "common/rpc/report_proto.h"

namespace canvass::station_reporter {
namespace {

// A page ends after the report that brings it to this size: a refusal may have a hundred findings.
constexpr std::size_t kPageBytesMax = std::size_t{4} << 20U;

reporter::v1::OutboxReport ToProto(OutboxItem item) {
  reporter::v1::OutboxReport report;
  *report.mutable_receipt() = std::move(item.receipt);
  *report.mutable_queued_at() = rpc::ToProto(item.queued_at);
  if (item.refused_at) *report.mutable_refused_at() = rpc::ToProto(*item.refused_at);
  return report;
}

reporter::v1::OutboxSummary ToProto(const OutboxSummary& summary) {
  reporter::v1::OutboxSummary out;
  out.set_reports_queued(static_cast<std::int64_t>(summary.queued));
  out.set_bytes_queued(static_cast<std::int64_t>(summary.queued_bytes));
  if (summary.oldest_queued_at) {
    *out.mutable_oldest_queued_at() = rpc::ToProto(*summary.oldest_queued_at);
  }
  out.set_reports_refused(static_cast<std::int64_t>(summary.refused));
  out.set_reports_damaged(static_cast<std::int64_t>(summary.damaged));
  return out;
}

}  // namespace

absl::Status ListOutbox(const Outbox& outbox, const reporter::v1::ListOutboxRequest& request,
                        reporter::v1::ListOutboxResponse& response) {
  const std::uint64_t filter = rpc::FilterHash(
      {request.election_id(), request.station_id(), v1::ReceiptState_Name(request.state())});
  const absl::StatusOr<rpc::PageRequest> page =
      rpc::PageRequest::Read(request.page_size(), request.page_token(), filter);
  if (!page.ok()) return page.status();
  // The position of a page is the number of the last report before it.
  const absl::StatusOr<std::int64_t> after =
      page->Start(0, {.lowest = 1, .highest = rpc::kPositionMax});
  if (!after.ok()) return after.status();
  const auto count = static_cast<std::size_t>(page->size());
  // Fetches one item more than requested, to know whether there is another page.
  std::vector<OutboxItem> items = outbox.List({.election_id = request.election_id(),
                                               .station_id = request.station_id(),
                                               .state = request.state()},
                                              *after, count + 1);
  std::size_t bytes = 0;
  std::int64_t last = 0;
  for (OutboxItem& item : items) {
    if (response.reports_size() == page->size() || bytes >= kPageBytesMax) {
      response.set_next_page_token(page->TokenAt(last));
      break;
    }
    last = item.number;
    *response.add_reports() = ToProto(std::move(item));
    bytes += response.reports(response.reports_size() - 1).ByteSizeLong();
  }
  *response.mutable_summary() = ToProto(outbox.Summary());
  return absl::OkStatus();
}

}  // namespace canvass::station_reporter
