#include "services/station_reporter/outbox/outbox_courier.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "tests/support/memory_outbox_store.h"

namespace canvass::station_reporter {
namespace {

using ::testing::ElementsAre;

NewReport ReportOf(const std::string& station_id, std::int64_t number) {
  v1::StationReport report;
  report.set_election_id("e");
  report.set_station_id(station_id);
  report.set_revision(1);
  return ForOutbox(report, number, absl::UnixEpoch());
}

v1::Receipt RecordedReceipt() {
  v1::Receipt receipt;
  receipt.set_state(v1::RECEIPT_STATE_RECORDED);
  return receipt;
}

TEST(OutboxCourierTest, ADamagedReportIsNeverSentAndStopsNoOther) {
  canvass::testing::MemoryOutboxStore store;
  ASSERT_TRUE(
      store.Apply({.added = {ReportOf("s-1", 1), ReportOf("s-1", 2), ReportOf("s-2", 3)}}).ok());
  const auto outbox = Outbox::Open(store);
  ASSERT_TRUE(outbox.ok()) << outbox.status();
  store.Damage(1);
  const SystemClock clock;
  std::atomic<int> sent = 0;
  OutboxCourier courier(**outbox, {}, clock, [&sent](auto reports, auto submitter) {
    sent += static_cast<int>(reports.size());
    submitter->Answer(
        0, std::vector<std::string>(reports.size(), RecordedReceipt().SerializeAsString()));
    return absl::OkStatus();
  });
  courier.Start();
  courier.SetReachable(true);
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (((*outbox)->Summary().queued > 0 || courier.Holds("e", "s-1")) && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_FALSE(courier.Holds("e", "s-1"));
  courier.Stop();
  EXPECT_EQ(sent, 2);
  EXPECT_EQ((*outbox)->Summary().damaged, 1U);
  EXPECT_EQ((*outbox)->FindRefused({.election_id = "e", .station_id = "s-1"})->findings(0).rule(),
            "REPORT_DAMAGED");
  EXPECT_THAT(store.numbers(), ElementsAre(1)) << "it is kept";
}

TEST(OutboxCourierTest, ACallerWaitsForTheDiskWithNoMoreThanItsShare) {
  canvass::testing::MemoryOutboxStore store;
  const OutboxLimits limits = {.reports_max = 4};
  const auto outbox = Outbox::Open(store, limits);
  const SystemClock clock;
  OutboxCourier courier(**outbox, limits, clock,
                        [](auto, auto) { return absl::UnavailableError("away"); });
  std::vector<std::string> reasons;
  const auto add = [&](std::uint64_t caller, std::int64_t number) {
    std::vector<NewReport> reports = {ReportOf(absl::StrCat("s-", number), number)};
    reports.front().queued.caller = caller;
    courier.Add(std::move(reports), [&reasons](auto answers) {
      reasons.push_back(DetailOf(answers.front().status()).reason);
    });
  };
  for (const std::int64_t number : {1, 2, 3}) add(7, number);  // the thread does not run yet
  EXPECT_THAT(reasons, ElementsAre("OUTBOX_FULL"));
  add(8, 4);
  EXPECT_THAT(reasons, ElementsAre("OUTBOX_FULL")) << "another caller waits for the disk";
  courier.Start();
  courier.Stop();
  EXPECT_THAT(reasons, ElementsAre("OUTBOX_FULL", "", "", ""));
}

}  // namespace
}  // namespace canvass::station_reporter
