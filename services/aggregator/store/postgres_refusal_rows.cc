#include "services/aggregator/store/postgres_refusal_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/postgres/copy.h"

namespace canvass::aggregator {
namespace {

using election::BallotCount;
using election::CandidateCount;
using election::InterviewCount;
using postgres::CopyEncoder;
using postgres::CopyRow;
using Number = std::optional<std::int64_t>;

// A report's counts, in the form of the columns.
struct Numbers {
  std::optional<bool> interviews{};
  std::vector<Number> numbers{};
  std::vector<CandidateCount> votes{};
};

Numbers ToNumbers(const election::StationReport& report) {
  if (const auto* ballots = std::get_if<BallotCount>(&report.count)) {
    return {.interviews = false,
            .numbers = {ballots->registered_voters, ballots->ballots_issued, ballots->ballots_cast,
                        ballots->blank_votes, ballots->invalid_votes},
            .votes = ballots->votes};
  }
  if (const auto* interviews = std::get_if<InterviewCount>(&report.count)) {
    return {.interviews = true,
            .numbers = {interviews->asked, interviews->refused, interviews->undecided},
            .votes = interviews->answers};
  }
  return {};
}

decltype(election::StationReport::count) FromNumbers(Numbers from) {
  if (!from.interviews) return std::monostate();
  if (*from.interviews) {
    from.numbers.resize(3);
    return InterviewCount{.asked = from.numbers[0],
                          .refused = from.numbers[1],
                          .undecided = from.numbers[2],
                          .answers = std::move(from.votes)};
  }
  from.numbers.resize(5);
  return BallotCount{.registered_voters = from.numbers[0],
                     .ballots_issued = from.numbers[1],
                     .ballots_cast = from.numbers[2],
                     .blank_votes = from.numbers[3],
                     .invalid_votes = from.numbers[4],
                     .votes = std::move(from.votes)};
}

void PutCount(CopyEncoder& rows, const Numbers& count) {
  std::vector<std::string> candidate_ids;
  std::vector<Number> votes;
  for (const CandidateCount& vote : count.votes) {
    candidate_ids.push_back(vote.candidate_id);
    votes.push_back(vote.count);
  }
  if (count.interviews) {
    rows.Bool(*count.interviews);
  } else {
    rows.Null();
  }
  rows.Int64Array(count.numbers);
  rows.TextArray(candidate_ids);
  rows.Int64Array(votes);
}

Numbers ReadCount(CopyRow& row) {
  Numbers count{.interviews = row.Bool()};
  count.numbers = row.Int64Array();
  std::vector<std::string> candidate_ids = row.TextArray();
  std::vector<Number> votes = row.Int64Array();
  votes.resize(candidate_ids.size());
  for (std::size_t i = 0; i < votes.size(); ++i) {
    count.votes.push_back({.candidate_id = std::move(candidate_ids[i]), .count = votes[i]});
  }
  return count;
}

void PutDocuments(CopyEncoder& rows, const std::vector<election::Document>& documents) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(documents.size());
  for (const election::Document& document : documents) {
    pairs.emplace_back(document.sha256, document.uri);
  }
  rows.PairArray(pairs);
}

std::vector<election::Document> ReadDocuments(CopyRow& row) {
  std::vector<std::string> texts = row.TextArray();
  std::vector<election::Document> documents;
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    documents.push_back({.sha256 = std::move(texts[i]), .uri = std::move(texts[i + 1])});
  }
  return documents;
}

void PutFindings(CopyEncoder& rows, const std::vector<election::Finding>& findings) {
  std::vector<std::int16_t> rules;
  std::vector<std::int16_t> severities;
  std::vector<std::string> fields;
  std::vector<std::string> subjects;
  std::vector<std::string> numbers;
  for (const election::Finding& finding : findings) {
    rules.push_back(static_cast<std::int16_t>(finding.rule));
    severities.push_back(static_cast<std::int16_t>(finding.severity));
    fields.push_back(finding.field);
    subjects.push_back(finding.subject);
    for (const auto& [name, number] : finding.numbers) {
      numbers.push_back(StrCat(rules.size()));
      numbers.push_back(name);
      numbers.push_back(StrCat(number));
    }
  }
  rows.Int16Array(rules);
  rows.Int16Array(severities);
  rows.TextArray(fields);
  rows.TextArray(subjects);
  rows.TextArray(numbers);
}

std::vector<election::Finding> ReadFindings(CopyRow& row) {
  const std::vector<std::int16_t> rules = row.Int16Array();
  std::vector<std::int16_t> severities = row.Int16Array();
  std::vector<std::string> fields = row.TextArray();
  std::vector<std::string> subjects = row.TextArray();
  std::vector<std::string> numbers = row.TextArray();
  severities.resize(rules.size());
  fields.resize(rules.size());
  subjects.resize(rules.size());
  std::vector<election::Finding> findings;
  findings.reserve(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    findings.push_back({.rule = static_cast<election::Rule>(rules[i]),
                        .severity = static_cast<election::Severity>(severities[i]),
                        .field = std::move(fields[i]),
                        .subject = std::move(subjects[i])});
  }
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3) {
    std::size_t place = 0;
    std::int64_t number = 0;
    if (!absl::SimpleAtoi(numbers[i], &place) || !absl::SimpleAtoi(numbers[i + 2], &number) ||
        place < 1 || place > findings.size()) {
      continue;
    }
    findings[place - 1].numbers.emplace_back(std::move(numbers[i + 1]), number);
  }
  return findings;
}

}  // namespace

void PutRefusal(CopyEncoder& rows, int election_no, const Refusal& refusal) {
  const election::StationReport& report = refusal.report;
  rows.StartRow(20);
  rows.Int32(election_no);
  rows.Text(refusal.actor);
  rows.Timestamp(refusal.refused_at);
  rows.Text(report.election_id);
  rows.Text(report.contest_id);
  rows.Text(report.source_id);
  rows.Text(report.station_id);
  rows.Int32(report.revision);
  rows.Text(report.reason);
  if (report.counted_at) {
    rows.Timestamp(*report.counted_at);
  } else {
    rows.Null();
  }
  PutCount(rows, ToNumbers(report));
  PutDocuments(rows, report.documents);
  PutFindings(rows, refusal.findings);
}

absl::StatusOr<Refusal> ReadRefusal(std::string_view bytes) {
  CopyRow row(bytes);
  Refusal refusal;
  election::StationReport& report = refusal.report;
  refusal.actor = row.Text().value_or("");
  refusal.refused_at = row.Timestamp().value_or(absl::InfinitePast());
  report.election_id = row.Text().value_or("");
  report.contest_id = row.Text().value_or("");
  report.source_id = row.Text().value_or("");
  report.station_id = row.Text().value_or("");
  report.revision = row.Int32().value_or(0);
  report.reason = row.Text().value_or("");
  report.counted_at = row.Timestamp();
  report.count = FromNumbers(ReadCount(row));
  report.documents = ReadDocuments(row);
  refusal.findings = ReadFindings(row);
  if (!row.status().ok()) return row.status();
  return refusal;
}

}  // namespace canvass::aggregator
