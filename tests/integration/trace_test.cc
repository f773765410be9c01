// What the logs of the services say of one call that goes through all of them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/stack/stack.h"
#include "tests/support/program_run.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr absl::Duration kTracePatience = absl::Seconds(30);

class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    auto stack = cli::Stack::Start(
        {.data_folder = folder_.path(),
         .reporter_listen = "127.0.0.1:0",
         .aggregator_listen = "127.0.0.1:0",
         .publisher_listen = "127.0.0.1:0",
         .log_level = "debug",
         .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
    EXPECT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    const ProgramOutcome defined = RunProgram(
        {ProgramFile("canvass"), "define", "-", "--aggregator", stack_->aggregator_address()},
        SmallDefinition("small"));
    EXPECT_EQ(defined.exit_code, 0) << defined.err;
  }

  // The receipt of a report, or the error.
  ProgramOutcome Submit(const std::string& station, const std::string& header) const {
    const json request = {{"report", json::parse(SmallReport("small", station, 30, 20))}};
    return Grpcurl(stack_->reporter_address(),
                   "canvass.reporter.v1.StationReporterService/SubmitReport", request.dump(),
                   {"-H", header});
  }

  std::string LogOf(const std::string& service) const {
    std::ifstream log(StrCat(folder_.path(), "/log/", service, ".log"));
    return {std::istreambuf_iterator<char>(log), {}};
  }

  // The first line of a service's log with both texts, once there is one.
  std::string LineOf(const std::string& service, const std::string& one,
                     const std::string& other) const {
    const absl::Time deadline = absl::Now() + kTracePatience;
    while (absl::Now() < deadline) {
      std::istringstream log(LogOf(service));
      for (std::string line; std::getline(log, line);) {
        const bool has_both =
            line.find(one) != std::string::npos && line.find(other) != std::string::npos;
        if (has_both) return line;
      }
      absl::SleepFor(absl::Milliseconds(50));
    }
    return "";
  }

  const TemporaryFolder folder_;
  std::unique_ptr<cli::Stack> stack_;
};

TEST_F(TraceTest, ATraceIsFollowedThroughAllServices) {
  const ProgramOutcome outcome =
      Submit("n-1", StrCat("traceparent: 00-", kTraceId, "-00f067aa0ba902b7-01"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string sequence =
      StrCat(" sequence=", json::parse(outcome.out)["receipt"]["sequence"].get<std::string>());
  const std::string trace = StrCat(" trace_id=", kTraceId);
  for (const char* const service :
       {"canvass-station-reporter", "canvass-aggregator", "canvass-publisher"}) {
    EXPECT_THAT(LineOf(service, trace, sequence), HasSubstr(" debug ")) << service;
  }
}

TEST_F(TraceTest, ARefusalIsLoggedWithItsRuleAndRequest) {
  ASSERT_NE(Submit("n-9", "x-request-id: night-7").exit_code, 0);
  EXPECT_THAT(LineOf("canvass-station-reporter", "STATION_UNKNOWN", "night-7"),
              AllOf(HasSubstr(" info "), HasSubstr(" request_id=night-7"),
                    HasSubstr(" method=/canvass.reporter.v1.StationReporterService/SubmitReport"),
                    HasSubstr(" reason=STATION_UNKNOWN")));
  EXPECT_THAT(LineOf("canvass-aggregator", "rule=STATION_UNKNOWN", "station=n-9"),
              AllOf(HasSubstr(" info "), HasSubstr(" election=small")));
  EXPECT_THAT(LogOf("canvass-station-reporter"), Not(HasSubstr("method=/grpc.")))
      << "grpcurl asked for a version of reflection that there is not";
}

// Ids and names are anybody's.
TEST_F(TraceTest, WhatIsMalformedIsNotLogged) {
  Submit("n-1", "traceparent: 00-zz");
  ASSERT_NE(Submit("n-9\x1b[2J\nx", "x-request-id: a b").exit_code, 0);
  const std::string line = LineOf("canvass-aggregator", "rule=STATION_UNKNOWN", "station=");
  EXPECT_THAT(line, HasSubstr("station=\"n-9 [2J x\""));
  EXPECT_THAT(LineOf("canvass-station-reporter", "STATION_UNKNOWN", "request_id="),
              Not(HasSubstr("a b")));
}

TEST(LogFormatTest, AProgramWithoutATerminalWritesObjects) {
  const ProgramOutcome outcome =
      RunProgram({ProgramFile("canvass-publisher"), "--aggregator=a\x1b]0;b\nc", "lisbon"});
  const json line = json::parse(outcome.err);
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["service"], "publisher");
  EXPECT_THAT(line["message"], HasSubstr("\"lisbon\""));
  const ProgramOutcome text =
      RunProgram({ProgramFile("canvass-publisher"), "--log_format=text", "lisbon"});
  EXPECT_THAT(text.err, HasSubstr("Z error publisher: INVALID_ARGUMENT: "));
}

}  // namespace
}  // namespace canvass::testing
