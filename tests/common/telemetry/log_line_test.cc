#include "common/telemetry/log_line.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace canvass::telemetry {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;

const absl::Time kTime = absl::FromUnixMillis(1'793'736'900'123);

LogRecord Record(std::string_view message, const LogFields& fields) {
  return {
      .time = kTime, .level = "info", .service = "reporter", .message = message, .fields = fields};
}

TEST(LogLineTest, TextIsALineWithFieldsBehindIt) {
  const LogFields fields = {{"rule", "COUNT_MISSING"}, {"why", "a \"b\""}, {"none", ""}};
  EXPECT_EQ(TextLine(Record("refused a report", fields)),
            "2026-11-03T20:15:00.123Z info reporter: refused a report rule=COUNT_MISSING "
            "why=\"a \\\"b\\\"\"");
}

TEST(LogLineTest, JsonIsOneObject) {
  const LogFields fields = {{"rule", "COUNT_MISSING"}, {"why", "a \"b\"\\"}, {"none", ""}};
  EXPECT_EQ(JsonLine(Record("refused", fields)),
            "{\"time\":\"2026-11-03T20:15:00.123Z\",\"level\":\"info\",\"service\":\"reporter\","
            "\"message\":\"refused\",\"rule\":\"COUNT_MISSING\",\"why\":\"a \\\"b\\\"\\\\\"}");
}

// Whatever callers say: no line ends, no sequences of a terminal, no bytes that are not UTF-8.
TEST(LogLineTest, NothingOfACallerIsRaw) {
  for (const std::string& hostile :
       {std::string("a\nb"), std::string("a\r\nERROR b"), std::string("\x1b[2J\x1b]0;x\x07"),
        std::string("\x00zero", 5), std::string("\xff\xfe\x80"), std::string("\xc3"),
        std::string("\xe2\x80\xae reversed"), std::string("\xc2\x9b 31m"), std::string("\x7f")}) {
    const LogFields fields = {{"station", hostile}};
    for (const std::string& line :
         {TextLine(Record(hostile, fields)), JsonLine(Record(hostile, fields))}) {
      const auto* const bytes = reinterpret_cast<const unsigned char*>(line.data());
      EXPECT_THAT(std::vector<int>(bytes, bytes + line.size()),
                  AllOf(Each(Ge(' ')), Each(testing::Ne(0x7F))))
          << line;
      EXPECT_EQ(line.find("\xc2\x9b"), std::string::npos);
      EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
    }
    EXPECT_TRUE(nlohmann::json::accept(JsonLine(Record(hostile, fields)))) << hostile;
  }
}

TEST(LogLineTest, TextsOfOtherLanguagesStay) {
  const LogFields fields = {{"station", "Bak\xc4\xb1 \xe2\x84\x96 1"}};
  const auto json = nlohmann::json::parse(JsonLine(Record("x", fields)));
  EXPECT_EQ(json["station"], "Bak\xc4\xb1 \xe2\x84\x96 1");
}

}  // namespace
}  // namespace canvass::telemetry
