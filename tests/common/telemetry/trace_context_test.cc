#include "common/telemetry/trace_context.h"

#include <string>

#include "gtest/gtest.h"

namespace canvass::telemetry {
namespace {

// The examples of the standard.
constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

std::string Traceparent(const std::string& version, const std::string& rest = "-01") {
  return version + "-" + kTrace + "-" + kSpan + rest;
}

TEST(TraceContextTest, ReadsTheFirstVersion) {
  const TraceContext expected{.trace_id = kTrace, .span_id = kSpan};
  EXPECT_EQ(ParseTraceparent(Traceparent("00")), expected);
  EXPECT_EQ(ParseTraceparent(Traceparent("00", "-00")), expected);
}

TEST(TraceContextTest, ReadsLaterVersionsWithMoreBehind) {
  EXPECT_TRUE(ParseTraceparent(Traceparent("cc")).has_value());
  EXPECT_TRUE(ParseTraceparent(Traceparent("cc", "-01-what-the-future-will-be-like")).has_value());
  EXPECT_FALSE(ParseTraceparent(Traceparent("cc", "-01.what")).has_value());
}

TEST(TraceContextTest, IgnoresWhatIsMalformed) {
  for (const std::string& malformed :
       {std::string(), std::string("00"), std::string(55, '-'), Traceparent("ff"),
        Traceparent("0G"), Traceparent("00", "-0"), Traceparent("00", "-01-more"),
        Traceparent("00", "_01"), Traceparent("00", "-0X"),
        "00-" + std::string(32, '0') + "-" + kSpan + "-01",
        std::string("00-") + kTrace + "-" + std::string(16, '0') + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + std::string(kSpan) + "-01",
        "00-" + std::string(31, 'a') + "\n-" + kSpan + "-01"}) {
    EXPECT_FALSE(ParseTraceparent(malformed).has_value()) << malformed;
  }
}

}  // namespace
}  // namespace canvass::telemetry
