#ifndef CANVASS_COMMON_ELECTION_FINDING_LIST_H_
#define CANVASS_COMMON_ELECTION_FINDING_LIST_H_

#include <cstddef>
#include <vector>

#include "common/election/definition.h"
#include "common/election/rule.h"

namespace canvass::election {

// Maximum number of findings kept for one report. A garbage report can break a rule on every line,
// and every finding is stored and sent back. Only REJECT rules can be broken that often, so the
// findings that are dropped do not change the outcome.
inline constexpr std::size_t kFindingsMax = 100;

// Returns the severity of `rule` under `policy`: the one that the policy sets, if MaySetSeverity
// allows it, else the default.
Severity SeverityOf(const Policy& policy, Rule rule);

// Collects the findings of one report and sets the severity of each to the one that the election
// gives its rule.
class FindingList {
 public:
  // `policy` must outlive this.
  explicit FindingList(const Policy& policy) : policy_(policy) {}

  // Sets the severity of `finding` and adds it. Drops it if the rule is OFF or if there are
  // kFindingsMax findings already.
  void Add(Finding finding);
  // Moves the findings out, ordered by rule. Findings of one rule stay in the order in which they
  // were added.
  std::vector<Finding> Take();

 private:
  const Policy& policy_;
  std::vector<Finding> findings_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_FINDING_LIST_H_
