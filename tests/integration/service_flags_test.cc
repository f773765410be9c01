// The command lines of the three services.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/program_run.h"
#include "tests/support/source_tree.h"

namespace canvass::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

struct Service {
  std::string program{};
  std::vector<std::string> flags{};  // of its own
  std::string default_listen{};
};

class ServiceFlagsTest : public ::testing::TestWithParam<Service> {};

TEST_P(ServiceFlagsTest, HelpNamesEveryFlagAndShowsAnExample) {
  const ProgramOutcome outcome = RunProgram({ProgramFile(GetParam().program), "--help"});
  for (const char* flag : {"--listen ", "--address_file ", "--health_listen ", "--admin_listen ",
                           "--admin_address_file ", "--log_level ", "--log_format "}) {
    EXPECT_THAT(outcome.out, HasSubstr(flag));
  }
  for (const std::string& flag : GetParam().flags) {
    EXPECT_THAT(outcome.out, HasSubstr("--" + flag + " "));
  }
  EXPECT_THAT(outcome.out,
              HasSubstr(GetParam().program + " --listen " + GetParam().default_listen));
  // Abseil's own flags are not what somebody looks for.
  EXPECT_THAT(outcome.out, Not(HasSubstr("--flagfile")));
}

TEST_P(ServiceFlagsTest, TheVersionIsThatOfTheProject) {
  const ProgramOutcome outcome = RunProgram({ProgramFile(GetParam().program), "--version"});
  ASSERT_THAT(outcome.out, StartsWith(GetParam().program + " "));
  const std::string version = outcome.out.substr(GetParam().program.size() + 1);
  EXPECT_THAT(version, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_THAT(ReadSourceFile("CMakeLists.txt"),
              HasSubstr("project(canvass VERSION " + version.substr(0, version.size() - 1) + " "));
}

TEST_P(ServiceFlagsTest, AnArgumentThatIsNoFlagIsNamed) {
  const ProgramOutcome outcome = RunProgram({ProgramFile(GetParam().program), "lisbon"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("ARGUMENT_UNEXPECTED"));
  EXPECT_THAT(outcome.err, HasSubstr("\\\"lisbon\\\""));  // within JSON
}

TEST_P(ServiceFlagsTest, AFlagThatDoesNotExistIsNamed) {
  const ProgramOutcome outcome = RunProgram({ProgramFile(GetParam().program), "--lissen=1"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("lissen"));
}

TEST_P(ServiceFlagsTest, AnAddressThatIsNoneIsNamed) {
  const ProgramOutcome outcome = RunProgram(
      {"env", "CANVASS_DATABASE=dbname=none", ProgramFile(GetParam().program), "--listen=nowhere"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere"));
}

// As from a unit file with an unset variable.
TEST_P(ServiceFlagsTest, AnEmptyAddressIsNoDefault) {
  const ProgramOutcome outcome = RunProgram(
      {"env", "CANVASS_DATABASE=dbname=none", ProgramFile(GetParam().program), "--listen="});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("ADDRESS_MALFORMED"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ServiceFlagsTest,
    ::testing::Values(
        Service{"canvass-station-reporter",
                {"aggregator", "outbox", "answer_within", "outbox_reports_max", "outbox_bytes_max"},
                "127.0.0.1:50061"},
        Service{"canvass-aggregator", {"database", "accept_future_entries"}, "127.0.0.1:50062"},
        Service{"canvass-publisher", {"aggregator", "known_roots"}, "127.0.0.1:50063"}),
    [](const ::testing::TestParamInfo<Service>& service) {
      std::string name = service.param.program;
      for (char& c : name) {
        if (c == '-') c = '_';
      }
      return name;
    });

TEST(ServiceOptionsTest, TheAggregatorNeedsADatabase) {
  const ProgramOutcome outcome = RunProgram(
      {"env", "-u", "CANVASS_DATABASE", ProgramFile("canvass-aggregator"), "--listen=127.0.0.1:0"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("FLAG_EMPTY"));
  EXPECT_THAT(outcome.err, HasSubstr("CANVASS_DATABASE"));
}

TEST(ServiceOptionsTest, ClientsOfTheAggregatorNeedItsAddress) {
  for (const char* program : {"canvass-station-reporter", "canvass-publisher"}) {
    const ProgramOutcome outcome =
        RunProgram({ProgramFile(program), "--listen=127.0.0.1:0", "--aggregator="});
    EXPECT_EQ(outcome.exit_code, 1) << program;
    EXPECT_THAT(outcome.err, HasSubstr("FLAG_EMPTY")) << program;
  }
}

TEST(ServiceOptionsTest, TheOutboxHasLimitsAboveZero) {
  const ProgramOutcome outcome = RunProgram(
      {ProgramFile("canvass-station-reporter"), "--listen=127.0.0.1:0", "--outbox_bytes_max=0"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("outbox_bytes_max"));
}

}  // namespace
}  // namespace canvass::testing
