#include "services/aggregator/store/postgres_definition_rows.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/postgres/copy.h"

namespace canvass::aggregator {
namespace {

using election::DefinitionChange;
using postgres::CopyEncoder;

// Numbers of ids that the definition before the changes does not have. They continue its numbers,
// in order of appearance.
class NewNumbers {
 public:
  explicit NewNumbers(std::size_t first) : next_(static_cast<int>(first)) {}

  void Assign(const std::string& id) {
    if (numbers_.try_emplace(id, next_).second) ++next_;
  }
  std::optional<int> Find(const std::string& id) const {
    const auto found = numbers_.find(id);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  int next_;
  absl::flat_hash_map<std::string, int> numbers_;
};

// Numbers of an election's parts after the changes.
class PartNumbers {
 public:
  PartNumbers(const election::Definition& before, const std::vector<SequencedChange>& changes)
      : before_(before),
        contests_(before.contests().size()),
        sources_(before.sources().size()),
        areas_(before.areas().size()),
        stations_(before.stations().size()) {
    for (const SequencedChange& sequenced : changes) Assign(*sequenced.change);
  }

  // Returns nullopt for an unknown id.
  std::optional<int> OfContest(const std::string& id) const {
    const auto number = before_.FindContest(id);
    return number ? number : contests_.Find(id);
  }
  std::optional<int> OfSource(const std::string& id) const {
    const auto number = before_.FindSource(id);
    return number ? number : sources_.Find(id);
  }
  std::optional<int> OfArea(const std::string& id) const {
    const auto number = before_.FindArea(id);
    return number ? number : areas_.Find(id);
  }
  std::optional<int> OfStation(const std::string& id) const {
    const auto number = before_.FindStation(id);
    return number ? number : stations_.Find(id);
  }

 private:
  void Assign(const DefinitionChange& change) {
    for (const auto& contest : change.contests) {
      if (!before_.FindContest(contest.id)) contests_.Assign(contest.id);
    }
    for (const auto& source : change.sources) {
      if (!before_.FindSource(source.id)) sources_.Assign(source.id);
    }
    for (const auto& area : change.areas) {
      if (!before_.FindArea(area.id)) areas_.Assign(area.id);
    }
    for (const auto& station : change.stations) {
      if (!before_.FindStation(station.id)) stations_.Assign(station.id);
    }
  }

  const election::Definition& before_;
  NewNumbers contests_;
  NewNumbers sources_;
  NewNumbers areas_;
  NewNumbers stations_;
};

// First columns of every row.
struct RowKey {
  int election_no = 0;
  std::int64_t sequence = 0;
};

// Languages of names, preferred first.
using Languages = std::vector<std::string>;

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

constexpr const char* kCopyElections =
    "COPY canvass.election_versions (election_no, sequence, name, names, polling_date, time_zone, "
    "polls_close_at, previous_election_id, rehearsal, notices) FROM STDIN (FORMAT binary);";

void PutElection(CopyEncoder& rows, const RowKey& key, const election::Election& election) {
  rows.StartRow(10);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNames(rows, election.names, election.languages);
  rows.Text(election.polling_date);
  rows.Text(election.time_zone);
  PutTime(rows, election.policy ? election.policy->polls_close_at : std::nullopt);
  PutText(rows, election.previous_election_id);
  rows.Bool(election.rehearsal.value_or(false));
  rows.PairArray(election.notices);
}

constexpr const char* kCopyContests =
    "COPY canvass.contests (election_no, sequence, contest_no, contest_id, name, names, area_no, "
    "blank_votes_valid) FROM STDIN (FORMAT binary);";

void PutContest(CopyEncoder& rows, const RowKey& key, const election::Contest& contest,
                const PartNumbers& numbers, const Languages& languages) {
  rows.StartRow(8);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfContest(contest.id));
  rows.Text(contest.id);
  PutNames(rows, contest.names, languages);
  PutNumber(rows, numbers.OfArea(contest.area_id));
  rows.Bool(contest.blank_votes_valid.value_or(false));
}

constexpr const char* kCopyCandidates =
    "COPY canvass.candidates (election_no, sequence, contest_no, candidate_no, candidate_id, name, "
    "names, affiliation, affiliations, withdrawn) FROM STDIN (FORMAT binary);";

void PutCandidates(CopyEncoder& rows, const RowKey& key, const election::Contest& contest,
                   const PartNumbers& numbers, const Languages& languages) {
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

constexpr const char* kCopySources =
    "COPY canvass.sources (election_no, sequence, source_no, source_id, kind, name, names, "
    "organisations, visible_from, sample_tag, design_effect) FROM STDIN (FORMAT binary);";

void PutSource(CopyEncoder& rows, const RowKey& key, const election::Source& source,
               const PartNumbers& numbers, const Languages& languages) {
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

constexpr const char* kCopyAreas =
    "COPY canvass.areas (election_no, sequence, area_no, area_id, parent_no, kind, name, names) "
    "FROM STDIN (FORMAT binary);";

void PutArea(CopyEncoder& rows, const RowKey& key, const election::Area& area,
             const PartNumbers& numbers, const Languages& languages) {
  rows.StartRow(8);
  rows.Int32(key.election_no);
  rows.Int64(key.sequence);
  PutNumber(rows, numbers.OfArea(area.id));
  rows.Text(area.id);
  PutNumber(rows, numbers.OfArea(area.parent_id));
  rows.Text(area.kind);
  PutNames(rows, area.names, languages);
}

constexpr const char* kCopyStations =
    "COPY canvass.stations (election_no, sequence, station_no, station_id, area_no, name, names, "
    "tags, registered_voters, counted_at_station_no, closed_reason) FROM STDIN (FORMAT binary);";

void PutStation(CopyEncoder& rows, const RowKey& key, const election::Station& station,
                const PartNumbers& numbers, const Languages& languages) {
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

}  // namespace

void DefinitionRows::Add(int election_no, const election::Definition* before,
                         const std::vector<SequencedChange>& changes) {
  const election::Definition nothing;
  const election::Definition& definition = before == nullptr ? nothing : *before;
  const PartNumbers numbers(definition, changes);
  Languages languages = definition.election().languages;
  for (const SequencedChange& sequenced : changes) {
    const DefinitionChange& change = *sequenced.change;
    const RowKey key{.election_no = election_no, .sequence = sequenced.sequence};
    if (change.election) {
      languages = change.election->languages;
      PutElection(elections_, key, *change.election);
    }
    for (const auto& contest : change.contests) {
      PutContest(contests_, key, contest, numbers, languages);
      PutCandidates(candidates_, key, contest, numbers, languages);
    }
    for (const auto& source : change.sources) PutSource(sources_, key, source, numbers, languages);
    for (const auto& area : change.areas) PutArea(areas_, key, area, numbers, languages);
    for (const auto& station : change.stations) {
      PutStation(stations_, key, station, numbers, languages);
    }
  }
}

void DefinitionRows::Finish(std::string& statements, std::vector<postgres::CopyStream>& streams) {
  const auto finish = [&](CopyEncoder& rows, const char* copy) {
    if (rows.rows() == 0) return;
    statements += copy;
    streams.push_back(postgres::WholeStream(rows.Finish()));
  };
  finish(elections_, kCopyElections);
  finish(contests_, kCopyContests);
  finish(candidates_, kCopyCandidates);
  finish(sources_, kCopySources);
  finish(areas_, kCopyAreas);
  finish(stations_, kCopyStations);
}

}  // namespace canvass::aggregator
