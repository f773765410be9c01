// An independent sum: PostgreSQL adds up the ledger by itself and finds the integers that the
// services show, for every area, whatever was held, released, annulled, reinstated and corrected.
#include <cstdint>
#include <map>
#include <pqxx/pqxx>
#include <string>
#include <tuple>

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
using ::testing::IsEmpty;
using ::testing::Not;

// (source, area, candidate or total) to a number.
using Totals = std::map<std::tuple<std::string, std::string, std::string>, std::int64_t>;

// From area_totals and candidate_totals, or from contest_totals.
Totals TotalsInSql(const RunningStack& stack, const std::string& election,
                   const std::string& view = "area_totals") {
  const std::string votes =
      view == "area_totals"
          ? "SELECT source_id, area_id, candidate_id, votes FROM canvass.candidate_totals"
          : "SELECT source_id, area_id, candidate_id, votes[candidate_no + 1] FROM canvass." +
                view + " JOIN canvass.current_candidates USING (election_id, contest_id)";
  pqxx::connection connection(stack->cluster().reader_connection());
  pqxx::read_transaction transaction(connection);
  Totals totals;
  for (const auto& row : transaction.exec_params(votes + " WHERE election_id = $1", election)) {
    totals[{row[0].c_str(), row[1].c_str(), row[2].c_str()}] = row[3].as<std::int64_t>();
  }
  for (const auto& row : transaction.exec_params(
           "SELECT source_id, area_id, reports, ballots_cast, blank_votes, invalid_votes "
           "FROM canvass." +
               view + " WHERE election_id = $1",
           election)) {
    totals[{row[0].c_str(), row[1].c_str(), "(reports)"}] = row[2].as<std::int64_t>();
    totals[{row[0].c_str(), row[1].c_str(), "(cast)"}] = row[3].as<std::int64_t>();
    totals[{row[0].c_str(), row[1].c_str(), "(blank)"}] = row[4].as<std::int64_t>();
    totals[{row[0].c_str(), row[1].c_str(), "(invalid)"}] = row[5].as<std::int64_t>();
  }
  return totals;
}

std::int64_t Number(const json& result, const char* field) {
  return std::stoll(result.value(field, "0"));
}

void AddAreas(const RunningStack& stack, const std::string& election, const std::string& source,
              Totals& totals) {
  std::string token;
  do {
    const json answer =
        json::parse(stack
                        .Publisher("ListAreaResults", json{{"election_id", election},
                                                           {"source_id", source},
                                                           {"page_size", 1000},
                                                           {"page_token", token}}
                                                          .dump())
                        .out);
    for (const json& result : answer.at("results")) {
      const std::string area = result.at("area_id");
      for (const json& candidate : result.at("candidates")) {
        totals[{source, area, candidate.at("candidate_id")}] = Number(candidate, "votes");
      }
      totals[{source, area, "(reports)"}] = result.at("progress").value("stations_counted", 0);
      totals[{source, area, "(cast)"}] = Number(result, "ballots_cast");
      totals[{source, area, "(blank)"}] = Number(result, "blank_votes");
      totals[{source, area, "(invalid)"}] = Number(result, "invalid_votes");
    }
    token = answer.value("next_page_token", "");
  } while (!token.empty());
}

class SqlViewsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = new RunningStack;
    ASSERT_EQ(stack_->Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
  }
  static void TearDownTestSuite() {
    delete stack_;
    stack_ = nullptr;
  }

  static void ExpectSameTotals(const std::string& what) {
    EXPECT_EQ(stack_->NationalResult("small").exit_code, 0) << "not all of the ledger is shown";
    Totals shown;
    AddAreas(*stack_, "small", "office", shown);
    AddAreas(*stack_, "small", "observers", shown);
    EXPECT_THAT(shown, Not(IsEmpty()));
    EXPECT_EQ(shown, TotalsInSql(*stack_, "small")) << "after: " << what;
    EXPECT_EQ(shown, TotalsInSql(*stack_, "small", "contest_totals")) << "after: " << what;
  }

  static void Submit(const std::string& what, const json& changes, const std::string& station,
                     int ann, int bob) {
    json report = json::parse(SmallReport("small", station, ann, bob));
    report.merge_patch(changes);
    const ProgramOutcome outcome =
        stack_->Reporter("SubmitReport", json{{"report", report}}.dump());
    EXPECT_EQ(outcome.exit_code, 0) << what << ": " << outcome.err;
    ExpectSameTotals(what);
  }

  static void Decide(const std::string& method, const std::string& station, int revision,
                     const json& more = {}) {
    json request{
        {"key", {{"election_id", "small"}, {"station_id", station}, {"revision", revision}}},
        {"reason", "a test of " + method}};
    if (more.is_object()) request.update(more);
    const ProgramOutcome outcome = stack_->Election(method, request.dump());
    EXPECT_EQ(outcome.exit_code, 0) << method << ' ' << station << ": " << outcome.err;
    ExpectSameTotals(method + " " + station);
  }

  static RunningStack* stack_;
};

RunningStack* SqlViewsTest::stack_ = nullptr;

TEST_F(SqlViewsTest, SameIntegersAfterEveryDecision) {
  ExpectSameTotals("definition");
  Submit("first report", json::object(), "n-1", 300, 200);
  Submit("held: cast above registered", {{"ballots", {{"registered_voters", 100}}}}, "n-2", 150,
         60);
  Decide("ReleaseReport", "n-2", 1);
  Submit("observers", {{"source_id", "observers"}}, "n-1", 301, 199);
  Submit("correction", {{"revision", 2}, {"reason", "two votes were swapped"}}, "n-1", 298, 202);
  Submit("held correction",
         {{"revision", 3}, {"reason", "recount"}, {"ballots", {{"registered_voters", 9}}}}, "n-1",
         290, 210);
  Decide("AnnulReport", "n-1", 3);
  Decide("ReinstateReport", "n-1", 3);
  Decide("ReleaseReport", "n-1", 3);
  Submit("third station", json::object(), "s-1", 11, 12);
  Decide("AnnulReport", "s-1", 1, {{"station_expected_again", true}});
  Submit("voting repeated", {{"revision", 2}, {"reason", "voting was repeated"}}, "s-1", 21, 22);
  Decide("AnnulReport", "s-1", 2);
}

TEST_F(SqlViewsTest, SameIntegersForEveryAreaOf2024) {
  ASSERT_EQ(stack_->Canvass({"demo", "az-2024", "--speed", "max"}).exit_code, 0);
  Totals shown;
  AddAreas(*stack_, "az-2024-presidential", "cec", shown);
  EXPECT_EQ(shown.size(), 126U * (7 + 4));
  for (const std::string view : {"area_totals", "contest_totals"}) {
    Totals in_sql = TotalsInSql(*stack_, "az-2024-presidential", view);
    std::erase_if(in_sql, [](const auto& total) { return std::get<0>(total.first) != "cec"; });
    EXPECT_EQ(shown, in_sql) << view;
  }
}

TEST_F(SqlViewsTest, TheReaderMayChangeNothing) {
  pqxx::connection connection((*stack_)->cluster().reader_connection());
  pqxx::work work(connection);
  EXPECT_THROW(work.exec("DELETE FROM canvass.entries"), pqxx::insufficient_privilege);
}

TEST_F(SqlViewsTest, TheAggregatorsRoleCannotRewriteHistory) {
  for (const char* statement : {"UPDATE canvass.entries SET actor = 'nobody'",
                                "DELETE FROM canvass.entries", "TRUNCATE canvass.entries"}) {
    pqxx::connection connection((*stack_)->cluster().writer_connection());
    pqxx::work work(connection);
    EXPECT_THROW(work.exec(statement), pqxx::insufficient_privilege) << statement;
  }
}

}  // namespace
}  // namespace canvass::testing
