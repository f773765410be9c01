#include "services/canvass/import/mapping.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "canvass/v1/ledger.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/rule.h"
#include "common/rpc/definition_proto.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "services/canvass/import/json_object.h"
#include "services/canvass/import/slug.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/proto_json.h"

namespace canvass::cli {
namespace {

using nlohmann::json;

// Reads one mapping and collects its problems.
class MappingReader {
 public:
  explicit MappingReader(const json& file) : root_(file, "", problems_) {}

  Mapping Read() {
    ReadLayout();
    ReadConstantParts();
    ReadStation();
    ReadArea();
    ReadCounts();
    ReadTime();
    root_.RefuseUnknown();
    return std::move(mapping_);
  }

  const JsonProblems& problems() const { return problems_; }

 private:
  void ReadLayout();
  void ReadConstantParts();
  void ReadCandidates(v1::Contest& contest);
  void ReadCandidate(const json& element, const std::string& path, v1::Contest& contest);
  void ReadStation();
  void ReadArea();
  AreaLevel ReadLevel(const json& element, const std::string& path);
  void ReadRootArea(JsonObject& area);
  void ReadCounts();
  CountRule ReadCount(const std::string& key);
  CountRule ReadCountObject(const std::string& key);
  EmptyCell ReadEmpty(JsonObject& object, const std::string& key, const std::string& path);
  void ReadTime();

  // Reads a member that is a message of canvass.v1.
  template <typename Message>
  void ReadMessage(JsonObject& object, const std::string& key, Message& message) {
    const json& value = object.Get(key);
    if (value.is_null()) {
      object.AddProblem(key, "is missing");
      return;
    }
    ReadMessage(value, object.PathOf(key), message);
  }
  template <typename Message>
  void ReadMessage(const json& value, const std::string& path, Message& message) {
    const absl::Status parsed = ParseProtoJson(value.dump(), path, message);
    if (parsed.ok()) return;
    std::string description(parsed.message());
    problems_.push_back({.field = path, .description = std::move(description)});
  }

  JsonProblems problems_;
  JsonObject root_;
  Mapping mapping_;
};

void MappingReader::ReadLayout() {
  const std::string delimiter = root_.Text("delimiter");
  static const std::set<std::string> kDelimiters = {",", ";", "\t", "|"};
  if (kDelimiters.contains(delimiter)) {
    mapping_.delimiter = delimiter[0];
  } else if (!delimiter.empty()) {
    root_.AddProblem("delimiter", R"(must be ",", ";", "|" or "\t")");
  }
  if (!root_.Has("long")) return;
  JsonObject layout(root_.Get("long"), "long", problems_);
  mapping_.long_layout = {.candidate_column = layout.RequiredText("candidateColumn"),
                          .votes_column = layout.RequiredText("votesColumn"),
                          .missing_is_zero = layout.Flag("missingIsZero"),
                          .ignored_values = layout.Texts("ignore")};
  layout.RefuseUnknown();
}

void MappingReader::ReadConstantParts() {
  v1::DefinitionChange parts;
  ReadMessage(root_, "election", *parts.mutable_election());
  ReadMessage(root_, "contest", *parts.add_contests());
  ReadMessage(root_, "source", *parts.add_sources());
  v1::Contest& contest = *parts.mutable_contests(0);
  if (contest.candidates_size() > 0) {
    root_.AddProblem("contest.candidates",
                     "must be left out; list the candidates under \"candidates\" of the mapping, "
                     "each with its column");
  }
  contest.clear_candidates();
  ReadCandidates(contest);
  if (parts.sources(0).kind() == v1::SOURCE_KIND_EXIT_POLL) {
    root_.AddProblem("source.kind",
                     "must be OFFICIAL or PARALLEL_COUNT, because the file holds ballot counts");
  }
  const absl::StatusOr<election::DefinitionChange> definition = rpc::FromProto(parts);
  if (!definition.ok()) {
    const ErrorDetail detail = DetailOf(definition.status());
    problems_.insert(problems_.end(), detail.violations.begin(), detail.violations.end());
    return;
  }
  mapping_.election = *definition->election;
  mapping_.contest = definition->contests.front();
  mapping_.source = definition->sources.front();
  for (std::size_t i = 0; i < mapping_.contest.candidates.size(); ++i) {
    election::Candidate& candidate = mapping_.contest.candidates[i];
    if (candidate.names.empty())
      candidate.names = {{NameLanguage(mapping_), mapping_.candidate_sources[i]}};
  }
}

void MappingReader::ReadCandidates(v1::Contest& contest) {
  if (root_.Has("emptyVotes")) mapping_.empty_votes = ReadEmpty(root_, "emptyVotes", "emptyVotes");
  std::size_t index = 0;
  for (const json* element : root_.List("candidates")) {
    ReadCandidate(*element, fmt::format("candidates[{}]", index++), contest);
  }
  if (index == 0) root_.AddProblem("candidates", "is missing; list each candidate with its column");
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < mapping_.candidate_sources.size(); ++i) {
    const auto [first, added] = seen.try_emplace(mapping_.candidate_sources[i], i);
    if (added) continue;
    root_.AddProblem(
        fmt::format("candidates[{}]", i),
        fmt::format("'{}' is already used by candidates[{}]", first->first, first->second));
  }
}

// Reads {"column" or "value": ..., and the fields of canvass.v1.Candidate}.
void MappingReader::ReadCandidate(const json& element, const std::string& path,
                                  v1::Contest& contest) {
  const std::string source_key = mapping_.long_layout ? "value" : "column";
  if (!element.is_object() || !element.contains(source_key) || !element[source_key].is_string()) {
    problems_.push_back(
        {.field = path,
         .description = fmt::format("must be an object with the key \"{}\"", source_key)});
    return;
  }
  const std::string source = element[source_key].get<std::string>();
  json fields = element;
  fields.erase(source_key);
  v1::Candidate& candidate = *contest.add_candidates();
  ReadMessage(fields, path, candidate);
  if (candidate.candidate_id().empty()) candidate.set_candidate_id(FittingId(Slug(source)));
  mapping_.candidate_sources.push_back(source);
}

void MappingReader::ReadStation() {
  JsonObject station(root_.Get("station"), "station", problems_);
  mapping_.station = {.columns = station.Texts("column"),
                      .prefix = station.Text("prefix"),
                      .name_column = station.Text("nameColumn"),
                      .names = station.Localized("names")};
  if (mapping_.station.columns.empty()) station.AddProblem("column", "is missing");
  std::size_t index = 0;
  for (const json* element : station.List("tags")) {
    JsonObject tag(*element, fmt::format("station.tags[{}]", index++), problems_);
    mapping_.station.tags.push_back({.column = tag.RequiredText("column"),
                                     .value = tag.RequiredText("value"),
                                     .tag = tag.RequiredText("tag")});
    tag.RefuseUnknown();
  }
  station.RefuseUnknown();
}

void MappingReader::ReadArea() {
  JsonObject area(root_.Get("area"), "area", problems_);
  AreaRule& rule = mapping_.area;
  rule.path_column = area.Text("column");
  rule.separator = area.Text("separator");
  rule.ends_with_station = area.Flag("endsWithStation");
  rule.prefix = area.Text("prefix");
  ReadRootArea(area);
  std::size_t index = 0;
  for (const json* element : area.List("levels")) {
    rule.levels.push_back(ReadLevel(*element, fmt::format("area.levels[{}]", index++)));
  }
  if (rule.levels.empty() && !rule.root)
    area.AddProblem("levels", R"(is missing, and "area" has no "root")");
  if (!rule.path_column.empty() && rule.separator.empty()) {
    area.AddProblem("separator", "is missing; give the text between the parts of the path");
  }
  if (rule.path_column.empty() && (!rule.separator.empty() || rule.ends_with_station)) {
    area.AddProblem("column", "is missing; give the column with the area path");
  }
  area.RefuseUnknown();
}

void MappingReader::ReadRootArea(JsonObject& area) {
  if (!area.Has("root")) return;
  v1::DefinitionChange parts;
  ReadMessage(area, "root", *parts.add_areas());
  const absl::StatusOr<election::DefinitionChange> definition = rpc::FromProto(parts);
  if (!definition.ok()) return;
  mapping_.area.root = definition->areas.front();
  if (mapping_.area.root->id.empty()) area.AddProblem("root.areaId", "is missing");
  if (!mapping_.area.root->parent_id.empty())
    area.AddProblem("root.parentAreaId", "must be left out, because the root has no area above it");
}

AreaLevel MappingReader::ReadLevel(const json& element, const std::string& path) {
  JsonObject level(element, path, problems_);
  AreaLevel read = {.kind = level.RequiredText("kind"),
                    .column = level.Text("column"),
                    .name_column = level.Text("nameColumn"),
                    .names = level.Localized("names")};
  if (mapping_.area.path_column.empty() == read.column.empty()) {
    level.AddProblem("column",
                     read.column.empty()
                         ? "is missing; give either \"area\" a column with the whole path or each "
                           "level its own column"
                         : "must be left out, because \"area\" has a column with the whole path");
  }
  level.RefuseUnknown();
  return read;
}

void MappingReader::ReadCounts() {
  mapping_.register_before = ReadCount("registerBefore");
  mapping_.registered = ReadCount("registered");
  mapping_.issued = ReadCount("issued");
  mapping_.cast = ReadCount("cast");
  mapping_.blank = ReadCount("blank");
  mapping_.invalid = ReadCount("invalid");
  if (mapping_.source.kind != election::SourceKind::kOfficial) return;
  for (const auto& [key, rule] :
       {std::pair{"cast", &mapping_.cast}, std::pair{"blank", &mapping_.blank},
        std::pair{"invalid", &mapping_.invalid}}) {
    if (rule->kind == CountRule::Kind::kNotGiven) {
      root_.AddProblem(key, "is missing; an official source must give it (0 if there is none)");
    }
  }
}

CountRule MappingReader::ReadCount(const std::string& key) {
  const json& value = root_.Get(key);
  if (value.is_null()) return {};
  if (value.is_object()) return ReadCountObject(key);
  if (value.is_number_integer() && value >= 0) {
    return {.kind = CountRule::Kind::kConstant, .constant = value.get<std::int64_t>()};
  }
  if (value.is_string() || value.is_array()) {
    return {.kind = CountRule::Kind::kColumns, .columns = root_.Texts(key)};
  }
  root_.AddProblem(key, "must be a column, a list of columns to add, a number or an object");
  return {};
}

CountRule MappingReader::ReadCountObject(const std::string& key) {
  JsonObject count(root_.Get(key), key, problems_);
  CountRule rule;
  rule.empty = ReadEmpty(count, "empty", key + ".empty");
  int ways = 0;
  const auto choose = [&rule, &ways](bool given, CountRule::Kind kind) {
    if (!given) return;
    rule.kind = kind;
    ++ways;
  };
  const std::string turnout_column = count.Text("castDividedByPercent");
  rule.columns = count.Texts("columns");
  rule.values = count.Texts("values");
  choose(!rule.columns.empty(), CountRule::Kind::kColumns);
  choose(!rule.values.empty(), CountRule::Kind::kValues);
  choose(!turnout_column.empty(), CountRule::Kind::kCastByTurnout);
  choose(count.Flag("votesBlankInvalid"), CountRule::Kind::kVotesBlankInvalid);
  if (!turnout_column.empty()) rule.columns = {turnout_column};
  if (ways != 1)
    root_.AddProblem(key,
                     "must have one of columns, values, castDividedByPercent, votesBlankInvalid");
  if (rule.kind == CountRule::Kind::kValues && !mapping_.long_layout) {
    count.AddProblem("values", "is only allowed in the long layout");
  }
  if (rule.kind == CountRule::Kind::kCastByTurnout && key != "registered") {
    count.AddProblem("castDividedByPercent", "is only allowed for registered voters");
  }
  if (rule.kind == CountRule::Kind::kVotesBlankInvalid && key != "cast") {
    count.AddProblem("votesBlankInvalid", "is only allowed for ballots cast");
  }
  count.RefuseUnknown();
  return rule;
}

EmptyCell MappingReader::ReadEmpty(JsonObject& object, const std::string& key,
                                   const std::string& path) {
  const std::string text = object.Text(key);
  if (text == "unknown") return EmptyCell::kUnknown;
  if (text == "zero") return EmptyCell::kZero;
  if (!text.empty() && text != "error") {
    root_.AddProblem(path, R"(must be "error", "unknown" or "zero")");
  }
  return EmptyCell::kError;
}

void MappingReader::ReadTime() {
  if (!root_.Has("time")) return;
  JsonObject time(root_.Get("time"), "time", problems_);
  TimeRule rule = {.column = time.RequiredText("column"), .format = time.RequiredText("format")};
  const std::string zone = time.RequiredText("timeZone");
  if (!zone.empty() && !absl::LoadTimeZone(zone, &rule.zone)) {
    time.AddProblem("timeZone",
                    fmt::format("'{}' is not an IANA time zone such as Europe/Paris", zone));
  }
  rule.empty_is_unknown = time.Flag("emptyIsUnknown");
  time.RefuseUnknown();
  mapping_.time = rule;
}

absl::Status MappingError(const std::string& origin, JsonProblems problems) {
  return MakeError(reason::kMappingInvalid, fmt::format("{} is not a valid mapping", origin),
                   {.violations = std::move(problems)});
}

}  // namespace

absl::StatusOr<Mapping> ParseMapping(std::string_view json_text, const std::string& origin) {
  json file;
  try {
    file = json::parse(json_text, nullptr, true, /*ignore_comments=*/true);
  } catch (const json::exception& error) {  // also of numbers that are too large
    return MappingError(origin, {{.field = "JSON", .description = error.what()}});
  }
  MappingReader reader(file);
  Mapping mapping = reader.Read();
  if (!reader.problems().empty()) return MappingError(origin, reader.problems());
  return mapping;
}

absl::Status SetSeverity(const std::string& text, election::Election& election) {
  static const std::map<std::string, election::Severity> kSeverities = {
      {"off", election::Severity::kOff},
      {"warn", election::Severity::kWarn},
      {"hold", election::Severity::kHold},
      {"reject", election::Severity::kReject}};
  const std::size_t equals = text.find('=');
  const std::optional<election::Rule> rule = election::FindRule(text.substr(0, equals));
  const auto severity = equals == std::string::npos
                            ? kSeverities.end()
                            : kSeverities.find(absl::AsciiStrToLower(text.substr(equals + 1)));
  if (!rule || severity == kSeverities.end()) {
    return UsageError(fmt::format(
        "--severity {}: must be RULE=SEVERITY with the severity off, warn, hold or reject, e.g. "
        "CAST_ABOVE_REGISTERED=warn",
        text));
  }
  if (!election.policy) election.policy.emplace();
  auto& severities = election.policy->severities;
  std::erase_if(severities, [&rule](const auto& entry) { return entry.first == *rule; });
  severities.emplace_back(*rule, severity->second);
  std::sort(severities.begin(), severities.end());
  return absl::OkStatus();
}

std::string NameLanguage(const Mapping& mapping) {
  return mapping.election.languages.empty() ? "en" : mapping.election.languages.front();
}

std::string_view MappingHelp() {
  return R"(MAPPING.json maps the columns of the CSV. Unknown keys are errors.

  election   canvass.v1.Election: electionId, names, languages, pollingDate, timeZone, policy,
             rehearsal, notices
  contest    canvass.v1.Contest without candidates: contestId, names, blankVotesValid
  source     canvass.v1.Source: sourceId, kind, names, organisations
  candidates a list: {"column": ..., and canvass.v1.Candidate: candidateId, names, affiliations};
             the long layout has "value" instead of "column". Without candidateId, the id is made
             from the column's name. If cells may be empty, add "emptyVotes": "unknown" | "zero"
             next to "candidates"
  station    {"column": one or several, "prefix": for ids, "names": {"en": "Station {}"} or
             "nameColumn": ..., "tags": [{"column": ..., "value": ..., "tag": ...}]}
  area       the area path, top level first, of any depth:
             {"column": ..., "separator": ".", "endsWithStation": true, "levels": [{"kind": ...}]}
             or one column for each level: {"levels": [{"kind": ..., "column": ...}]}
             each level may have "names": {"en": "District {}"} or "nameColumn";
             "prefix" for ids, "root": {"areaId": ..., "kind": ..., "names": ...} above all areas
  cast, blank, invalid, registered, issued (the last two are optional)
             "column" | ["columns", "to add"] | 0 | {"columns": [...], "empty": "unknown" | "zero"}
             registered may be {"castDividedByPercent": turnout column}, cast may be
             {"votesBlankInvalid": true}, and in the long layout each may be {"values": [...]}
  registerBefore  in the same form: voters on the register before the poll, for progress
  time       {"column": ..., "format": "%Y-%m-%d %H:%M:%S", "timeZone": "Europe/Paris",
             "emptyIsUnknown": true}
  delimiter  the default is ","
  long       for one row per station and candidate: {"candidateColumn": ..., "votesColumn": ...,
             "missingIsZero": true, "ignore": ["TOTAL"]}

Ids are made from the file's values in lower-case ASCII with '-' between words. An area's id is its
path joined by '.'. Two values with the same id are an error.)";
}

}  // namespace canvass::cli
