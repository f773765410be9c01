#ifndef CANVASS_COMMON_ELECTION_DEFINITION_OVERLAY_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_OVERLAY_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/election/definition.h"

namespace canvass::election {

// The definition as a change would leave it: the parts of the change, and the parts of the current
// definition that the change does not replace. Finds parts by id without building a Definition. Not
// thread-safe; const access may be shared.
class DefinitionOverlay {
 public:
  // A null `current` has no parts. Both arguments must outlive this, and the parts of `change` must
  // not be moved or modified. REQUIRES: the parts of `change` are complete, i.e. MergeDefinition
  // has merged them. Their ids may repeat.
  DefinitionOverlay(const Definition* current, const DefinitionChange& change);

  const Definition* current() const { return current_; }
  const DefinitionChange& change() const { return change_; }

  // Return the position in the change of the first part that has the same id as the argument;
  // nullopt if the change has none.
  std::optional<std::size_t> FindChanged(const Contest& contest) const;
  std::optional<std::size_t> FindChanged(const Source& source) const;
  std::optional<std::size_t> FindChanged(const Area& area) const;
  std::optional<std::size_t> FindChanged(const Station& station) const;

  // Return the part with this id; null if there is none.
  const Area* FindArea(std::string_view id) const;
  const Station* FindStation(std::string_view id) const;

  // Returns the ids of an area and of all areas above it, lowest first. REQUIRES: the tree of areas
  // has no cycle.
  std::vector<absl::string_view> AreasAbove(std::string_view area_id) const;

  // Call `visit` with each part: first the parts of the current definition that the change does not
  // replace, then those of the change.
  template <typename Visit>
  void ForEachContest(const Visit& visit) const {
    ForEach(current_ == nullptr ? nullptr : &current_->contests(), change_.contests, visit);
  }
  template <typename Visit>
  void ForEachSource(const Visit& visit) const {
    ForEach(current_ == nullptr ? nullptr : &current_->sources(), change_.sources, visit);
  }
  template <typename Visit>
  void ForEachArea(const Visit& visit) const {
    ForEach(current_ == nullptr ? nullptr : &current_->areas(), change_.areas, visit);
  }

 private:
  // Positions in a list of the change, by id. The keys are views into the change.
  using Positions = absl::flat_hash_map<absl::string_view, std::size_t>;

  template <typename Part, typename Visit>
  void ForEach(const std::vector<Part>* before, const std::vector<Part>& changed,
               const Visit& visit) const {
    if (before != nullptr) {
      for (const Part& part : *before) {
        if (!FindChanged(part)) visit(part);
      }
    }
    for (const Part& part : changed) visit(part);
  }

  const Definition* current_;
  const DefinitionChange& change_;
  Positions contests_;
  Positions sources_;
  Positions areas_;
  Positions stations_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_OVERLAY_H_
