#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_DEFINITION_NUMBERS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_DEFINITION_NUMBERS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/election/definition.h"

namespace canvass::aggregator {

// Numbers of an election's parts by id. Parts are numbered in the order of their first appearance,
// whether they were defined together or one after the other. Not thread-safe.
class DefinitionNumbers {
 public:
  // Of the parts of `before`, which must outlive this, or of none if it is null.
  explicit DefinitionNumbers(const election::Definition* before);

  // Numbers the parts that are new.
  void Assign(const election::DefinitionChange& change);

  // Each returns nullopt for an unknown id.
  std::optional<int> OfContest(const std::string& id) const;
  std::optional<int> OfSource(const std::string& id) const;
  std::optional<int> OfArea(const std::string& id) const;
  std::optional<int> OfStation(const std::string& id) const;

 private:
  // Numbers of ids that `before` does not have. They continue its numbers.
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

  const election::Definition& before_;
  NewNumbers contests_;
  NewNumbers sources_;
  NewNumbers areas_;
  NewNumbers stations_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_DEFINITION_NUMBERS_H_
