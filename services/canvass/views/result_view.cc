#include "services/canvass/views/result_view.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fmt/format.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

constexpr int kLabelWidth = 18;
constexpr int kLeadersOnALine = 3;

std::string Line(std::string_view label, std::string_view text) {
  return fmt::format("{}{}\n", PadRight(label, kLabelWidth), Printable(text));
}

std::string NumberLine(std::string_view label, std::int64_t number) {
  return fmt::format("{}{}\n", PadRight(label, kLabelWidth), PadLeft(Grouped(number), 11));
}

bool HasMargins(const v1::Result& result) {
  return std::any_of(result.candidates().begin(), result.candidates().end(),
                     [](const v1::CandidateResult& candidate) {
                       return !candidate.margin_of_error_points().empty();
                     });
}

std::string TitleOf(const v1::Result& result, const ElectionNames& names) {
  std::string title =
      fmt::format("{} · {} · {}", names.Election(), names.Contest(result.contest_id()),
                  names.Source(result.source_id()));
  const bool part = !names.IsWholeArea(result.contest_id(), result.area_id());
  if (part && !result.area_id().empty())
    title += fmt::format(" · {}", names.Area(result.area_id()));
  if (!result.tag().empty()) title += fmt::format(" · only {}", result.tag());
  return Printable(title);
}

std::string NoticeLine(const v1::Result& result, const ElectionNames& names, bool colours) {
  const std::string notice = NoticeText(names.TextIn(result.notices()), result.rehearsal());
  return notice.empty() ? "" : Warning(Printable(notice), colours) + "\n";
}

std::string BallotLines(const v1::Result& result) {
  std::string lines;
  if (result.has_valid_votes()) lines += NumberLine("valid votes", result.valid_votes());
  if (result.has_blank_votes()) lines += NumberLine("blank votes", result.blank_votes());
  if (result.has_invalid_votes()) lines += NumberLine("invalid votes", result.invalid_votes());
  if (result.has_ballots_issued()) lines += NumberLine("ballots issued", result.ballots_issued());
  if (result.has_ballots_cast()) lines += NumberLine("ballots cast", result.ballots_cast());
  if (result.has_registered_voters()) {
    lines += NumberLine("registered voters", result.registered_voters());
  }
  if (!result.turnout_percent().empty()) {
    lines += fmt::format("{}{} %\n", PadRight("turnout", kLabelWidth),
                         PadLeft(result.turnout_percent(), 11));
  }
  if (result.has_sample_size()) lines += NumberLine("sample size", result.sample_size());
  if (result.stations_flagged() > 0) {
    lines += NumberLine("flagged stations", result.stations_flagged());
  }
  return lines;
}

std::string PollLines(const v1::PollFigures& figures, const ElectionNames& names) {
  std::string lines;
  if (figures.retracted()) lines += Line("retracted", figures.reason());
  if (figures.has_sample_size()) lines += NumberLine("sample size", figures.sample_size());
  if (!figures.margin_of_error_points().empty()) {
    lines += Line("margin of error", figures.margin_of_error_points() + " points");
  }
  const std::string published = names.Time(figures.published_at());
  if (!published.empty()) lines += Line("published", published);
  return lines;
}

std::string CertificationLines(const v1::Result& result, const ElectionNames& names) {
  const v1::Certification& certification = result.certification();
  std::vector<std::string> elected;
  for (const std::string& id : certification.elected_candidate_ids()) {
    elected.push_back(names.Candidate(result.contest_id(), id));
  }
  std::string lines =
      Line("certified", fmt::format("no. {} at sequence {}, {}", certification.number(),
                                    Grouped(certification.sequence()),
                                    names.Time(certification.certified_at())));
  if (!elected.empty())
    lines += Line("declared elected", fmt::format("{}", fmt::join(elected, ", ")));
  if (!certification.reason().empty()) lines += Line("reason", certification.reason());
  return lines;
}

std::string AsOfLines(const v1::AsOf& as_of, const ElectionNames& names) {
  std::string lines = Line("as of", fmt::format("sequence {}, {}", Grouped(as_of.sequence()),
                                                names.Time(as_of.recorded_at())));
  if (as_of.has_confirmed_at()) lines += Line("up to date at", names.Time(as_of.confirmed_at()));
  if (!as_of.root_hash().empty()) lines += Line("ledger root", as_of.root_hash());
  return lines;
}

}  // namespace

std::string StatusText(v1::ResultStatus status) {
  switch (status) {
    case v1::RESULT_STATUS_PRE_ELECTION:
      return "NOTHING COUNTED YET";
    case v1::RESULT_STATUS_UNOFFICIAL_PARTIAL:
      return "UNOFFICIAL, PARTIAL";
    case v1::RESULT_STATUS_UNOFFICIAL_COMPLETE:
      return "UNOFFICIAL, COMPLETE";
    case v1::RESULT_STATUS_CERTIFIED:
      return "CERTIFIED";
    case v1::RESULT_STATUS_CORRECTION:
      return "REOPENED FOR CORRECTION";
    case v1::RESULT_STATUS_RECOUNT:
      return "REOPENED FOR A RECOUNT";
    default:
      return v1::ResultStatus_Name(status);
  }
}

std::string ProgressText(const v1::Progress& progress) {
  std::string text = fmt::format("{} of {} stations", Grouped(progress.stations_counted()),
                                 Grouped(progress.stations_expected()));
  if (!progress.percent().empty()) text += fmt::format(" ({} %)", progress.percent());
  const auto add = [&text](std::int32_t stations, std::string_view state) {
    if (stations > 0) text += fmt::format(" · {} {}", Grouped(stations), state);
  };
  add(progress.stations_annulled(), "annulled");
  add(progress.stations_held(), "held");
  add(progress.stations_missing(), "missing");
  add(progress.stations_closed(), "closed");
  return text;
}

Table CandidateTable(const v1::Result& result, const ElectionNames& names) {
  Table table;
  table.columns = {{"rank", "rank", ColumnKind::kCount},
                   {"candidate_id", "id", ColumnKind::kText},
                   {"candidate", "candidate", ColumnKind::kText},
                   {"votes", result.has_sample_size() ? "answers" : "votes", ColumnKind::kCount},
                   {"share_percent", "share %", ColumnKind::kDecimal}};
  const bool margins = HasMargins(result);
  if (margins)
    table.columns.push_back({"margin_of_error_points", "± points", ColumnKind::kDecimal});
  for (const v1::CandidateResult& candidate : result.candidates()) {
    std::string name = names.Candidate(result.contest_id(), candidate.candidate_id());
    if (candidate.withdrawn()) name += " (withdrawn)";
    Row row = {candidate.rank() > 0 ? std::to_string(candidate.rank()) : "",
               candidate.candidate_id(), name,
               candidate.has_votes() ? std::to_string(candidate.votes()) : "",
               candidate.share_percent()};
    if (margins) row.push_back(candidate.margin_of_error_points());
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<Column> ContestCandidateColumns() {
  return {{"contest_id", "contest", ColumnKind::kText},
          {"rank", "rank", ColumnKind::kCount},
          {"candidate_id", "id", ColumnKind::kText},
          {"candidate", "candidate", ColumnKind::kText},
          {"votes", "votes", ColumnKind::kCount},
          {"share_percent", "share %", ColumnKind::kDecimal},
          {"margin_of_error_points", "± points", ColumnKind::kDecimal}};
}

std::vector<Row> ContestCandidateRows(const v1::Result& result, const ElectionNames& names) {
  const Table table = CandidateTable(result, names);
  std::vector<Row> rows;
  rows.reserve(table.rows.size());
  for (const Row& candidate : table.rows) {
    Row& row = rows.emplace_back(Row{result.contest_id()});
    row.insert(row.end(), candidate.begin(), candidate.end());
    row.resize(ContestCandidateColumns().size());
  }
  return rows;
}

std::string ResultText(const v1::Result& result, const ElectionNames& names, bool colours) {
  std::string text = Bold(TitleOf(result, names), colours) + "\n";
  text += NoticeLine(result, names, colours);
  text += Bold(StatusText(result.status()), colours);
  if (result.has_progress()) text += " · " + ProgressText(result.progress());
  text += "\n\n";
  Table table = CandidateTable(result, names);
  for (Row& row : table.rows)
    row.erase(row.begin() + 1);  // tables for people show names without ids
  table.columns.erase(table.columns.begin() + 1);
  text += RenderTable(table) + "\n";
  text += BallotLines(result);
  if (result.has_poll_figures()) text += PollLines(result.poll_figures(), names);
  if (result.has_certification()) text += CertificationLines(result, names);
  return text + AsOfLines(result.as_of(), names);
}

std::string ResultLine(const v1::Result& result, const ElectionNames& names) {
  std::string line = fmt::format("{}  sequence {}  {}", names.Time(result.as_of().recorded_at()),
                                 Grouped(result.as_of().sequence()), StatusText(result.status()));
  if (result.has_progress()) line += "  " + ProgressText(result.progress());
  int shown = 0;
  for (const v1::CandidateResult& candidate : result.candidates()) {
    if (shown++ == kLeadersOnALine) break;
    line += fmt::format("  {} {}", names.Candidate(result.contest_id(), candidate.candidate_id()),
                        candidate.share_percent().empty() ? "–" : candidate.share_percent() + " %");
  }
  return Printable(line) + "\n";
}

}  // namespace canvass::cli
