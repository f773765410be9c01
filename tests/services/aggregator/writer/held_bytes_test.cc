#include "services/aggregator/writer/held_bytes.h"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "common/election/definition.h"
#include "common/election/report.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/receipt.h"

namespace canvass::aggregator {
namespace {

constexpr std::size_t kLong = 1'000;

TEST(HeldBytesTest, CountsTheReportItsReceiptAndEveryTextOfIt) {
  const std::size_t small = HeldBytes(std::vector<SubmittedReport>(1));
  EXPECT_EQ(small, sizeof(SubmittedReport) + sizeof(Receipt));
  const auto grows_by = [&](std::size_t bytes, auto change) {
    std::vector<SubmittedReport> reports(1);
    change(reports.front());
    return HeldBytes(reports) >= small + bytes && HeldBytes(reports) < small + 2 * bytes;
  };
  const std::string text(kLong, 'x');
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.actor = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.election_id = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.contest_id = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.source_id = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.station_id = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.reason = text; }));
  EXPECT_TRUE(grows_by(kLong, [&](auto& each) { each.report.documents = {{.uri = text}}; }));
  // Few bytes on the wire.
  EXPECT_TRUE(grows_by(100 * sizeof(election::CandidateCount), [](auto& each) {
    each.report.count = election::BallotCount{.votes = std::vector<election::CandidateCount>(100)};
  }));
  EXPECT_TRUE(grows_by(100 * sizeof(election::CandidateCount), [](auto& each) {
    each.report.count =
        election::InterviewCount{.answers = std::vector<election::CandidateCount>(100)};
  }));
}

TEST(HeldBytesTest, CountsEveryPartOfADefinition) {
  const std::size_t empty = HeldBytes(election::DefinitionChange());
  const std::string text(kLong, 'x');
  const auto held = [&](const election::DefinitionChange& change) {
    return HeldBytes(change) - empty;
  };
  EXPECT_GE(held({.election = election::Election{.names = {{"en", text}}}}), kLong);
  EXPECT_GE(held({.contests = {{.candidates = {{.names = {{"en", text}}}}}}}),
            kLong + sizeof(election::Contest) + sizeof(election::Candidate));
  EXPECT_GE(held({.sources = {{.organisations = {text}}}}), kLong + sizeof(election::Source));
  EXPECT_GE(held({.areas = {{.kind = text}}}), kLong + sizeof(election::Area));
  EXPECT_GE(held({.stations = {{.tags = {text}, .closed_reason = text}}}),
            2 * kLong + sizeof(election::Station));
  EXPECT_GE(held({.reason = text}), kLong);
}

}  // namespace
}  // namespace canvass::aggregator
