// All that somebody outside can get before the end of an embargo, from the public services and from
// SQL: two ledgers with different secrets cannot be told apart by it.
#include <cstdint>
#include <pqxx/pqxx>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/postgres/private_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// SmallDefinition with observers under embargo and an exit poll under embargo.
std::string Definition(const std::string& id, absl::Time visible_from) {
  json definition = json::parse(SmallDefinition(id));
  const std::string end = absl::FormatTime(absl::RFC3339_full, visible_from, absl::UTCTimeZone());
  for (json& source : definition["sources"]) {
    if (source["sourceId"] == "observers") source["visibleFrom"] = end;
  }
  definition["sources"].push_back({{"sourceId", "poll"},
                                   {"kind", "SOURCE_KIND_EXIT_POLL"},
                                   {"names", {{"en", "Poll"}}},
                                   {"organisations", {"Pollster"}},
                                   {"visibleFrom", end}});
  return definition.dump();
}

std::string ReportOf(const std::string& election, const std::string& station, int ann, int bob) {
  json report = json::parse(SmallReport(election, station, ann, bob));
  report["source_id"] = "observers";
  return report.dump();
}

std::string Poll(const std::string& election, const std::string& ann, const std::string& bob) {
  return json{{"figures",
               {{"election_id", election},
                {"source_id", "poll"},
                {"revision", 1},
                {"shares",
                 {{{"candidate_id", "ann"}, {"share_percent", ann}},
                  {{"candidate_id", "bob"}, {"share_percent", bob}}}}}}}
      .dump();
}

// Rows of a statement as the reader, or its error.
std::string Select(const RunningStack& stack, const std::string& statement) {
  std::string text;
  try {
    pqxx::connection connection(stack->cluster().reader_connection());
    pqxx::read_transaction transaction(connection);
    for (const auto& row : transaction.exec(statement)) {
      for (const auto& cell : row) text += std::string(cell.c_str()) + "|";
      text += "\n";
    }
  } catch (const pqxx::sql_error& error) {
    text = error.what();
  }
  return text;
}

// What anybody can ask about the election.
std::string Everything(const RunningStack& stack, const std::string& election) {
  std::string all;
  const json id{{"election_id", election}};
  for (const char* const source : {"office", "observers", "poll"}) {
    json question = id;
    question["source_id"] = source;
    for (const char* const method :
         {"GetNationalResult", "GetFinalResult", "ListContestResults", "ListAreaResults",
          "ListStationReports", "ListStationStates", "GetResultHistory"}) {
      const ProgramOutcome outcome = stack.Publisher(method, question.dump());
      all += outcome.out + outcome.err;
    }
    for (const char* const station : {"n-1", "n-2", "s-1"}) {
      json key = question;
      key["station_id"] = station;
      const json asked{{"key", key}};
      for (const ProgramOutcome& outcome : {stack.Aggregator("GetReceipt", asked.dump()),
                                            stack.Publisher("GetStationReport", key.dump())}) {
        all += outcome.out + outcome.err;
      }
    }
  }
  for (const char* const method : {"GetElection", "ListChanges", "CompareSources"}) {
    const ProgramOutcome outcome = stack.Publisher(method, id.dump());
    all += outcome.out + outcome.err;
  }
  for (const char* const method : {"ListLedgerEntries", "ListHeldReports", "ListRefusedReports"}) {
    const ProgramOutcome outcome = stack.Aggregator(method, id.dump());
    all += outcome.out + outcome.err;
  }
  const std::string where = " WHERE election_id = '" + election + "'";
  for (const char* const view :
       {"current_reports", "counting_reports", "station_reports", "area_totals", "candidate_totals",
        "contest_totals", "ledger_entries"}) {
    all +=
        Select(stack, "SELECT * FROM canvass." + std::string(view) + where + " ORDER BY 1, 2, 3");
    all += Select(stack,
                  "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF) SELECT * FROM canvass." +
                      std::string(view) + where);
  }
  all += Select(stack, "SELECT * FROM canvass.sealed_contents");
  all +=
      Select(stack, "SELECT pg_relation_size(oid) FROM pg_class WHERE relname = 'sealed_contents'");
  all += Select(stack, "SELECT * FROM canvass.entries");
  return all;
}

// Without what differs between any two elections: id, times, hashes, and the bytes of entries,
// which repeat id and hashes.
std::string Anonymous(std::string text, const std::string& election) {
  text = absl::StrReplaceAll(text, {{election, "ELECTION"}});
  for (const auto& [pattern, name] : std::vector<std::pair<const char*, const char*>>{
           {R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00)?)", "TIME"},
           {R"(\\x[0-9a-f]+)", "BYTES"},
           {R"([0-9a-f]{64})", "HASH"},
           {R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "UUID"},
           {R"x("entry": "[A-Za-z0-9+/=]+")x", "BYTES"},
           {R"((Buckets: |Memory Usage: |Memory: |Batches: |Heap Blocks: exact=|Buffers: )[^\n]*)",
            "$1N"}}) {
    text = std::regex_replace(text, std::regex(pattern), name);
  }
  return text;
}

std::string Annulment(const std::string& election, const std::string& station) {
  return json{{"key",
               {{"election_id", election},
                {"source_id", "observers"},
                {"station_id", station},
                {"revision", 1}}},
              {"reason", "counted twice"}}
      .dump();
}

// Different numbers of other stations, a decision in place of a report, other shares: everybody
// sees three seals.
TEST(EmbargoTest, NothingTellsWhatIsSealed) {
  const absl::Time visible_from = absl::Now() + absl::Hours(1);
  std::vector<std::string> seen;
  for (const bool other : {false, true}) {
    const RunningStack stack;
    const std::string election = other ? "town-2" : "town-1";
    const auto observe = [&](const std::string& station, int ann) {
      const ProgramOutcome submitted =
          stack.Canvass({"submit", "-"}, ReportOf(election, station, ann, 700 - ann));
      ASSERT_EQ(submitted.exit_code, 0) << submitted.err;
      EXPECT_THAT(submitted.out, HasSubstr("(sealed)"));
    };
    ASSERT_EQ(stack.Canvass({"define", "-"}, Definition(election, visible_from)).exit_code, 0);
    if (other) {
      observe("s-1", 261);
      ASSERT_EQ(stack.Election("AnnulReport", Annulment(election, "s-1")).exit_code, 0);
    } else {
      observe("n-1", 9);
      observe("n-2", 100);
    }
    const std::string share = other ? "26.5" : "1.5";
    ASSERT_EQ(stack.Election("PublishPollFigures", Poll(election, share, "30.5")).exit_code, 0);
    ASSERT_EQ(stack.Canvass({"submit", "-"}, SmallReport(election, "n-1", 300, 200)).exit_code, 0);
    ASSERT_EQ(stack.NationalResult(election).exit_code, 0);
    const std::string all = Everything(stack, election);
    EXPECT_THAT(all, Not(HasSubstr("\"" + share)));
    EXPECT_THAT(all, HasSubstr("embargo_seal"));
    EXPECT_THAT(all, HasSubstr("SOURCE_EMBARGOED"));
    EXPECT_THAT(all, HasSubstr("permission denied"));
    seen.push_back(Anonymous(all, election));
  }
  EXPECT_EQ(seen[0], seen[1]);
}

// The same stack after a takeover by a new aggregator; the seals are opened when their time comes.
TEST(EmbargoTest, SealsAreOpenedOnTimeAfterATakeover) {
  RunningStack stack;
  const absl::Time visible_from = absl::Now() + absl::Seconds(12);
  ASSERT_EQ(stack.Canvass({"define", "-"}, Definition("town", visible_from)).exit_code, 0);
  ASSERT_EQ(stack.Canvass({"submit", "-"}, ReportOf("town", "n-1", 500, 200)).exit_code, 0);
  ASSERT_EQ(stack.Election("PublishPollFigures", Poll("town", "60.5", "30.5")).exit_code, 0);
  stack.KillAggregator();
  stack.RestartAggregator();
  ASSERT_EQ(stack.Canvass({"submit", "-"}, ReportOf("town", "n-2", 300, 100)).exit_code, 0);
  const std::string question = json{{"election_id", "town"}, {"source_id", "observers"}}.dump();
  for (;;) {
    const ProgramOutcome answer = stack.Publisher("GetNationalResult", question);
    if (absl::Now() < visible_from) {
      EXPECT_THAT(answer.err, HasSubstr("SOURCE_EMBARGOED"));
    } else if (answer.exit_code == 0) {
      const json result = json::parse(answer.out).at("result");
      if (result.at("progress").value("stations_counted", 0) < 2) continue;
      EXPECT_EQ(result.at("candidates").at(0).at("votes"), "800");
      break;
    }
    ASSERT_LT(absl::Now(), visible_from + absl::Seconds(30));
  }
  EXPECT_EQ(Select(stack,
                   "SELECT votes FROM canvass.candidate_totals WHERE source_id = "
                   "'observers' AND area_id = 'town' ORDER BY candidate_no"),
            "800|\n300|\n");
  const ProgramOutcome verified = stack.Canvass({"ledger", "town", "--verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("3 entries are seals; 0 are not open yet"));
}

}  // namespace
}  // namespace canvass::testing
