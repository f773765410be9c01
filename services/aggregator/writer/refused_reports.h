#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_REFUSED_REPORTS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_REFUSED_REPORTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// The kept refusals of all elections, in memory. Keeps the newest ones of each actor and drops
// older ones. Not thread-safe; const access may be shared.
class RefusedReports {
 public:
  // The limits of the store, for each election and actor; bytes are those of memory here.
  static constexpr std::size_t kKeptPerActorMax = LedgerStore::kRefusalsKeptPerActor;
  static constexpr std::size_t kBytesPerActorMax = LedgerStore::kRefusalBytesKeptPerActor;
  // Limits for each election, however many names callers use.
  static constexpr std::size_t kKeptPerElectionMax = 100'000;
  static constexpr std::size_t kBytesPerElectionMax = 128 << 20;
  // Limits of one text or list: enough to see what was submitted, whatever its size.
  static constexpr std::size_t kTextBytesMax = 1'000;
  static constexpr std::size_t kListItemsMax = 500;

  // What to list. An empty field matches everything.
  struct Filter {
    std::string_view source_id{};
    std::string_view station_id{};
    std::string_view rule{};
    // Whether the refusal may be shown at all.
    std::function<bool(const Refusal&)> may_show = [](const Refusal&) { return true; };
  };

  // A kept refusal. Numbers start at 1 and rise in order of refusal.
  struct Numbered {
    std::int64_t number = 0;
    const Refusal* refusal = nullptr;  // valid until the next change
  };

  // What named an election that the ledger does not have (ELECTION_UNKNOWN) is kept under the
  // election "", because callers may name as many as they like.
  void Add(Refusal refusal);

  // Returns at most `limit` refusals, newest first, with numbers below `before`; 0 starts at the
  // newest.
  std::vector<Numbered> List(std::string_view election_id, const Filter& filter,
                             std::int64_t before, std::size_t limit) const;

 private:
  struct Kept {
    Refusal refusal{};
    std::size_t bytes = 0;
  };
  struct OfActor {
    std::deque<std::int64_t> numbers{};
    std::size_t bytes = 0;
  };
  struct OfElection {
    std::map<std::int64_t, Kept> by_number{};
    std::map<std::string, OfActor, std::less<>> by_actor{};
    std::size_t bytes = 0;
  };
  static void Drop(OfElection& kept, std::int64_t number);

  std::map<std::string, OfElection, std::less<>> by_election_;
  std::int64_t last_number_ = 0;
};

// Returns `refusal` in a form that may be kept: texts and lists are cut at the limits of
// RefusedReports, and a NUL in a text becomes a space.
Refusal WithinLimits(Refusal refusal);
// Does the same for the texts of findings, because they quote the report.
void LimitTexts(std::vector<election::Finding>& findings);
// Takes out of `refusals`, oldest first, what would not be kept for newer ones of the same election
// and actor. Returns the bytes of memory of the rest.
std::size_t DropOld(std::vector<Refusal>& refusals);

// Bytes of memory that a refusal takes.
std::size_t BytesOf(const Refusal& refusal);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_REFUSED_REPORTS_H_
