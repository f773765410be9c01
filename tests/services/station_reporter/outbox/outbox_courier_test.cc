#include "services/station_reporter/outbox/outbox_courier.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "gtest/gtest.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "tests/support/memory_outbox_store.h"

namespace canvass::station_reporter {
namespace {

NewReport ReportOf(const std::string& station_id, std::int64_t number) {
  v1::StationReport report;
  report.set_election_id("e");
  report.set_station_id(station_id);
  report.set_revision(1);
  return ForOutbox(report, number, absl::UnixEpoch());
}

TEST(OutboxCourierTest, AReportThatTheDiskHasLostIsRefusedAndStopsNoOther) {
  canvass::testing::MemoryOutboxStore store;
  NewReport lost = ReportOf("s-1", 1);
  lost.submitted.clear();
  ASSERT_TRUE(store.Apply({.added = {std::move(lost), ReportOf("s-2", 2)}}).ok());
  const auto outbox = Outbox::Open(store);
  ASSERT_TRUE(outbox.ok()) << outbox.status();
  const SystemClock clock;
  OutboxCourier courier(**outbox, {}, clock, [](auto reports, auto submitter) {
    EXPECT_EQ(reports.size(), 1U);
    v1::Receipt recorded;
    recorded.set_state(v1::RECEIPT_STATE_RECORDED);
    submitter->Answer(0, {recorded.SerializeAsString()});
    return absl::OkStatus();
  });
  courier.Start();
  courier.SetReachable(true);
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while ((*outbox)->Summary().queued > 0 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  courier.Stop();
  const auto refused = (*outbox)->FindRefused({.election_id = "e", .station_id = "s-1"});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->findings(0).rule(), "REPORT_DAMAGED");
  EXPECT_FALSE((*outbox)->FindRefused({.election_id = "e", .station_id = "s-2"}).has_value());
  EXPECT_TRUE(store.numbers().empty());
}

}  // namespace
}  // namespace canvass::station_reporter
