#include "services/aggregator/store/postgres_definition_rows.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/postgres/copy.h"
#include "common/postgres/copy_table.h"
#include "services/aggregator/store/definition_numbers.h"

namespace canvass::aggregator {
namespace {

using election::DefinitionChange;
using Languages = DefinitionRows::Languages;
using postgres::ColumnType;
using postgres::CopyEncoder;

// First columns of every row.
struct RowKey {
  int election_no = 0;
  std::int64_t sequence = 0;
};

void PutNumber(CopyEncoder& rows, std::optional<int> number) {
  if (number) {
    rows.Int32(*number);
  } else {
    rows.Null();
  }
}

void PutTime(CopyEncoder& rows, const std::optional<absl::Time>& time) {
  if (time) {
    rows.Timestamp(*time);
  } else {
    rows.Null();
  }
}

// Puts NULL for an empty text.
void PutText(CopyEncoder& rows, std::string_view text) {
  if (text.empty()) {
    rows.Null();
  } else {
    rows.Text(text);
  }
}

void PutNames(CopyEncoder& rows, const election::LocalizedText& names, const Languages& languages) {
  rows.Text(election::TextIn(names, languages));
  rows.PairArray(names);
}

constexpr std::array<postgres::Column, 11> kElectionsColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
    {"polling_date", ColumnType::kText},
    {"time_zone", ColumnType::kText},
    {"polls_close_at", ColumnType::kTimestamp},
    {"previous_election_id", ColumnType::kText},
    {"rehearsal", ColumnType::kBool},
    {"notices", ColumnType::kTextArray},
    {"two_operators", ColumnType::kBool},
}};

void PutElection(CopyEncoder& rows, const RowKey& key, const election::Election& election) {
  rows.StartRow(kElectionsColumns.size());
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNames(rows, election.names, election.languages);
  rows.Text(election.polling_date);
  rows.Text(election.time_zone);
  PutTime(rows, election.policy ? election.policy->polls_close_at : std::nullopt);
  PutText(rows, election.previous_election_id);
  rows.Bool(election.rehearsal.value_or(false));
  rows.PairArray(election.notices);
  rows.Bool(election.policy && election.policy->two_operators);
}

constexpr std::array<postgres::Column, 8> kContestsColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"contest_no", ColumnType::kInt32},
    {"contest_id", ColumnType::kText},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
    {"area_no", ColumnType::kInt32},
    {"blank_votes_valid", ColumnType::kBool},
}};

void PutContest(CopyEncoder& rows, const RowKey& key, const election::Contest& contest,
                const DefinitionNumbers& numbers, const Languages& languages) {
  rows.StartRow(8);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfContest(contest.id));
  rows.Text(contest.id);
  PutNames(rows, contest.names, languages);
  PutNumber(rows, numbers.OfArea(contest.area_id));
  rows.Bool(contest.blank_votes_valid.value_or(false));
}

constexpr std::array<postgres::Column, 10> kCandidatesColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"contest_no", ColumnType::kInt32},
    {"candidate_no", ColumnType::kInt32},
    {"candidate_id", ColumnType::kText},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
    {"affiliation", ColumnType::kText},
    {"affiliations", ColumnType::kTextArray},
    {"withdrawn", ColumnType::kBool},
}};

void PutCandidates(CopyEncoder& rows, const RowKey& key, const election::Contest& contest,
                   const DefinitionNumbers& numbers, const Languages& languages) {
  int candidate_no = 0;
  for (const election::Candidate& candidate : contest.candidates) {
    rows.StartRow(10);
    rows.Int32(key.election_no);
    rows.Int64(key.sequence);
    PutNumber(rows, numbers.OfContest(contest.id));
    rows.Int32(candidate_no++);
    rows.Text(candidate.id);
    PutNames(rows, candidate.names, languages);
    PutNames(rows, candidate.affiliations, languages);
    rows.Bool(candidate.withdrawn.value_or(false));
  }
}

std::string_view KindName(election::SourceKind kind) {
  switch (kind) {
    case election::SourceKind::kOfficial:
      return "OFFICIAL";
    case election::SourceKind::kExitPoll:
      return "EXIT_POLL";
    case election::SourceKind::kParallelCount:
      return "PARALLEL_COUNT";
    case election::SourceKind::kUnspecified:
      break;
  }
  return "UNSPECIFIED";
}

constexpr std::array<postgres::Column, 11> kSourcesColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"source_no", ColumnType::kInt32},
    {"source_id", ColumnType::kText},
    {"kind", ColumnType::kText},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
    {"organisations", ColumnType::kTextArray},
    {"visible_from", ColumnType::kTimestamp},
    {"sample_tag", ColumnType::kText},
    {"design_effect", ColumnType::kText},
}};

void PutSource(CopyEncoder& rows, const RowKey& key, const election::Source& source,
               const DefinitionNumbers& numbers, const Languages& languages) {
  rows.StartRow(11);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfSource(source.id));
  rows.Text(source.id);
  rows.Text(KindName(source.kind));
  PutNames(rows, source.names, languages);
  rows.TextArray(source.organisations);
  PutTime(rows, source.visible_from);
  PutText(rows, source.sample_tag);
  PutText(rows, source.design_effect);
}

constexpr std::array<postgres::Column, 8> kAreasColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"area_no", ColumnType::kInt32},
    {"area_id", ColumnType::kText},
    {"parent_no", ColumnType::kInt32},
    {"kind", ColumnType::kText},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
}};

void PutArea(CopyEncoder& rows, const RowKey& key, const election::Area& area,
             const DefinitionNumbers& numbers, const Languages& languages) {
  rows.StartRow(8);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfArea(area.id));
  rows.Text(area.id);
  PutNumber(rows, numbers.OfArea(area.parent_id));
  rows.Text(area.kind);
  PutNames(rows, area.names, languages);
}

constexpr std::array<postgres::Column, 11> kStationsColumns = {{
    {"election_no", ColumnType::kInt32},
    {"sequence", ColumnType::kInt64},
    {"station_no", ColumnType::kInt32},
    {"station_id", ColumnType::kText},
    {"area_no", ColumnType::kInt32},
    {"name", ColumnType::kText},
    {"names", ColumnType::kTextArray},
    {"tags", ColumnType::kTextArray},
    {"registered_voters", ColumnType::kInt64},
    {"counted_at_station_no", ColumnType::kInt32},
    {"closed_reason", ColumnType::kText},
}};

void PutStation(CopyEncoder& rows, const RowKey& key, const election::Station& station,
                const DefinitionNumbers& numbers, const Languages& languages) {
  rows.StartRow(11);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfStation(station.id));
  rows.Text(station.id);
  PutNumber(rows, numbers.OfArea(station.area_id));
  PutNames(rows, station.names, languages);
  rows.TextArray(station.tags);
  if (station.registered_voters) {
    rows.Int64(*station.registered_voters);
  } else {
    rows.Null();
  }
  PutNumber(rows, numbers.OfStation(station.counted_at_station_id.value_or("")));
  PutText(rows, station.closed_reason.value_or(""));
}

// The places of the tables in DefinitionTables.
enum : std::uint8_t { kElectionVersions, kContests, kCandidates, kSources, kAreas, kStations };

}  // namespace

const std::array<DefinitionTable, kDefinitionTables>& DefinitionTables() {
  static const std::array<DefinitionTable, kDefinitionTables> kTables = {{
      {.copy = {.name = "canvass.election_versions", .columns = kElectionsColumns}, .numbers = 0},
      {.copy = {.name = "canvass.contests", .columns = kContestsColumns}, .numbers = 1},
      {.copy = {.name = "canvass.candidates", .columns = kCandidatesColumns}, .numbers = 2},
      {.copy = {.name = "canvass.sources", .columns = kSourcesColumns}, .numbers = 1},
      {.copy = {.name = "canvass.areas", .columns = kAreasColumns}, .numbers = 1},
      {.copy = {.name = "canvass.stations", .columns = kStationsColumns}, .numbers = 1},
  }};
  return kTables;
}

std::string_view DefinitionRows::RowsOf(std::size_t table) {
  std::string_view stream = rows_[table].Finish();
  stream.remove_prefix(postgres::kCopyHeader.size());
  stream.remove_suffix(sizeof(std::int16_t));
  return stream;
}

void DefinitionRows::Add(int election_no, const DefinitionNumbers& numbers, Languages& languages,
                         const std::vector<SequencedChange>& changes) {
  for (const SequencedChange& sequenced : changes) {
    const DefinitionChange& change = *sequenced.change;
    const RowKey key{.election_no = election_no, .sequence = sequenced.sequence};
    if (change.election) {
      languages = change.election->languages;
      PutElection(rows_[kElectionVersions], key, *change.election);
    }
    for (const auto& contest : change.contests) {
      PutContest(rows_[kContests], key, contest, numbers, languages);
      PutCandidates(rows_[kCandidates], key, contest, numbers, languages);
    }
    for (const auto& source : change.sources)
      PutSource(rows_[kSources], key, source, numbers, languages);
    for (const auto& area : change.areas) PutArea(rows_[kAreas], key, area, numbers, languages);
    for (const auto& station : change.stations) {
      PutStation(rows_[kStations], key, station, numbers, languages);
    }
  }
}

void DefinitionRows::Finish(std::string& statements, std::vector<postgres::CopyStream>& streams) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].rows() == 0) continue;
    statements += postgres::CopyInto(DefinitionTables()[i].copy);
    streams.push_back(postgres::WholeStream(rows_[i].Finish()));
  }
}

}  // namespace canvass::aggregator
