#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/running_publisher.h"
#include "tests/support/forged_page_token.h"

// Anybody can make a page token, so every list checks the position in it.
namespace canvass::publisher {
namespace {

using ::testing::AnyOf;

class PageTokenTest : public RunningPublisher {
 protected:
  void SetUp() override {
    RunningPublisher::SetUp();
    LedgerScript script(ThreeStations().WithContest("mayor", "south", {"x", "y"}));
    for (const char* station : {"n-1", "n-2", "s-1"}) script.Report(station, {60, 30, 6});
    Show(script);
    LedgerScript other(ThreeStations().WithElectionId("e-2"));
    Show(other);
  }

  // Asks for the second page of a list of "e-1" with forged tokens. `positions_max`: larger
  // positions are not in the list.
  template <typename Request, typename Response>
  void Forge(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
             std::int64_t positions_max = 10, Request request = {}) {
    if constexpr (requires { request.set_election_id("e-1"); }) request.set_election_id("e-1");
    request.set_page_size(1);
    Response response;
    ASSERT_TRUE(Call(method, request, response).ok());
    const std::string token = response.next_page_token();
    ASSERT_NE(token, "") << "one page holds the whole list";
    for (const std::int64_t position : testing::ForgedPositions()) {
      SCOPED_TRACE(position);
      request.set_page_token(testing::ForgedPageToken(token, position));
      const absl::Status status = Call(method, request, response);
      if (position <= 0 || position > positions_max) {
        EXPECT_THAT(ReasonOf(status), AnyOf("PAGE_TOKEN_INVALID", "SEQUENCE_NOT_REACHED"));
      } else {
        EXPECT_TRUE(status.ok()) << status;
      }
    }
    request.set_page_token(token);
    EXPECT_TRUE(Call(method, request, response).ok());
  }
};

TEST_F(PageTokenTest, Elections) { Forge(&Stub::ListElections); }
TEST_F(PageTokenTest, Areas) { Forge(&Stub::ListAreas); }
TEST_F(PageTokenTest, ContestResults) { Forge(&Stub::ListContestResults); }
TEST_F(PageTokenTest, AreaResults) {
  v1::ListAreaResultsRequest request;
  request.set_contest_id("president");
  Forge(&Stub::ListAreaResults, 10, request);
}
TEST_F(PageTokenTest, StationReports) {
  v1::ListStationReportsRequest request;
  request.set_contest_id("president");
  Forge(&Stub::ListStationReports, 10, request);
}
TEST_F(PageTokenTest, Changes) { Forge(&Stub::ListChanges); }
// The newest results before a sequence: any positive one will do.
TEST_F(PageTokenTest, History) {
  v1::GetHistoryRequest request;
  request.set_contest_id("president");
  Forge(&Stub::GetHistory, std::numeric_limits<std::int64_t>::max(), request);
}

}  // namespace
}  // namespace canvass::publisher
