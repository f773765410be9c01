#ifndef CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_
#define CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"

// What is wrong with the parts of a definition.
namespace canvass::election {

// `text` in quotes, for an error: shortened, and escaped where it is not UTF-8.
std::string Quoted(std::string_view text);

// A part in the list of a request. Cheap to make for a million parts: it is written out only when
// something is wrong. Does not own its texts.
struct Place {
  std::string_view list{};  // "definition.stations"
  std::size_t index = 0;
  std::string_view kind{};  // "station"
  std::string_view id{};
  const Place* within = nullptr;  // the contest of a candidate

  // "definition.stations[12].area_id"; without `field` the part itself.
  std::string Path(std::string_view field) const;
  // `station "c-1-s-9"`
  std::string Name() const;
};

class ProblemList {
 public:
  // A register of a million stations may be wrong in a million places; nobody reads more of them.
  static constexpr std::size_t kProblemsMax = 20;

  // The violation names the part too: `station "c-1-s-9": <description>`.
  void Add(std::string_view reason, const Place& place, std::string_view field,
           std::string_view description);
  // About the definition as a whole or the election.
  void Add(std::string_view reason, std::string_view field, std::string_view description);

  bool empty() const { return count_ == 0; }
  // With the reason of the first problem and a violation for each of the first kProblemsMax.
  // REQUIRES: not empty().
  absl::Status ToStatus(absl::StatusCode code) const;

 private:
  std::size_t count_ = 0;
  std::string reason_;
  std::vector<FieldViolation> violations_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_
