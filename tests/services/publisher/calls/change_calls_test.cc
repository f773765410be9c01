#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/running_publisher.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ChangeCallsTest = RunningPublisher;

TEST_F(ChangeCallsTest, ListsChanges) {
  script_.Report("n-1", {60, 30, 6});                  // 3
  script_.Report("s-1", {7, 8, 9});                    // 4
  script_.Report("n-1", {55, 30, 6}, /*revision=*/2);  // 5
  script_.Annul("s-1", 1);                             // 6
  script_.Certify("a");                                // 7
  Show(script_);
  v1::ListChangesRequest request;
  v1::ListChangesResponse response;
  const auto list = [&] {
    request.set_election_id("e-1");
    const absl::Status status = Call(&Stub::ListChanges, request, response);
    std::vector<std::int64_t> sequences;
    for (const auto& entry : response.entries()) sequences.push_back(entry.sequence());
    request.Clear();
    request.set_page_token(response.next_page_token());
    return status.ok() ? sequences : std::vector<std::int64_t>{-1};
  };
  EXPECT_THAT(list(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(response.as_of().sequence(), 7);
  EXPECT_TRUE(response.entries(0).has_definition());
  EXPECT_TRUE(response.entries(1).has_seal());
  EXPECT_EQ(response.entries(4).report().report().reason(), "miscounted");
  EXPECT_EQ(response.entries(5).annulment().reason(), "ballots were lost");
  EXPECT_EQ(response.entries(2).entry(), std::string(script_.ledger().log().Get(3)));
  request.set_from_sequence(6);
  EXPECT_THAT(list(), ElementsAre(6, 7));
  request.set_from_sequence(8);
  EXPECT_THAT(list(), IsEmpty());
  request.set_from_sequence(-1);
  EXPECT_THAT(list(), ElementsAre(-1));
  request.set_corrections_only(true);
  EXPECT_THAT(list(), ElementsAre(5, 6, 7));
  request.set_area_id("south");
  EXPECT_THAT(list(), ElementsAre(1, 4, 6, 7));
  request.set_area_id("n-1");
  EXPECT_THAT(list(), ElementsAre(1, 3, 5, 7));
  request.set_area_id("n-1");
  request.set_corrections_only(true);
  EXPECT_THAT(list(), ElementsAre(5, 7));
  request.set_area_id("west");
  EXPECT_THAT(list(), ElementsAre(-1));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(1, 2, 3));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(4, 5, 6));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(7));
  EXPECT_EQ(request.page_token(), "");
}

}  // namespace
}  // namespace canvass::publisher
