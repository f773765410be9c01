#include "services/canvass/import/import_summary.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/election/ranking.h"
#include "common/election/share.h"
#include "common/election/tally.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/election_names.h"

namespace canvass::cli {
namespace {

using nlohmann::ordered_json;

std::string HeadText(const CheckedSheet& sheet) {
  return fmt::format(
      "{}: {}, {}, {}\n", sheet.definition.election().id, Counted(sheet.rows, "row", "rows"),
      Counted(static_cast<std::int64_t>(sheet.change.stations.size()), "station", "stations"),
      Counted(static_cast<std::int64_t>(sheet.change.areas.size()), "area", "areas"));
}

// Totals of the reports in a file.
struct SheetTotals {
  election::Tally counted{};
  election::Tally held{};
  election::Tally all{};
};

SheetTotals TotalsOf(const CheckedSheet& sheet) {
  SheetTotals totals;
  for (const CheckedStation& station : sheet.stations) {
    election::Add(station.held ? totals.held : totals.counted, station.counts, false);
    election::Add(totals.all, station.counts, false);
  }
  return totals;
}

std::int64_t VotesOf(const election::Tally& tally, int candidate_no) {
  const auto index = static_cast<std::size_t>(candidate_no);
  return index < tally.votes.size() ? tally.votes[index].total : 0;
}

std::int64_t ValidVotes(const CheckedSheet& sheet, const election::Tally& tally) {
  std::int64_t valid = 0;
  for (const election::Sum& votes : tally.votes) valid += votes.total;
  const bool blank_valid = sheet.definition.contests().front().blank_votes_valid.value_or(false);
  return valid + (blank_valid ? tally.blank_votes.total : 0);
}

Table TotalsTable(const CheckedSheet& sheet, const SheetTotals& totals) {
  const election::Contest& contest = sheet.definition.contests().front();
  Table table;
  table.columns = {{"candidate_id", "id", ColumnKind::kText},
                   {"candidate", "candidate", ColumnKind::kText},
                   {"counted", "would count", ColumnKind::kCount},
                   {"share_percent", "share %", ColumnKind::kDecimal},
                   {"held", "would be held", ColumnKind::kCount},
                   {"all", "together", ColumnKind::kCount},
                   {"all_share_percent", "share %", ColumnKind::kDecimal}};
  std::vector<std::int64_t> values;
  const int candidates = static_cast<int>(contest.candidates.size());
  values.reserve(contest.candidates.size());
  for (int i = 0; i < candidates; ++i) values.push_back(VotesOf(totals.all, i));
  const std::vector<std::string>& languages = sheet.definition.election().languages;
  for (const election::Rank& rank : election::RankCandidates(values)) {
    const election::Candidate& candidate =
        contest.candidates[static_cast<std::size_t>(rank.candidate_no)];
    const std::int64_t counted = VotesOf(totals.counted, rank.candidate_no);
    const std::int64_t all = VotesOf(totals.all, rank.candidate_no);
    table.rows.push_back({candidate.id, std::string(election::TextIn(candidate.names, languages)),
                          std::to_string(counted),
                          election::SharePercent(counted, ValidVotes(sheet, totals.counted)),
                          std::to_string(VotesOf(totals.held, rank.candidate_no)),
                          std::to_string(all),
                          election::SharePercent(all, ValidVotes(sheet, totals.all))});
  }
  const auto add = [&](const std::string& id, const std::string& name, std::int64_t counted,
                       std::int64_t held, std::int64_t all) {
    table.rows.push_back(
        {id, name, std::to_string(counted), "", std::to_string(held), std::to_string(all), ""});
  };
  add("valid_votes", "valid votes", ValidVotes(sheet, totals.counted),
      ValidVotes(sheet, totals.held), ValidVotes(sheet, totals.all));
  // Omits a number that no report gives, because it is unknown and not 0.
  const auto add_sum = [&](const std::string& id, const std::string& name,
                           election::Sum election::Tally::*sum) {
    if (totals.all.reports > 0 && (totals.all.*sum).unknown == totals.all.reports) return;
    add(id, name, (totals.counted.*sum).total, (totals.held.*sum).total, (totals.all.*sum).total);
  };
  add_sum("blank_votes", "blank votes", &election::Tally::blank_votes);
  add_sum("invalid_votes", "invalid votes", &election::Tally::invalid_votes);
  add_sum("ballots_cast", "ballots cast", &election::Tally::ballots_cast);
  add_sum("registered_voters", "registered voters", &election::Tally::registered_voters);
  add("stations", "stations", totals.counted.reports, totals.held.reports, totals.all.reports);
  return table;
}

std::string SeverityText(election::Severity severity) {
  switch (severity) {
    case election::Severity::kWarn:
      return "counted and flagged";
    case election::Severity::kHold:
      return "held";
    case election::Severity::kReject:
      return "rejected";
    default:
      return "";
  }
}

Table RuleTable(const CheckedSheet& sheet) {
  Table table;
  table.columns = {{"rule", "rule", ColumnKind::kText},
                   {"outcome", "outcome", ColumnKind::kText},
                   {"reports", "reports", ColumnKind::kCount}};
  for (const auto& [finding, reports] : sheet.findings) {
    table.rows.push_back({std::string(election::RuleName(finding.first)),
                          SeverityText(finding.second), std::to_string(reports)});
  }
  return table;
}

// Converts a table to a JSON list of objects. Counts become numbers, and other cells become
// strings.
ordered_json ToJson(const Table& table) {
  ordered_json list = ordered_json::array();
  for (const Row& row : table.rows) {
    ordered_json object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Column& column = table.columns[i];
      object[column.name] = column.kind == ColumnKind::kCount && !row[i].empty()
                                ? ordered_json(std::stoll(row[i]))
                                : ordered_json(row[i]);
    }
    list.push_back(std::move(object));
  }
  return list;
}

ordered_json HeadJson(const CheckedSheet& sheet) {
  ordered_json head;
  head["election_id"] = sheet.definition.election().id;
  head["rows"] = sheet.rows;
  head["stations"] = sheet.change.stations.size();
  head["areas"] = sheet.change.areas.size();
  return head;
}

std::vector<std::pair<std::string, std::int64_t>> NumbersOf(const ImportOutcome& outcome) {
  return {{"recorded", outcome.recorded}, {"corrections", outcome.corrections},
          {"held", outcome.held},         {"unchanged", outcome.unchanged},
          {"repeated", outcome.repeated}, {"refused", outcome.refused},
          {"queued", outcome.queued},     {"rejected", outcome.rejected}};
}

std::string_view Explanation(const std::string& number) {
  if (number == "recorded") return "counted";
  if (number == "held")
    return "in the ledger, but in no total until released; list them with: canvass held";
  if (number == "corrections")
    return "new revisions of reports that were recorded before, included in recorded";
  if (number == "unchanged") return "already recorded, not sent again";
  if (number == "repeated") return "sent, but already recorded";
  if (number == "refused") return "refused by the services; list them with: canvass refused";
  if (number == "queued") return "only on a reporter's disk; run the same command again";
  return "rejected by this command, not sent";
}

}  // namespace

std::string OutcomeText(const CheckedSheet& sheet, const ImportOutcome& outcome,
                        OutputFormat format) {
  const auto numbers = NumbersOf(outcome);
  if (format == OutputFormat::kJson) {
    ordered_json object = HeadJson(sheet);
    for (const auto& [name, number] : numbers) object[name] = number;
    return object.dump(2) + "\n";
  }
  if (format == OutputFormat::kCsv) {
    Table table{
        .columns = {{"outcome", "", ColumnKind::kText}, {"stations", "", ColumnKind::kCount}}};
    for (const auto& [name, number] : numbers) table.rows.push_back({name, std::to_string(number)});
    return RenderCsv(table);
  }
  std::string text = HeadText(sheet);
  for (const auto& [name, number] : numbers) {
    const bool always = name == "recorded" || name == "held" || name == "rejected";
    if (number == 0 && !always) continue;
    text += fmt::format("  {:<12}{}  {}\n", name, PadLeft(Grouped(number), 11), Explanation(name));
  }
  return text;
}

std::string DryRunText(const CheckedSheet& sheet, OutputFormat format) {
  const Table totals = TotalsTable(sheet, TotalsOf(sheet));
  const Table rules = RuleTable(sheet);
  if (format == OutputFormat::kCsv) return RenderCsv(totals);
  if (format == OutputFormat::kJson) {
    ordered_json object = HeadJson(sheet);
    object["rejected"] = sheet.rejections.size();
    object["rules"] = ToJson(rules);
    object["totals"] = ToJson(totals);
    return object.dump(2) + "\n";
  }
  std::string text = HeadText(sheet);
  Table people = totals;
  people.columns.erase(people.columns.begin());
  for (Row& row : people.rows) row.erase(row.begin());
  text += "\n" + RenderTable(people);
  if (!rules.rows.empty()) text += "\n" + RenderTable(rules);
  text += fmt::format("\n{} rejected. Nothing was sent.\n",
                      Grouped(static_cast<std::int64_t>(sheet.rejections.size())));
  return text;
}

std::string RejectionsText(const std::vector<Rejection>& rejections, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(limit, rejections.size()); ++i) {
    for (const RowFault& fault : rejections[i].faults) {
      text += fmt::format("line {}: {}: {}\n", rejections[i].rows.front().line, fault.rule,
                          Printable(fault.message));
    }
  }
  if (rejections.size() > limit)
    text += fmt::format("... and {} more\n",
                        Grouped(static_cast<std::int64_t>(rejections.size() - limit)));
  return text;
}

}  // namespace canvass::cli
