#include "services/station_reporter/link/report_queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::station_reporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using TextQueue = ReportQueue<std::string, int>;

// Remembers what it was told, one line a call.
class Listener final : public TextQueue::Submitter {
 public:
  void Answer(std::size_t first, std::vector<int> receipts) override {
    for (const int receipt : receipts)
      lines.push_back(std::to_string(first++) + "=" + std::to_string(receipt));
  }
  void Fail(std::size_t first, std::size_t count, const absl::Status& status) override {
    lines.push_back(std::to_string(first) + "+" + std::to_string(count) + ":" +
                    std::string(status.message()));
  }
  std::vector<std::string> lines;
};

// The station of a report is its text without digits: "a1" and "a2" are reports of one station.
std::uint64_t StationOf(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return std::hash<std::string>()(text);
}

std::vector<TextQueue::SizedReport> Reports(const std::vector<std::string>& texts,
                                            std::size_t bytes = 10) {
  std::vector<TextQueue::SizedReport> reports;
  for (const std::string& text : texts) {
    reports.push_back({.report = text, .bytes = bytes, .station = StationOf(text)});
  }
  return reports;
}

const absl::Status& Broken() {
  static const absl::Status status = absl::UnavailableError("broken");
  return status;
}
const absl::Status& Away() {
  static const absl::Status status = absl::UnavailableError("away");
  return status;
}

TEST(ReportQueueTest, TakesNothingBeforeThereIsAStream) {
  TextQueue queue;
  EXPECT_EQ(queue.Add(Reports({"a"}), std::make_shared<Listener>()).code(),
            absl::StatusCode::kUnavailable);
  queue.Close(Broken(), Away());
  EXPECT_EQ(queue.Add(Reports({"a"}), std::make_shared<Listener>()), Away());
}

TEST(ReportQueueDeathTest, ChecksItsRequirements) {
  TextQueue queue;
  queue.Open();
  EXPECT_DEBUG_DEATH(queue.Add({}, std::make_shared<Listener>()).IgnoreError(), "reports.empty");
  EXPECT_DEBUG_DEATH(queue.Close(absl::OkStatus(), Away()), "taken.ok");
}

TEST(ReportQueueTest, GathersSubmissionsIntoMessagesAndAnswersInOrder) {
  TextQueue queue;
  queue.Open();
  const auto first = std::make_shared<Listener>();
  const auto second = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b"}), first).ok());
  ASSERT_TRUE(queue.Add(Reports({"c"}), second).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  ASSERT_TRUE(queue.Add(Reports({"d"}), second).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("d"));
  EXPECT_TRUE(queue.AnswerMessage({1, 2, 3}));
  EXPECT_THAT(first->lines, ElementsAre("0=1", "1=2"));
  EXPECT_THAT(second->lines, ElementsAre("0=3"));
  EXPECT_TRUE(queue.AnswerMessage({4}));
  EXPECT_THAT(second->lines, ElementsAre("0=3", "0=4"));
}

TEST(ReportQueueTest, CutsASubmissionWhereAMessageIsFull) {
  TextQueue queue({.message_reports_max = 2});
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b", "c", "d", "e"}), listener).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("c", "d"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("e"));
  EXPECT_TRUE(queue.AnswerMessage({1, 2}));
  EXPECT_TRUE(queue.AnswerMessage({3, 4}));
  EXPECT_TRUE(queue.AnswerMessage({5}));
  EXPECT_THAT(listener->lines, ElementsAre("0=1", "1=2", "2=3", "3=4", "4=5"));
}

TEST(ReportQueueTest, CutsMessagesByBytesButSendsWhatIsLargeAlone) {
  TextQueue queue({.message_bytes_max = 25});
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b", "c"}, 10), listener).ok());
  ASSERT_TRUE(queue.Add(Reports({"large"}, 100), listener).ok());
  ASSERT_TRUE(queue.Add(Reports({"d"}, 10), listener).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("c"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("large"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("d"));
}

TEST(ReportQueueTest, HasSoManyMessagesInFlightAndNoMore) {
  TextQueue queue({.message_reports_max = 1, .messages_in_flight_max = 2});
  queue.Open();
  ASSERT_TRUE(queue.Add(Reports({"a", "b", "c"}), std::make_shared<Listener>()).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("b"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  EXPECT_TRUE(queue.AnswerMessage({1}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("c"));
}

TEST(ReportQueueTest, AFullQueueTakesAllOfASubmissionOrNone) {
  TextQueue queue({.reports_waiting_max = 5, .retry_after_ms = 70});
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b"}), listener).ok());
  const absl::Status full = queue.Add(Reports({"c", "d"}), listener);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(full).reason, "QUEUE_FULL");
  EXPECT_EQ(DetailOf(full).retry_after_ms, 70);
  EXPECT_THAT(listener->lines, IsEmpty());
  ASSERT_TRUE(queue.Add(Reports({"c"}), listener).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b", "c"));
  // What was taken does not wait any more.
  EXPECT_TRUE(queue.Add(Reports({"d", "e", "f"}), listener).ok());
}

TEST(ReportQueueTest, BytesThatWaitAreLimitedToo) {
  TextQueue queue({.bytes_waiting_max = 45});
  queue.Open();
  ASSERT_TRUE(queue.Add(Reports({"a", "b"}, 10), std::make_shared<Listener>()).ok());
  const absl::Status full = queue.Add(Reports({"c"}, 10), std::make_shared<Listener>());
  EXPECT_THAT(DetailOf(full).metadata,
              IsSupersetOf({Pair("bytes_waiting", "20"), Pair("bytes_waiting_of_caller", "20")}));
  EXPECT_TRUE(queue.Add(Reports({"c"}, 5), std::make_shared<Listener>()).ok());
}

TEST(ReportQueueTest, MemoryCountsThatIsMoreThanTheBytesOfAMessage) {
  TextQueue queue({.bytes_waiting_max = 1'000, .message_bytes_max = 20});
  queue.Open();
  auto reports = Reports({"a", "b"}, 10);
  for (auto& report : reports) report.held = 250;
  ASSERT_TRUE(queue.Add(reports, std::make_shared<Listener>()).ok());
  EXPECT_THAT(DetailOf(queue.Add(reports, std::make_shared<Listener>())).metadata,
              IsSupersetOf({Pair("bytes_waiting", "500"), Pair("bytes_max", "1000")}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b"));
  EXPECT_TRUE(queue.Add(reports, std::make_shared<Listener>()).ok())
      << "it is freed as it was taken";
}

TEST(ReportQueueTest, ACallerLeavesRoomForOthers) {
  TextQueue queue({.reports_waiting_max = 12});
  queue.Open();
  const auto add = [&queue](std::uint64_t caller, const std::string& text) {
    return queue.Add(Reports({text}), std::make_shared<Listener>(), {.caller = caller}).ok();
  };
  const auto fill = [&add](std::uint64_t caller) {
    int added = 0;
    // The letters of a text are its station.
    while (add(caller, std::string(caller, static_cast<char>('a' + added)))) ++added;
    return added;
  };
  EXPECT_EQ(fill(1), 6);
  EXPECT_EQ(fill(2), 3);
  EXPECT_EQ(fill(3), 2);
  EXPECT_EQ(fill(4), 1);
  EXPECT_EQ(fill(5), 0);
  EXPECT_THAT(queue.TakeMessage(), SizeIs(12));
  EXPECT_EQ(fill(5), 6);
}

TEST(ReportQueueTest, CallersTakeTurns) {
  TextQueue queue({.message_reports_max = 130});
  queue.Open();
  std::vector<std::string> many;
  for (char first = 'a'; first <= 'z'; ++first) {
    for (char second = 'a'; second <= 'z'; ++second) many.push_back({first, second});
  }
  ASSERT_TRUE(queue.Add(Reports(many), std::make_shared<Listener>(), {.caller = 1}).ok());
  ASSERT_TRUE(queue.Add(Reports({"x"}), std::make_shared<Listener>(), {.caller = 2}).ok());
  ASSERT_TRUE(queue.Add(Reports({"y"}), std::make_shared<Listener>(), {.caller = 3}).ok());
  const std::vector<std::string> message = queue.TakeMessage();
  EXPECT_THAT(message, SizeIs(130));
  EXPECT_THAT(message, IsSupersetOf({"x", "y"}));
}

TEST(ReportQueueTest, TheReportsOfAStationGoOneAtATime) {
  TextQueue queue;
  queue.Open();
  const auto one = std::make_shared<Listener>();
  const auto two = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a1", "a2", "b1", "a3"}), one, {.caller = 1}).ok());
  ASSERT_TRUE(queue.Add(Reports({"a4", "b2", "c1"}), two, {.caller = 2}).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a1", "b1", "c1"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  EXPECT_TRUE(queue.AnswerMessage({1, 2, 3}));
  EXPECT_THAT(one->lines, ElementsAre("0=1", "2=2"));
  EXPECT_THAT(queue.TakeMessage(), UnorderedElementsAre("a2", "b2"));
  EXPECT_TRUE(queue.AnswerMessage({4, 5}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a3"));
  EXPECT_TRUE(queue.AnswerMessage({6}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a4"));
  EXPECT_TRUE(queue.AnswerMessage({7}));
  EXPECT_THAT(two->lines, ElementsAre("2=3", "1=5", "0=7"));
}

TEST(ReportQueueTest, WhatWaitsForItsStationIsGivenBackInOrder) {
  TextQueue queue({.message_reports_max = 1});
  queue.Expire(absl::Seconds(100), absl::Seconds(2), Broken(), Away());
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  const auto patient = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a1", "a2", "b1", "a3"}), listener).ok());
  ASSERT_TRUE(queue.Add(Reports({"a4", "b2"}), patient, {.patient = true}).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a1"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("b1"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  EXPECT_TRUE(queue.AnswerMessage({1}));  // a2 could go next
  queue.Expire(absl::Seconds(103), absl::Seconds(2), Broken(), Away());
  EXPECT_THAT(listener->lines, ElementsAre("0=1", "2+1:broken", "1+1:away", "3+1:away"));
  // The receipt of b1 is dropped, but b2 waits for it.
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a4"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  EXPECT_TRUE(queue.AnswerMessage({2}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("b2"));
  EXPECT_TRUE(queue.AnswerMessage({3}));
  EXPECT_TRUE(queue.AnswerMessage({4}));
  EXPECT_THAT(patient->lines, ElementsAre("0=3", "1=4"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
}

TEST(ReportQueueTest, CloseTellsWhatWasSentFromWhatWasNot) {
  TextQueue queue({.message_reports_max = 2});
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b", "c", "d", "e"}), listener).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b"));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("c", "d"));
  EXPECT_TRUE(queue.AnswerMessage({1, 2}));
  queue.Close(Broken(), Away());
  EXPECT_THAT(listener->lines, ElementsAre("0=1", "1=2", "2+2:broken", "4+1:away"));
  EXPECT_EQ(queue.Add(Reports({"f"}), listener), Away());
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
  queue.Open();
  EXPECT_TRUE(queue.Add(Reports({"f"}), listener).ok());
}

TEST(ReportQueueTest, AnAnswerThatDoesNotFitIsRefused) {
  TextQueue queue;
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  EXPECT_FALSE(queue.AnswerMessage({}));
  ASSERT_TRUE(queue.Add(Reports({"a"}), listener).ok());
  EXPECT_FALSE(queue.AnswerMessage({1}));
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a"));
  EXPECT_FALSE(queue.AnswerMessage({1, 2}));
  EXPECT_THAT(listener->lines, IsEmpty());
  EXPECT_TRUE(queue.AnswerMessage({1}));
}

TEST(ReportQueueTest, GivesBackWhatHasWaitedTooLongButForThePatient) {
  TextQueue queue({.message_reports_max = 2});
  queue.Expire(absl::Seconds(100), absl::Seconds(2), Broken(), Away());
  queue.Open();
  const auto early = std::make_shared<Listener>();
  const auto patient = std::make_shared<Listener>();
  const auto late = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a", "b", "c"}), early).ok());
  ASSERT_TRUE(queue.Add(Reports({"d"}), patient, {.patient = true}).ok());
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("a", "b"));
  queue.Expire(absl::Seconds(102), absl::Seconds(2), Broken(), Away());
  ASSERT_TRUE(queue.Add(Reports({"e"}), late).ok());
  EXPECT_THAT(early->lines, IsEmpty()) << "not older than that yet";
  queue.Expire(absl::Seconds(103), absl::Seconds(2), Broken(), Away());
  EXPECT_THAT(early->lines, ElementsAre("0+2:broken", "2+1:away"));
  EXPECT_THAT(late->lines, ElementsAre("0+1:away")) << "it must not overtake the early one";
  EXPECT_THAT(queue.TakeMessage(), ElementsAre("d"));
  // The receipts of what was given back are dropped.
  EXPECT_TRUE(queue.AnswerMessage({1, 2}));
  EXPECT_TRUE(queue.AnswerMessage({4}));
  EXPECT_THAT(early->lines, ElementsAre("0+2:broken", "2+1:away"));
  EXPECT_THAT(patient->lines, ElementsAre("0=4"));
}

TEST(ReportQueueTest, AStreamThatBreaksTellsWhatWasGivenBackNothingMore) {
  TextQueue queue;
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a"}), listener).ok());
  queue.TakeMessage();
  queue.Expire(absl::Seconds(3), absl::Seconds(2), Broken(), Away());
  queue.Close(Broken(), Away());
  EXPECT_THAT(listener->lines, ElementsAre("0+1:broken"));
}

TEST(ReportQueueTest, TakesNothingThatLookedBeforeSomethingWasGivenBack) {
  TextQueue queue;
  queue.Open();
  const auto listener = std::make_shared<Listener>();
  const std::int64_t before = queue.epoch();
  ASSERT_TRUE(queue.Add(Reports({"a"}), listener, {.epoch = before}).ok());
  queue.Expire(absl::Seconds(3), absl::Seconds(2), Broken(), Away());
  EXPECT_EQ(queue.Add(Reports({"b"}), listener, {.epoch = before}), Away());
  EXPECT_TRUE(queue.Add(Reports({"b"}), listener, {.epoch = queue.epoch()}).ok());
  EXPECT_TRUE(queue.Add(Reports({"c"}), listener).ok()) << "whoever does not care";
  const std::int64_t open = queue.epoch();
  queue.Close(Broken(), Away());
  queue.Open();
  EXPECT_EQ(queue.Add(Reports({"d"}), listener, {.epoch = open}), Away());
}

TEST(ReportQueueTest, NothingThatWaitsOvertakesWhatIsGivenBack) {
  TextQueue queue;
  queue.Expire(absl::Seconds(100), absl::Seconds(2), Broken(), Away());
  queue.Open();
  const auto early = std::make_shared<Listener>();
  const auto late = std::make_shared<Listener>();
  ASSERT_TRUE(queue.Add(Reports({"a"}), early).ok());
  queue.Expire(absl::Seconds(102), absl::Seconds(2), Broken(), Away());
  ASSERT_TRUE(queue.Add(Reports({"b"}), late).ok());
  queue.Expire(absl::Seconds(103), absl::Seconds(2), Broken(), Away());
  EXPECT_THAT(early->lines, ElementsAre("0+1:away"));
  EXPECT_THAT(late->lines, ElementsAre("0+1:away"));
  EXPECT_THAT(queue.TakeMessage(), IsEmpty());
}

// While its report is given back, somebody looks for the epoch and adds another.
class MeanwhileAdding final : public TextQueue::Submitter {
 public:
  explicit MeanwhileAdding(TextQueue& queue) : queue_(queue) {}
  void Answer(std::size_t /*first*/, std::vector<int> /*receipts*/) override {}
  void Fail(std::size_t /*first*/, std::size_t /*count*/, const absl::Status& /*status*/) override {
    epoch = queue_.epoch();
    added = queue_.Add(Reports({"b"}), std::make_shared<Listener>(), {.epoch = epoch});
  }

  std::int64_t epoch = 0;
  absl::Status added;

 private:
  TextQueue& queue_;
};

TEST(ReportQueueTest, TakesNothingThatLookedWhileSomethingWasGivenBack) {
  TextQueue queue;
  queue.Open();
  const auto submitter = std::make_shared<MeanwhileAdding>(queue);
  ASSERT_TRUE(queue.Add(Reports({"a"}), submitter).ok());
  queue.Expire(absl::Seconds(3), absl::Seconds(2), Broken(), Away());
  EXPECT_EQ(submitter->added, Away());
  EXPECT_EQ(queue.Add(Reports({"b"}), submitter, {.epoch = submitter->epoch}), Away());
}

}  // namespace
}  // namespace canvass::station_reporter
