#ifndef CANVASS_SERVICES_AGGREGATOR_REFUSED_REPORTS_H_
#define CANVASS_SERVICES_AGGREGATOR_REFUSED_REPORTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/aggregator/ledger.h"

namespace canvass::aggregator {

// The refused reports that are kept, of all elections, in memory. The newest of each actor stay;
// older ones make room. Not thread-safe; const access may be shared.
class RefusedReports {
 public:
  // As the ledger keeps them.
  static constexpr std::size_t kKeptPerActorMax = Ledger::kRefusalsKeptPerActor;
  // Of one election, whoever sent them: about 100 MB, whatever names callers go by.
  static constexpr std::size_t kKeptPerElectionMax = 100'000;
  // Of one text or list: enough to see what came, whatever its size.
  static constexpr std::size_t kTextBytesMax = 1'000;
  static constexpr std::size_t kListItemsMax = 500;

  // What to list; an empty field matches everything.
  struct Filter {
    std::string_view source_id{};
    std::string_view station_id{};
    std::string_view rule{};
  };

  // A kept refusal; numbers rise as reports are refused, from 1.
  struct Numbered {
    std::int64_t number = 0;
    const Refusal* refusal = nullptr;  // valid until the next change
  };

  void Add(Refusal refusal);

  // At most `limit` of them, newest first, with numbers below `before` (0: from the newest).
  std::vector<Numbered> List(std::string_view election_id, const Filter& filter,
                             std::int64_t before, std::size_t limit) const;

 private:
  struct OfElection {
    std::map<std::int64_t, Refusal> by_number;
    std::map<std::string, std::deque<std::int64_t>, std::less<>> numbers_by_actor;
  };
  static void Drop(OfElection& kept, std::int64_t number);

  std::map<std::string, OfElection, std::less<>> by_election_;
  std::int64_t last_number_ = 0;
};

// What was refused in a form that may be kept: texts without NUL, texts and lists cut at the limits
// of RefusedReports.
Refusal WithinLimits(Refusal refusal);
// The same for what was found in it: findings quote the report.
void LimitTexts(std::vector<election::Finding>& findings);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_REFUSED_REPORTS_H_
