#include "services/canvass/commands/command_line.h"

#include <cstdlib>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/canvass/commands/poll_figures_text.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/input_file.h"
#include "tests/services/canvass/import/import_samples.h"
#include "tests/support/temporary_folder.h"

namespace canvass::cli {
namespace {

using ::canvass::testing::kTownHeader;
using ::canvass::testing::kTownMapping;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Ran {
  ExitCode code = ExitCode::kDone;
  std::string out{};
  std::string messages{};
};

// `canvass WORDS...`
Ran Canvass(std::vector<std::string> words) {
  std::ostringstream out;
  std::ostringstream messages;
  Console console{.out = out, .messages = messages};
  words.insert(words.begin(), "canvass");
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  CommandLine command_line(console);
  const ExitCode code = command_line.Execute(static_cast<int>(arguments.size()), arguments.data());
  return {.code = code, .out = out.str(), .messages = messages.str()};
}

// The path of a file that goes with the program.
std::string PathOf(const std::string& name) {
  static const testing::TemporaryFolder kFolder;
  return kFolder.File(name);
}

std::string FileWith(const std::string& name, const std::string& content) {
  std::string path = PathOf(name);
  EXPECT_TRUE(WriteOutput(path, content).ok());
  return path;
}

TEST(CommandLineTest, EveryCommandHasHelpWithAnExample) {
  for (const char* name :
       {"up",      "demo",    "define",   "import",  "submit",        "elections",
        "results", "areas",   "stations", "compare", "watch",         "history",
        "changes", "held",    "release",  "refused", "annul",         "reinstate",
        "poll",    "certify", "confirm",  "reopen",  "withdraw-seal", "ledger",
        "migrate", "outbox",  "bench",    "status",  "backup",        "restore"}) {
    const Ran ran = Canvass({name, "--help"});
    EXPECT_EQ(ran.code, ExitCode::kDone) << name;
    EXPECT_THAT(ran.out, HasSubstr(std::string("Example\n  canvass ") + name)) << name;
    EXPECT_THAT(Canvass({"--help"}).out, HasSubstr(std::string("\n  ") + name + " ")) << name;
  }
}

TEST(CommandLineTest, HelpDocumentsTheExitCodes) {
  EXPECT_THAT(Canvass({"--help"}).out,
              AllOf(HasSubstr("  0  success\n"), HasSubstr("  1  refused"),
                    HasSubstr("  2  the command line"), HasSubstr("  3  a service")));
}

TEST(CommandLineTest, AWrongCommandLineIsTwo) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"recount"},
           {"results"},
           {"results", "e", "--finale"},
           {"results", "e", "-o", "xml"},
           {"results", "e", "--timeout", "soon"},
           {"results", "e", "--final", "--area", "a"},
           {"certify", "e"},
           {"certify", "e", "--read", "--expected-sequence", "4"},
           {"annul", "e", "s", "--reason", "r"},
           {"annul", "e", "s", "--revision", "0", "--reason", "r"},
           {"annul", "e", "s", "--revision", "1", "--reason", "r", "--document", "x"},
           {"reopen", "e", "--reason", "r"},
           {"withdraw-seal", "e", "--reason", "r"},
           {"withdraw-seal", "e", "0", "--reason", "r"},
           {"ledger", "e", "--database", "dbname=x"},
           {"ledger", "e", "--root", std::string(64, 'a')},
           {"ledger", "e", "--verify", "--root", "abc"},
           {"ledger", "e", "--verify", "--root", std::string(64, 'a') + "@0"},
           {"poll", "e", "--share", "a=1"},
           {"poll", "e", "--source", "p", "--share", "a"},
           {"poll", "e", "--source", "p", "--published-at", "today"},
           {"poll", "e", "figures.json", "--contest", "c"},
           {"poll", "e", "figures.json", "--source", "p"},
           {"poll", "e", "figures.json", "--area", "a"},
           {"poll", "e", "figures.json", "--share", "a=1"},
           {"poll", "e", "figures.json", "--sample-size", "9"},
           {"poll", "e", "figures.json", "--margin-of-error", "2.5"},
           {"poll", "e", "figures.json", "--published-at", "2024-02-07T19:30:00+04:00"},
           {"poll", "e", "figures.json", "--revision", "2"},
           {"poll", "e", "figures.json", "--reason", "r"},
           {"poll", "e", "figures.json", "--retract"},
           {"poll", "e", "figures.json", "--document", std::string(64, 'a') + ",u"}}) {
    const Ran ran = Canvass(words);
    EXPECT_EQ(ran.code, ExitCode::kUsage) << ::testing::PrintToString(words);
    EXPECT_EQ(ran.out, "") << ::testing::PrintToString(words);
    EXPECT_NE(ran.messages, "") << ::testing::PrintToString(words);
  }
}

TEST(CommandLineTest, AWordThatIsNoCommandIsNamed) {
  EXPECT_THAT(Canvass({"recount", "town-2025"}).messages,
              HasSubstr("There is no command or option 'recount'"));
  EXPECT_THAT(Canvass({"--finale"}).messages, HasSubstr("'--finale'"));
}

// A disk that is full, or a pipe that nobody reads.
class NowhereBuffer final : public std::streambuf {};

TEST(CommandLineTest, OutputThatCannotBeWrittenIsOne) {
  const std::string mapping = FileWith("mapping.json", kTownMapping);
  const std::string csv =
      FileWith("town.csv", std::string(kTownHeader) + "1,North,900,510,3,1,1,300,205\n");
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"canvass", "import", csv.c_str(), "--mapping", mapping.c_str(), "--dry-run"},
           {"canvass", "--help"}}) {
    NowhereBuffer nowhere;
    std::ostream out(&nowhere);
    std::ostringstream messages;
    Console console{.out = out, .messages = messages};
    EXPECT_EQ(CommandLine(console).Execute(static_cast<int>(words.size()), words.data()),
              ExitCode::kFailed);
    EXPECT_THAT(messages.str(), HasSubstr("[OUTPUT_NOT_WRITTEN]"));
  }
}

TEST(CommandLineTest, AServiceThatIsAwayIsThreeAndIsNamed) {
  // Port 1 is reserved and nobody listens there.
  const Ran results = Canvass({"results", "e", "--publisher", "127.0.0.1:1"});
  EXPECT_EQ(results.code, ExitCode::kUnreachable);
  EXPECT_THAT(results.messages, HasSubstr("The publisher at 127.0.0.1:1 cannot be reached"));
  const Ran held = Canvass({"held", "e", "--aggregator", "127.0.0.1:1"});
  EXPECT_EQ(held.code, ExitCode::kUnreachable);
  EXPECT_THAT(held.messages, HasSubstr("The aggregator at 127.0.0.1:1 cannot be reached"));
  const std::string report = FileWith("report.json", R"({"electionId": "e", "stationId": "s"})");
  EXPECT_EQ(Canvass({"submit", report, "--reporter", "127.0.0.1:1"}).code, ExitCode::kUnreachable);
}

TEST(CommandLineTest, TakesAddressesFromTheEnvironment) {
  ASSERT_EQ(setenv("CANVASS_PUBLISHER", "127.0.0.1:2", 1), 0);
  const Ran ran = Canvass({"elections"});
  unsetenv("CANVASS_PUBLISHER");
  EXPECT_THAT(ran.messages, HasSubstr("127.0.0.1:2"));
}

TEST(CommandLineTest, AFileThatIsNotThereOrNotRightIsOne) {
  EXPECT_EQ(Canvass({"define", "/does/not/exist.json"}).code, ExitCode::kFailed);
  EXPECT_THAT(Canvass({"define", "/does/not/exist.json"}).messages,
              HasSubstr("Cannot read /does/not/exist.json"));
  const std::string broken = FileWith("broken.json", "{\"election\": {\"electionID\": \"e\"}}");
  const Ran ran = Canvass({"define", broken});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.messages, AllOf(HasSubstr("electionID"), HasSubstr("[JSON_MALFORMED]")));
}

TEST(ImportCommandTest, DryRunNeedsNoService) {
  const std::string mapping = FileWith("mapping.json", kTownMapping);
  const std::string csv =
      FileWith("town.csv", std::string(kTownHeader) + "1,North,900,510,3,1,1,300,205\n");
  const Ran ran =
      Canvass({"import", csv, "--mapping", mapping, "--dry-run", "--reporter", "127.0.0.1:1"});
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.messages;
  EXPECT_THAT(ran.out, HasSubstr("town-2025: 1 row, 1 station, 2 areas"));
}

TEST(ImportCommandTest, RejectedRowsAreOneAndGoToTheRejectsFile) {
  const std::string mapping = FileWith("mapping.json", kTownMapping);
  const std::string csv =
      FileWith("town.csv", std::string(kTownHeader) + "1,North,900,511,3,1,1,300,205\n");
  const std::string rejects = PathOf("rejects.csv");
  const Ran ran = Canvass({"import", csv, "--mapping", mapping, "--dry-run", "--rejects", rejects});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_THAT(ran.messages, HasSubstr("line 2: VOTES_NOT_BALANCED: "));
  EXPECT_THAT(*ReadInput(rejects), AllOf(HasSubstr("2,VOTES_NOT_BALANCED,"),
                                         HasSubstr(",1,North,900,511,3,1,1,300,205\n")));
}

TEST(ImportCommandTest, SeverityAndElectionTakeThePlaceOfTheMappings) {
  const std::string mapping = FileWith("mapping.json", kTownMapping);
  const std::string csv =
      FileWith("town.csv", std::string(kTownHeader) + "1,North,500,510,3,1,1,300,205\n");
  const Ran held = Canvass({"import", csv, "--mapping", mapping, "--dry-run"});
  EXPECT_THAT(held.out, HasSubstr("CAST_ABOVE_REGISTERED  held"));
  const Ran warned = Canvass({"import", csv, "--mapping", mapping, "--dry-run", "--election",
                              "town-2025-b", "--severity", "CAST_ABOVE_REGISTERED=warn"});
  EXPECT_THAT(warned.out, AllOf(HasSubstr("town-2025-b: "),
                                HasSubstr("CAST_ABOVE_REGISTERED  counted and flagged")));
  EXPECT_EQ(Canvass({"import", csv, "--mapping", mapping, "--severity", "X=warn"}).code,
            ExitCode::kUsage);
}

TEST(ExitCodeTest, FollowsFromTheStatus) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kDone);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(UsageError("")), ExitCode::kUsage);
}

TEST(ErrorTextTest, SaysMessageReasonFieldsAndNumbers) {
  const absl::Status status = ErrorWithDetail(
      absl::StatusCode::kInvalidArgument, "The report breaks 1 rule.",
      {.reason = "VOTES_NOT_BALANCED",
       .violations = {{.field = "report.ballots", .description = "505 votes, 510 ballots"}},
       .metadata = {{"ballots_cast", "510"}}});
  EXPECT_EQ(ErrorText(status),
            "The report breaks 1 rule. [VOTES_NOT_BALANCED]\n"
            "  report.ballots: 505 votes, 510 ballots\n"
            "  ballots_cast = 510\n");
  EXPECT_EQ(ErrorText(absl::UnavailableError("the end of the log:\none\x1b[2J\ntwo")),
            "the end of the log:\none [2J\ntwo\n");
  EXPECT_EQ(ErrorText(FieldError(reason::kIdMalformed, "contest_id", "must not be empty")),
            "contest_id: must not be empty [ID_MALFORMED]\n");
}

TEST(ParsePollShareTest, KeepsTheDecimalsThatWerePublished) {
  EXPECT_EQ(ParsePollShare("ilham-aliyev=93.9")->share_percent(), "93.9");
  for (const char* text : {"", "a", "a=", "=5", "a=5,2", "a=five"}) {
    EXPECT_EQ(ExitCodeOf(ParsePollShare(text).status()), ExitCode::kUsage) << text;
  }
}

}  // namespace
}  // namespace canvass::cli
