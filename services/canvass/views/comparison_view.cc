#include "services/canvass/views/comparison_view.h"

#include <vector>

#include "fmt/format.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

std::string WithinMargin(const v1::CandidateComparison& candidate) {
  if (!candidate.has_official_within_margin()) return "";
  return candidate.official_within_margin() ? "yes" : "no";
}

bool SaysSomething(const v1::CandidateComparison& candidate) {
  return !candidate.share_percent().empty();
}

std::string HeadOf(const v1::SourceComparison& comparison, const ElectionNames& names) {
  std::string head = names.Source(comparison.source_id());
  std::vector<std::string> others;
  for (const std::string& organisation : comparison.organisations()) {
    if (organisation != head) others.push_back(organisation);
  }
  if (!others.empty()) head += fmt::format(" · {}", fmt::join(others, ", "));
  if (comparison.kind() == v1::SOURCE_KIND_EXIT_POLL) head += " · exit poll";
  if (comparison.kind() == v1::SOURCE_KIND_PARALLEL_COUNT) {
    head += fmt::format(" · parallel count, {} stations compared, {} of them different",
                        GroupThousands(std::to_string(comparison.stations_compared())),
                        GroupThousands(std::to_string(comparison.stations_different())));
  }
  if (comparison.has_sample_size()) {
    head += fmt::format(" · {} people", GroupThousands(std::to_string(comparison.sample_size())));
  }
  if (comparison.retracted()) head += " · retracted by the source";
  return Printable(head);
}

std::string SourceText(const publisher::v1::CompareSourcesResponse& response,
                       const v1::SourceComparison& comparison, const ElectionNames& names,
                       bool colours) {
  Table table;
  table.columns = {{"candidate", "candidate", ColumnKind::kText},
                   {"official", "official %", ColumnKind::kDecimal},
                   {"source", "source %", ColumnKind::kDecimal},
                   {"difference", "difference", ColumnKind::kDecimal},
                   {"margin", "± points", ColumnKind::kDecimal},
                   {"within", "official within", ColumnKind::kText}};
  for (const v1::CandidateComparison& candidate : comparison.candidates()) {
    if (!SaysSomething(candidate)) continue;
    table.rows.push_back(
        {names.Candidate(response.official().contest_id(), candidate.candidate_id()),
         candidate.official_share_percent(), candidate.share_percent(),
         Signed(candidate.difference_points()), candidate.margin_of_error_points(),
         WithinMargin(candidate)});
  }
  const std::string text = "\n" + Bold(HeadOf(comparison, names), colours) + "\n";
  return text + (table.rows.empty() ? "  nothing published to compare\n" : RenderTable(table));
}

}  // namespace

std::string Signed(const std::string& points) {
  const bool positive = points.find_first_of("123456789") != std::string::npos && points[0] != '-';
  return positive ? "+" + points : points;
}

Table ComparisonTable(const publisher::v1::CompareSourcesResponse& response,
                      const ElectionNames& names) {
  Table table;
  table.columns = {{"source_id", "source", ColumnKind::kText},
                   {"candidate_id", "id", ColumnKind::kText},
                   {"candidate", "candidate", ColumnKind::kText},
                   {"official_share_percent", "official %", ColumnKind::kDecimal},
                   {"share_percent", "source %", ColumnKind::kDecimal},
                   {"difference_points", "difference", ColumnKind::kDecimal},
                   {"margin_of_error_points", "± points", ColumnKind::kDecimal},
                   {"official_within_margin", "official within", ColumnKind::kText}};
  for (const v1::SourceComparison& comparison : response.comparisons()) {
    for (const v1::CandidateComparison& candidate : comparison.candidates()) {
      if (!SaysSomething(candidate)) continue;
      table.rows.push_back(
          {comparison.source_id(), candidate.candidate_id(),
           names.Candidate(response.official().contest_id(), candidate.candidate_id()),
           candidate.official_share_percent(), candidate.share_percent(),
           candidate.difference_points(), candidate.margin_of_error_points(),
           WithinMargin(candidate)});
    }
  }
  return table;
}

std::string ComparisonText(const publisher::v1::CompareSourcesResponse& response,
                           const ElectionNames& names, bool colours) {
  const v1::Result& official = response.official();
  std::string text = Bold(
      Printable(fmt::format("{} · {} · {}", names.Election(), names.Contest(official.contest_id()),
                            names.Source(official.source_id()))),
      colours);
  text += fmt::format("\n{} · {}\nDifferences are percentage points, source minus official.\n",
                      StatusText(official.status()), ProgressText(official.progress()));
  if (!names.Notice().empty()) text += Warning(Printable(names.Notice()), colours) + "\n";
  for (const v1::SourceComparison& comparison : response.comparisons()) {
    text += SourceText(response, comparison, names, colours);
  }
  if (response.comparisons().empty()) text += "\nNo other source is published.\n";
  return text;
}

}  // namespace canvass::cli
