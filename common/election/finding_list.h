#ifndef CANVASS_COMMON_ELECTION_FINDING_LIST_H_
#define CANVASS_COMMON_ELECTION_FINDING_LIST_H_

#include <cstddef>
#include <vector>

#include "common/election/definition.h"
#include "common/election/rule.h"

namespace canvass::election {

// Findings kept of one report. A garbage report may break a rule in each of its lines, and every
// finding is stored and sent back; a hundred are more than anybody reads. Only rules that refuse a
// report can be broken so often, so that nothing hangs on the others.
inline constexpr std::size_t kFindingsMax = 100;

// What an election makes of a report that breaks `rule`.
Severity SeverityOf(const Policy& policy, Rule rule);

// Gathers what a report breaks, each finding with the severity that the election gives to its rule.
class FindingList {
 public:
  // `policy` outlives the list.
  explicit FindingList(const Policy& policy) : policy_(policy) {}

  // Fills in the severity. A rule that is OFF adds nothing, nor does a finding after kFindingsMax.
  void Add(Finding finding);
  // Hands over what was gathered: in rule order, and of one rule as they came.
  std::vector<Finding> Take();

 private:
  const Policy& policy_;
  std::vector<Finding> findings_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_FINDING_LIST_H_
