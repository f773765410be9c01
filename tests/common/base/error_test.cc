#include "common/base/error.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kNul("a\0b", 3);

TEST(MakeErrorTest, TakesTheCodeFromTheReason) {
  const absl::Status status = MakeError(reason::kStationUnknown, "no such thing");

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no such thing");
  EXPECT_EQ(DetailOf(status), ErrorDetail{.reason = "STATION_UNKNOWN"});
}

TEST(MakeErrorTest, KeepsTheRestOfTheDetail) {
  ErrorDetail detail{.violations = {{.field = "f", .description = "d"}},
                     .metadata = {{"k", "v"}},
                     .retry_after_ms = 250};
  const absl::Status status = MakeError(reason::kQueueFull, "full", detail);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  detail.reason = "QUEUE_FULL";
  EXPECT_EQ(DetailOf(status), detail);
}

TEST(MakeErrorTest, TakesAnotherCodeWhereItIsGiven) {
  const absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, reason::kLedgerDiverged, "another ledger");

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "another ledger");
  EXPECT_EQ(DetailOf(status), ErrorDetail{.reason = "LEDGER_DIVERGED"});
}

TEST(ErrorWithDetailTest, DetailComesBackAsItWas) {
  const std::vector<ErrorDetail> details{
      {},
      {.reason = "VOTES_NOT_BALANCED"},
      {.reason = "NOT_ACTIVE", .retry_after_ms = 2'147'483'647},
      {.reason = "X",
       .violations = {{.field = "a[0].b", .description = "1:2:3"},
                      {.field = "", .description = ""}},
       .metadata = {{"first", "10:"}, {"second", ""}},
       .retry_after_ms = 250},
      {.reason = std::string(kNul),
       .violations = {{.field = "\n", .description = std::string(kNul)}},
       .metadata = {{std::string(kNul), "\xc3\xbc"}}},
  };
  for (const ErrorDetail& detail : details) {
    EXPECT_EQ(DetailOf(ErrorWithDetail(absl::StatusCode::kInternal, "m", detail)), detail);
  }
}

TEST(MakeErrorTest, DetailSurvivesCopiesOfTheStatus) {
  absl::Status copy;
  {
    const absl::Status status = MakeError(reason::kRevisionMoved, "m");
    copy = status;
  }
  EXPECT_EQ(DetailOf(copy).reason, "REVISION_MOVED");
}

TEST(DetailOfTest, EmptyWithoutDetail) {
  EXPECT_EQ(DetailOf(absl::OkStatus()), ErrorDetail());
  EXPECT_EQ(DetailOf(absl::InternalError("m")), ErrorDetail());
}

TEST(DetailOfTest, EmptyForAPayloadThatIsNotOurs) {
  const absl::Status good = ErrorWithDetail(absl::StatusCode::kInternal, "m", {.reason = "REASON"});
  std::string payload;
  std::string type_url;
  good.ForEachPayload([&](absl::string_view url, const absl::Cord& cord) {
    type_url.assign(url.data(), url.size());
    absl::CopyCordToString(cord, &payload);
  });
  ASSERT_FALSE(payload.empty());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    absl::Status cut = absl::InternalError("m");
    cut.SetPayload(type_url, absl::Cord(payload.substr(0, size)));
    EXPECT_EQ(DetailOf(cut), ErrorDetail()) << size;
  }
  for (const std::string damaged :
       {"99999999999999999999999:", "6:REASON0:99999999999:", "-1:", "6REASON"}) {
    absl::Status status = absl::InternalError("m");
    status.SetPayload(type_url, absl::Cord(damaged));
    EXPECT_EQ(DetailOf(status), ErrorDetail()) << damaged;
  }
}

TEST(FieldErrorTest, NamesTheFieldInMessageAndViolation) {
  const absl::Status status =
      FieldError(reason::kCountOutOfRange, "report.ballots.votes[2].count", "is -1");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "report.ballots.votes[2].count: is -1");
  const ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.reason, "COUNT_OUT_OF_RANGE");
  EXPECT_THAT(detail.violations, ElementsAre(FieldViolation{
                                     .field = "report.ballots.votes[2].count",
                                     .description = "is -1",
                                 }));
  EXPECT_THAT(detail.metadata, IsEmpty());
  EXPECT_EQ(detail.retry_after_ms, 0);
}

TEST(FieldErrorTest, IsInvalidArgumentWhateverTheReasonsCode) {
  EXPECT_EQ(FieldError(reason::kAreaNotInContest, "area_id", "lies outside").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MakeErrorDeathTest, NeedsACodeThatIsAnError) {
  EXPECT_DEBUG_DEATH(MakeError(absl::StatusCode::kOk, reason::kRevisionMoved, "m").IgnoreError(),
                     "kOk");
}

TEST(HasReasonTest, ComparesTheWholeReason) {
  const absl::Status status = MakeError(reason::kOutboxFull, "m");

  EXPECT_TRUE(HasReason(status, reason::kOutboxFull));
  EXPECT_FALSE(HasReason(status, reason::kOutboxDiskFull));
  EXPECT_FALSE(HasReason(absl::OkStatus(), reason::kOutboxFull));
  EXPECT_FALSE(HasReason(absl::ResourceExhaustedError("OUTBOX_FULL"), reason::kOutboxFull));
}

}  // namespace
}  // namespace canvass
