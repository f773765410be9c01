#include "common/edge/frame_guard.h"

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "common/base/rate_limit.h"
#include "gtest/gtest.h"
#include "tests/common/edge/frame_bytes.h"

namespace canvass::edge {
namespace {

using Verdict = FrameGuard::Verdict;

constexpr std::uint8_t kEndHeaders = FrameHeader::kEndHeaders;

std::string Reset(std::uint32_t stream) {
  return FrameBytes(FrameType::kResetStream, 0, stream, std::string(4, '\0'));
}
std::string Headers(std::uint32_t stream) {
  return FrameBytes(FrameType::kHeaders, kEndHeaders, stream, "head");
}
// Headers that end what their sender says in the call.
std::string LastHeaders(std::uint32_t stream) {
  return FrameBytes(FrameType::kHeaders, kEndHeaders | FrameHeader::kEndStream, stream, "");
}
std::string LastData(std::uint32_t stream, const std::string& data) {
  return FrameBytes(FrameType::kData, FrameHeader::kEndStream, stream, data);
}
std::string Times(int count, const std::string& frame) {
  std::string all;
  for (int i = 0; i < count; ++i) all += frame;
  return all;
}

class FrameGuardTest : public ::testing::Test {
 protected:
  FrameGuardTest() { EXPECT_EQ(Offer(std::string(FrameReader::kPreface)).verdict, Verdict::kPass); }

  FrameGuard::Admission Offer(const std::string& bytes) { return guard_.FromClient(bytes, now_); }

  // How many whole frames of this kind pass, out of many.
  std::size_t Passing(const std::string& frame) {
    const FrameGuard::Admission admission = Offer(Times(50'000, frame));
    return admission.bytes / frame.size();
  }

  FrameLimits limits_{.streams_max = 3,
                      .streams_always = 1,
                      .resets_per_second = 10,
                      .resets_burst = 20,
                      .answered_per_second = 10,
                      .answered_burst = 30,
                      .empty_per_second = 10,
                      .empty_burst = 40};
  SharedLimits shared_{.resets = RateLimit(50, 50), .streams_max = 6};
  FrameGuard guard_{limits_, shared_};
  absl::Duration now_ = absl::Hours(1);
};

TEST_F(FrameGuardTest, ResetsPassAtTheirRate) {
  EXPECT_EQ(Passing(Reset(1)), 20);
  now_ += absl::Seconds(1);
  EXPECT_EQ(Offer("").verdict, Verdict::kPass);
  // The rest of the frame that was held back comes first.
  const FrameGuard::Admission rest = Offer(Reset(1).substr(8) + Times(100, Reset(1)));
  EXPECT_EQ(rest.verdict, Verdict::kWait);
  EXPECT_EQ(rest.bytes / Reset(1).size(), 10);
  EXPECT_NEAR(absl::ToDoubleSeconds(rest.wait), 0.1, 0.01);
}

TEST_F(FrameGuardTest, ResetsOfAllConnectionsShareALimit) {
  FrameGuard second(limits_, shared_);
  FrameGuard third(limits_, shared_);
  std::size_t passed = Passing(Reset(1));
  for (FrameGuard* guard : {&second, &third}) {
    const FrameGuard::Admission admission =
        guard->FromClient(std::string(FrameReader::kPreface) + Times(100, Reset(1)), now_);
    passed += (admission.bytes - FrameReader::kPreface.size()) / Reset(1).size();
  }
  EXPECT_EQ(passed, 50);
}

TEST_F(FrameGuardTest, AClientThatSeldomResetsDoesNotWaitForThoseThatDo) {
  FrameGuard seldom(limits_, shared_);
  shared_.resets = RateLimit(1e-6, 1);
  Passing(Reset(1));
  const std::string preface(FrameReader::kPreface);
  EXPECT_EQ(seldom.FromClient(preface + Reset(1), now_).verdict, Verdict::kPass);
  EXPECT_EQ(seldom.FromClient(Reset(1), now_).verdict, Verdict::kWait);
  now_ += absl::Seconds(1);
  EXPECT_EQ(seldom.FromClient(Reset(1).substr(8), now_).verdict, Verdict::kPass);
}

// The client makes the server reset streams, e.g. with calls of unknown methods that go on.
TEST_F(FrameGuardTest, NewCallsPayForTheResetsOfTheServer) {
  guard_.FromServer(Times(30, Reset(1)), now_);
  const FrameGuard::Admission admission = Offer(Headers(3));
  EXPECT_EQ(admission.verdict, Verdict::kWait);
  now_ += absl::Seconds(1.01);
  EXPECT_EQ(Offer(Headers(3).substr(8)).verdict, Verdict::kPass);
}

TEST_F(FrameGuardTest, ResetsOfTheServerCountTowardsTheSharedLimit) {
  guard_.FromServer(Times(15, Reset(1)), now_);
  EXPECT_EQ(Offer(Headers(3)).verdict, Verdict::kPass);
  FrameGuard second(limits_, shared_);
  FrameGuard third(limits_, shared_);
  std::size_t passed = 0;
  for (FrameGuard* guard : {&second, &third}) {
    const FrameGuard::Admission admission =
        guard->FromClient(std::string(FrameReader::kPreface) + Times(100, Reset(1)), now_);
    passed += (admission.bytes - FrameReader::kPreface.size()) / Reset(1).size();
  }
  EXPECT_EQ(passed, 35);
}

TEST_F(FrameGuardTest, FramesThatAreAnsweredOrEmptyPassAtTheirRate) {
  EXPECT_EQ(Passing(FrameBytes(FrameType::kPing, 0, 0, "12345678")), 30);
}

TEST_F(FrameGuardTest, SettingsShareTheRateOfPings) {
  EXPECT_EQ(Passing(FrameBytes(FrameType::kSettings, 0, 0, "")), 30);
}

TEST_F(FrameGuardTest, EmptyDataPassesAtItsRate) {
  Offer(Headers(1));
  EXPECT_EQ(Passing(FrameBytes(FrameType::kData, 0, 1, "")), 40);
}

TEST_F(FrameGuardTest, DataOfNoOpenCallPassAtTheRateOfEmptyOnes) {
  EXPECT_EQ(Passing(LastData(1, "")), 40);
}

TEST_F(FrameGuardTest, DataBehindTheEndOfACallPassAtTheRateOfEmptyOnes) {
  Offer(Headers(1) + LastData(1, "end"));
  EXPECT_EQ(Passing(LastData(1, "more")), 40);
}

TEST_F(FrameGuardTest, TrailersOfACallThatIsOverPassAtTheRateOfEmptyFrames) {
  Offer(Headers(1));
  guard_.FromServer(LastHeaders(1), now_);
  EXPECT_EQ(Passing(LastHeaders(1)), 40);
}

// Of calls that the client has said all of, those that the server has answered, by headers, do not
// count.
TEST_F(FrameGuardTest, RequestsWithoutAnAnswerAreLimitedWhileOthersCall) {
  FrameLimits limits = limits_;
  limits.streams_max = 1'000;
  shared_.streams_max = 10'000;
  FrameGuard one(limits, shared_, "one");
  FrameGuard other(limits, shared_, "other");
  const std::string preface(FrameReader::kPreface);
  other.FromClient(preface + LastHeaders(1), now_);
  constexpr std::uint32_t kCalls = 100;
  std::string calls = preface;
  for (std::uint32_t call = 0; call < kCalls; ++call) calls += Headers(2 * call + 1);
  EXPECT_EQ(one.FromClient(calls, now_).bytes, calls.size()) << "none has said all";
  std::string data;
  for (std::uint32_t call = 0; call < kCalls; ++call) data += LastData(2 * call + 1, "data");
  const std::size_t one_data = LastData(1, "data").size();
  const FrameGuard::Admission admission = one.FromClient(data, now_);
  EXPECT_EQ(admission.verdict, Verdict::kWait);
  EXPECT_TRUE(admission.until_answer);
  EXPECT_EQ(admission.bytes / one_data, PendingCalls::kSharedMax);

  one.FromServer(Headers(1) + Headers(3), now_);
  data = data.substr(admission.bytes);
  const FrameGuard::Admission more = one.FromClient(data, now_);
  EXPECT_EQ(more.bytes / one_data, 2);
  // Others of its owner may have all of the room, but not for ever.
  data = data.substr(more.bytes);
  EXPECT_EQ(one.FromClient(data, now_ + limits.answers_within).bytes / one_data, 1);
  // A call with nothing but headers counts, too.
  FrameGuard again(limits, shared_, "one");
  const std::string headers = preface + LastHeaders(1);
  const FrameGuard::Admission waits = again.FromClient(headers, now_);
  EXPECT_EQ(waits.verdict, Verdict::kWait);
  now_ += PendingCalls::kPendingFor;
  EXPECT_EQ(again.FromClient(headers.substr(waits.bytes), now_).verdict, Verdict::kPass);
}

TEST_F(FrameGuardTest, ACallBeginsOnce) {
  EXPECT_EQ(Offer(Headers(1) + LastHeaders(1)).verdict, Verdict::kPass) << "its trailers";
  const FrameGuard::Admission again = Offer(Headers(1));
  EXPECT_EQ(again.verdict, Verdict::kClose);
  EXPECT_EQ(again.why, "it begins a call twice");
}

TEST_F(FrameGuardTest, NumbersOfTheServersCallsAreBrokenOff) {
  EXPECT_EQ(Offer(Headers(2)).verdict, Verdict::kClose);
}

TEST_F(FrameGuardTest, UnknownFramesPassAtTheirRate) {
  EXPECT_EQ(Passing(FrameBytes(static_cast<FrameType>(77), 0, 1, "x")), 40);
}

// A call is a frame of headers, one of data, and the client acknowledges what it reads.
TEST_F(FrameGuardTest, CallsAreNotLimited) {
  for (std::uint32_t stream = 1; stream < 100'000; stream += 2) {
    const std::string call = Headers(stream) + LastData(stream, "message") +
                             FrameBytes(FrameType::kWindowUpdate, 0, 0, std::string(4, '\1')) +
                             FrameBytes(FrameType::kPing, 0, 0, "12345678");
    ASSERT_EQ(Offer(call).verdict, Verdict::kPass) << stream;
    guard_.FromServer(LastHeaders(stream), now_);
  }
  EXPECT_EQ(guard_.active_at(), now_);
}

// Calls that the server has not answered to the end.
TEST_F(FrameGuardTest, HasSoManyCallsOpenAndNoMore) {
  EXPECT_EQ(Offer(Headers(1) + Headers(3) + Headers(5)).verdict, Verdict::kPass);
  EXPECT_EQ(Offer(LastHeaders(3)).verdict, Verdict::kPass) << "trailers of a call that is open";
  EXPECT_EQ(Offer(Headers(7)).verdict, Verdict::kWait);
  guard_.FromServer(FrameBytes(FrameType::kHeaders, kEndHeaders, 1, ""), now_);
  EXPECT_EQ(Offer(Headers(7).substr(8)).verdict, Verdict::kWait);
  guard_.FromServer(LastHeaders(1), now_);
  EXPECT_EQ(Offer(Headers(7).substr(8)).verdict, Verdict::kPass);
  EXPECT_EQ(Offer(Reset(3) + Headers(9)).verdict, Verdict::kPass);
  EXPECT_EQ(shared_.streams, 3);
}

// Its cancellations wait behind the call, so that it could not make room by itself.
TEST_F(FrameGuardTest, AConnectionThatWaitsLongForRoomIsBrokenOff) {
  EXPECT_EQ(Offer(Headers(1) + Headers(3) + Headers(5) + Headers(7)).verdict, Verdict::kWait);
  now_ += absl::Seconds(1.9);
  EXPECT_EQ(Offer(Headers(7).substr(8) + Reset(1)).verdict, Verdict::kWait);
  now_ += absl::Seconds(0.2);
  const FrameGuard::Admission late = Offer(Headers(7).substr(8) + Reset(1));
  EXPECT_EQ(late.verdict, Verdict::kClose);
  EXPECT_EQ(late.why, "it waited too long for room for another call");
}

TEST_F(FrameGuardTest, AFewCallsOfAConnectionAlwaysHaveRoom) {
  shared_.streams = shared_.streams_max;
  EXPECT_EQ(Offer(Headers(1)).verdict, Verdict::kPass);
  EXPECT_EQ(Offer(Headers(3)).verdict, Verdict::kWait);
  shared_.streams -= 6;
}

TEST_F(FrameGuardTest, AConnectionLeavesRoomForCallsOfOthers) {
  limits_.streams_max = 100;
  const std::string calls = Headers(1) + Headers(3) + Headers(5) + Headers(7);
  {
    FrameGuard greedy(limits_, shared_);
    const std::string bytes = std::string(FrameReader::kPreface) + calls;
    EXPECT_EQ(greedy.FromClient(bytes, now_).verdict, Verdict::kWait);
    EXPECT_EQ(shared_.streams, 3);
    EXPECT_EQ(Offer(Headers(1) + Headers(3)).verdict, Verdict::kPass);
    EXPECT_EQ(Offer(Headers(5)).verdict, Verdict::kWait);
    EXPECT_EQ(shared_.streams, 5);
  }
  EXPECT_EQ(shared_.streams, 2) << "the calls of a connection end with it";
}

TEST_F(FrameGuardTest, HeadersWithoutEndAreBrokenOff) {
  const std::string begin = FrameBytes(FrameType::kHeaders, 0, 1, "head");
  const std::string more = FrameBytes(FrameType::kContinuation, 0, 1, "");
  const FrameGuard::Admission admission = Offer(begin + Times(100, more));
  EXPECT_EQ(admission.verdict, Verdict::kClose);
  EXPECT_EQ(admission.why, "its headers have no end");
}

TEST_F(FrameGuardTest, LargeHeadersAreBrokenOffBeforeTheyAreSent) {
  const std::string begin = FrameBytes(FrameType::kHeaders, 0, 1, std::string(16'000, 'h'));
  EXPECT_EQ(Offer(begin).verdict, Verdict::kPass);
  const std::string more = FrameBytes(FrameType::kContinuation, 0, 1, std::string(400, 'h'));
  EXPECT_EQ(Offer(more.substr(0, 9)).verdict, Verdict::kClose);
}

}  // namespace
}  // namespace canvass::edge
