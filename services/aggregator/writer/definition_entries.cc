#include "services/aggregator/writer/definition_entries.h"

#include <cstdint>
#include <iterator>
#include <utility>
#include <variant>

#include "common/election/event.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {
namespace {

std::size_t BytesOf(const election::LocalizedText& text) {
  std::size_t bytes = 0;
  for (const auto& [language, words] : text) bytes += language.size() + words.size();
  return bytes;
}

std::size_t BytesOf(const election::Contest& contest) {
  std::size_t bytes = BytesOf(contest.names) + contest.id.size();
  for (const election::Candidate& candidate : contest.candidates) {
    bytes += candidate.id.size() + BytesOf(candidate.names) + BytesOf(candidate.affiliations);
  }
  return bytes;
}

std::size_t BytesOf(const election::Source& source) {
  std::size_t bytes = BytesOf(source.names) + source.id.size();
  for (const std::string& organisation : source.organisations) bytes += organisation.size();
  return bytes;
}

std::size_t BytesOf(const election::Area& area) {
  return area.id.size() + area.parent_id.size() + area.kind.size() + BytesOf(area.names);
}

std::size_t BytesOf(const election::Station& station) {
  std::size_t bytes = station.id.size() + station.area_id.size() + BytesOf(station.names) +
                      station.closed_reason.value_or("").size();
  for (const std::string& tag : station.tags) bytes += tag.size();
  return bytes;
}

// Distributes the parts of a definition over pieces.
class Pieces {
 public:
  explicit Pieces(std::string reason) : reason_(std::move(reason)) { Open(); }

  void AddElection(election::Election part) {
    bytes_ += BytesOf(part.names) + BytesOf(part.notices);
    ++parts_;
    pieces_.back().election = std::move(part);
  }

  template <typename Part>
  void Add(std::vector<Part> parts, std::vector<Part> election::DefinitionChange::*list) {
    for (Part& part : parts) {
      const std::size_t bytes = BytesOf(part);
      if (parts_ > 0 &&
          (parts_ == kPartsPerEntryMax || bytes_ + bytes > kDefinitionEntryBytesMax)) {
        Open();
      }
      ++parts_;
      bytes_ += bytes;
      (pieces_.back().*list).push_back(std::move(part));
    }
  }

  std::vector<election::DefinitionChange> Take() { return std::move(pieces_); }

 private:
  void Open() {
    pieces_.emplace_back().reason = reason_;
    parts_ = 0;
    bytes_ = 0;
  }

  const std::string reason_;
  std::vector<election::DefinitionChange> pieces_;
  std::size_t parts_ = 0;
  std::size_t bytes_ = 0;
};

template <typename Part>
void MoveTo(std::vector<Part>& whole, std::vector<Part>& piece) {
  whole.insert(whole.end(), std::make_move_iterator(piece.begin()),
               std::make_move_iterator(piece.end()));
}

}  // namespace

std::vector<election::DefinitionChange> SplitDefinition(election::DefinitionChange change) {
  Pieces pieces(std::move(change.reason));
  if (change.election.has_value()) pieces.AddElection(*std::move(change.election));
  pieces.Add(std::move(change.contests), &election::DefinitionChange::contests);
  pieces.Add(std::move(change.sources), &election::DefinitionChange::sources);
  pieces.Add(std::move(change.areas), &election::DefinitionChange::areas);
  pieces.Add(std::move(change.stations), &election::DefinitionChange::stations);
  return pieces.Take();
}

std::vector<AppendedEntry> DefinitionEntries(EntryBuilder& builder, const std::string& actor,
                                             election::DefinitionChange change) {
  std::vector<AppendedEntry> entries;
  std::string leaf_hashes;
  for (election::DefinitionChange& piece : SplitDefinition(std::move(change))) {
    entries.push_back(builder.Next(actor, std::move(piece)));
    const ledger::Hash& hash = entries.back().leaf_hash;
    leaf_hashes.append(hash.begin(), hash.end());
  }
  entries.push_back(builder.Next(
      actor, election::DefinitionSeal{.parts = static_cast<std::int32_t>(entries.size()),
                                      .digest = ledger::Sha256(leaf_hashes)}));
  return entries;
}

election::DefinitionChange JoinDefinition(std::vector<AppendedEntry> entries) {
  election::DefinitionChange whole;
  for (AppendedEntry& entry : entries) {
    auto* piece = std::get_if<election::DefinitionChange>(&entry.entry.event);
    if (piece == nullptr) continue;
    if (piece->election.has_value()) whole.election = std::move(piece->election);
    whole.reason = std::move(piece->reason);
    MoveTo(whole.contests, piece->contests);
    MoveTo(whole.sources, piece->sources);
    MoveTo(whole.areas, piece->areas);
    MoveTo(whole.stations, piece->stations);
  }
  return whole;
}

}  // namespace canvass::aggregator
