#include "common/rpc/unread_answers.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StandingClock final : public SteadyClock {
 public:
  absl::Duration Now() const override { return now; }
  absl::Duration now = absl::Hours(1);
};

class UnreadAnswersTest : public ::testing::Test {
 protected:
  // An answer that holds `bytes`, with what is beside them. Its name is noted when it is cancelled.
  UnreadAnswer Add(const std::string& caller, std::size_t bytes, const std::string& name) {
    return {all_, caller, bytes - UnreadAnswers::kBytesBeside,
            [this, name] { cancelled_.push_back(name); }};
  }

  StandingClock clock_;
  UnreadAnswers all_{{.bytes_wanted = 10'000, .patience = absl::Seconds(1), .bytes_max = 20'000},
                     clock_};
  std::vector<std::string> cancelled_;
};

TEST_F(UnreadAnswersTest, CountsAnswersUntilTheyAreGone) {
  {
    const UnreadAnswer one = Add("a", 5'000, "one");
    UnreadAnswer two = Add("b", 6'000, "two");
    UnreadAnswer moved = std::move(two);
    EXPECT_EQ(moved.bytes(), 6'000);
    EXPECT_EQ(all_.bytes(), 11'000);
    moved = {};
    EXPECT_EQ(all_.bytes(), 5'000);
  }
  EXPECT_EQ(all_.bytes(), 0);
  EXPECT_THAT(cancelled_, IsEmpty());
}

TEST_F(UnreadAnswersTest, BeyondTheLimitTheOldestOfTheGreediestCallerIsCancelled) {
  const UnreadAnswer modest = Add("modest", 2'000, "modest");
  const UnreadAnswer one = Add("greedy", 3'000, "one");
  const UnreadAnswer two = Add("greedy", 3'000, "two");
  clock_.now += absl::Seconds(1);
  const UnreadAnswer three = Add("greedy", 3'000, "three");
  EXPECT_THAT(cancelled_, ElementsAre("one"));
  EXPECT_EQ(all_.bytes(), 8'000);
}

TEST_F(UnreadAnswersTest, AnswersThatWereJustSentMayExceedIt) {
  const UnreadAnswer one = Add("greedy", 6'000, "one");
  const UnreadAnswer two = Add("greedy", 6'000, "two");
  EXPECT_THAT(cancelled_, IsEmpty());
  clock_.now += absl::Seconds(1);
  const UnreadAnswer three = Add("other", 2'000, "three");
  EXPECT_THAT(cancelled_, ElementsAre("one"));
}

TEST_F(UnreadAnswersTest, ButNotTheHighestLimit) {
  const UnreadAnswer one = Add("greedy", 12'000, "one");
  const UnreadAnswer two = Add("other", 9'000, "two");
  EXPECT_THAT(cancelled_, ElementsAre("one"));
  const UnreadAnswer three = Add("third", 25'000, "three");
  EXPECT_THAT(cancelled_, ElementsAre("one", "three"));
  EXPECT_EQ(all_.bytes(), 9'000);
}

}  // namespace
}  // namespace canvass::rpc
