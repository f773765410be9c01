#include "common/election/finding_list.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/election/definition.h"
#include "common/election/rule.h"

namespace canvass::election {

Severity SeverityOf(const Policy& policy, Rule rule) {
  for (const auto& [ruled, severity] : policy.severities) {
    if (ruled == rule && MaySetSeverity(rule, severity)) return severity;
  }
  return DefaultSeverity(rule);
}

void FindingList::Add(Finding finding) {
  if (findings_.size() >= kFindingsMax) return;
  finding.severity = SeverityOf(policy_, finding.rule);
  if (finding.severity != Severity::kOff) findings_.push_back(std::move(finding));
}

std::vector<Finding> FindingList::Take() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Finding& a, const Finding& b) { return a.rule < b.rule; });
  return std::exchange(findings_, {});
}

}  // namespace canvass::election
