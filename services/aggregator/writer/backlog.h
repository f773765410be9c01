#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_BACKLOG_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/report_group.h"
#include "services/aggregator/writer/write_request.h"

namespace canvass::aggregator {

// One report of a request.
struct ReportPlace {
  WriteRequest* request = nullptr;
  std::size_t index = 0;
};

// A group that is being gathered or appended, and the reports for which it holds receipts.
struct GatheredGroup {
  GatheredGroup(const GatheredGroup* before, ReportGroup::NewNonce new_nonce)
      : group(before == nullptr ? nullptr : &before->group, new_nonce) {}

  ReportGroup group;
  std::vector<ReportPlace> places{};
};

// When a group is full.
struct GroupLimits {
  std::size_t reports_max = 0;
  // Of memory that its receipts and entries hold. The last report may exceed it.
  std::size_t bytes_max = 0;
};

// The requests that the writer has taken and not answered. Callers take turns, and so do the
// streams of a caller in its turns, so whoever sends much delays the others by no more than its
// share. The requests of one stream keep their
// order as far as it matters: reports of one station are checked in the order in which they came,
// and a decision or definition waits for everything before it in its stream. A report that has to
// wait for an earlier one of its station does not delay the reports behind it. Not thread-safe.
class Backlog {
 public:
  void Add(WriteRequestPtr request);
  bool empty() const { return callers_.empty(); }
  bool has_reports() const { return report_requests_ > 0; }

  // Returns a decision or definition that is the first request of its stream; null if there is
  // none. Callers take turns.
  WriteRequest* NextDecision() const;
  // Adds reports to the group until it is full or none can join. REQUIRES: `committed` has not
  // changed since the group was made.
  void Gather(const CommittedLedgers::Contents& committed, const GroupLimits& limits,
              GatheredGroup& gathered);

  // Removes and returns an answered request.
  WriteRequestPtr Remove(const WriteRequest& request);
  // Offers everything that is not answered once more.
  void Rewind();
  // Calls `visit` with each request, which may change everything but its stream and number.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (auto& [name, caller] : callers_) {
      for (auto& [stream_no, stream] : caller.streams) {
        for (auto& [number, request] : stream.requests) visit(*request);
      }
    }
  }

 private:
  // Reports that a stream offers before the next one has its turn.
  static constexpr int kReportsPerTurn = 64;

  struct Stream {
    std::map<std::uint64_t, WriteRequestPtr> requests;  // by number
    // Number of the first request with reports that were not offered yet.
    std::uint64_t offered_below = 0;
    // Reports that wait for an earlier one of their station.
    absl::flat_hash_map<ReportGroup::Station, std::deque<ReportPlace>> waiting;
  };
  struct Caller {
    std::map<std::uint64_t, Stream> streams;  // by number; none is empty
    std::uint64_t last_stream = 0;            // had the last turn
  };
  // What a stream can still offer to a group.
  struct Turn {
    std::uint64_t number = 0;
    Stream* stream = nullptr;
    std::vector<ReportGroup::Station> stations{};  // for which reports wait
    std::size_t next_station = 0;
  };
  // The streams of a caller that can still offer something, in the order of their turns.
  struct CallerTurns {
    const std::string* name = nullptr;
    Caller* caller = nullptr;
    std::deque<Turn> streams{};
  };
  // Where the reports go.
  struct Target {
    const CommittedLedgers::Contents& committed;
    const GroupLimits& limits;
    GatheredGroup& gathered;

    bool IsFull() const {
      return gathered.places.size() >= limits.reports_max ||
             gathered.group.bytes() >= limits.bytes_max;
    }
  };

  static WriteRequest* DecisionOf(const Caller& caller);
  std::list<CallerTurns> TurnsOfAll();
  static CallerTurns TurnsOf(std::pair<const std::string, Caller>& named);
  static bool OfferTurn(const Target& target, CallerTurns& turns);
  static int OfferWaiting(const Target& target, Turn& turn);
  static int OfferNext(const Target& target, Stream& stream, int reports_max);
  static int OfferFrom(const Target& target, Stream& stream, WriteRequest& request,
                       int reports_max);

  std::map<std::string, Caller> callers_;  // by name; none is empty
  std::string last_caller_;                // had the last turn of reports
  std::string last_decider_;               // caller whose decision was answered last
  std::uint64_t last_number_ = 0;
  std::size_t report_requests_ = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_BACKLOG_H_
