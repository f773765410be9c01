#include "services/canvass/import/fetch_recorded.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/report_proto.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"

namespace canvass::cli {
namespace {

// A running publisher is milliseconds behind. A starting publisher must fold the ledger first.
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::Duration kAskAgainAfter = absl::Milliseconds(200);

RecordedStation NewestOf(const CheckedSheet& sheet, const v1::StationStanding& standing) {
  const v1::StationReport& report =
      standing.has_held_correction() ? standing.held_correction() : standing.report();
  const election::StationReport newest = rpc::FromProto(report);
  return {.revision = newest.revision,
          .counts = CountsOf(sheet.definition, newest),
          .counted_at = newest.counted_at};
}

absl::StatusOr<publisher::v1::ListStationReportsResponse> ListPatiently(
    const PublisherClient& publisher, const publisher::v1::ListStationReportsRequest& request) {
  const absl::Duration give_up_at = SteadyNow() + kPatience;
  for (;;) {
    auto page = publisher.ListStationReports(request);
    const bool behind = HasReason(page.status(), reason::kSequenceNotReached);
    if (!behind || SteadyNow() > give_up_at) return page;
    absl::SleepFor(kAskAgainAfter);
  }
}

}  // namespace

absl::StatusOr<RecordedStations> FetchRecorded(const PublisherClient& publisher,
                                               const CheckedSheet& sheet,
                                               std::int64_t min_sequence) {
  publisher::v1::ListStationReportsRequest request;
  request.set_election_id(sheet.definition.election().id);
  request.set_contest_id(sheet.definition.contests().front().id);
  request.set_source_id(sheet.definition.sources().front().id);
  request.set_min_sequence(min_sequence);
  RecordedStations recorded;
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return ListPatiently(publisher, page); },
      [&](const publisher::v1::ListStationReportsResponse& page) {
        for (const v1::StationStanding& standing : page.standings()) {
          if (!standing.has_report()) continue;
          recorded[standing.station().station_id()] = NewestOf(sheet, standing);
        }
        return true;
      });
  if (!status.ok()) return status;
  return recorded;
}

}  // namespace canvass::cli
