#include "services/aggregator/writer/writer_figures.h"

#include <atomic>
#include <bitset>

namespace canvass::aggregator {
namespace {

void CountOne(std::atomic<WriterFigures::Count>& count) {
  count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void WriterFigures::Add(const Receipt& receipt, bool validate_only) {
  if (validate_only) return CountOne(validated_);
  if (receipt.repeated_submission) return CountOne(repeated_);
  CountOne(receipts_.at(Index(receipt.state)));
  std::bitset<kRules> counted;  // a report may break a rule in several places
  for (const election::Finding& finding : receipt.findings) {
    const auto rule = static_cast<std::size_t>(finding.rule);
    if (counted[rule]) continue;
    counted[rule] = true;
    CountOne(rules_.at(Index(receipt.state)).at(rule));
  }
}

}  // namespace canvass::aggregator
