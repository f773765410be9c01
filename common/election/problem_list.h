#ifndef CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_
#define CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"

// The problems found in the parts of a definition.
namespace canvass::election {

// Returns `text` in quotes for an error message. Only the first 100 bytes are shown, and they are
// escaped if they are not UTF-8.
std::string Quoted(std::string_view text);

// Locates one part in a list of a request. It holds views only and formats nothing until there is a
// problem, so it is cheap to create for a million parts. The strings that it views must outlive it.
struct Place {
  std::string_view list{};  // "definition.stations"
  std::size_t index = 0;
  std::string_view kind{};  // "station"
  std::string_view id{};
  const Place* within = nullptr;  // the contest of a candidate; null for other parts

  // Returns the path of `field`, e.g. "definition.stations[12].area_id", or the path of the part if
  // `field` is empty.
  std::string Path(std::string_view field) const;
  // Returns the kind and id of the part, e.g. `station "c-1-s-9"`.
  std::string Name() const;
};

class ProblemList {
 public:
  // Maximum number of problems listed in an error. A register of a million stations can have a
  // million problems, and nobody reads more than a few.
  static constexpr std::size_t kProblemsMax = 20;

  // Adds a problem of one part. The description of the violation starts with the part's name:
  // `station "c-1-s-9": <description>`.
  void Add(const Reason& reason, const Place& place, std::string_view field,
           std::string_view description);
  // Adds a problem of the election or of the definition as a whole.
  void Add(const Reason& reason, std::string_view field, std::string_view description);

  bool empty() const { return count_ == 0; }
  // Returns an error with the reason of the first problem and a violation for each of the first
  // kProblemsMax problems. REQUIRES: !empty().
  absl::Status ToStatus(absl::StatusCode code) const;

 private:
  std::size_t count_ = 0;
  const Reason* reason_ = nullptr;  // of the first problem
  std::vector<FieldViolation> violations_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_PROBLEM_LIST_H_
