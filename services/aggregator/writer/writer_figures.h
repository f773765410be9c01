#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_FIGURES_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_FIGURES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/election/rule.h"
#include "common/telemetry/histogram.h"
#include "services/aggregator/writer/receipt.h"

namespace canvass::aggregator {

// What the writer has done since it was made. One thread counts; any may read.
class WriterFigures {
 public:
  using Count = std::uint64_t;

  // Counts the receipt of a report, before it is handed out.
  void Add(const Receipt& receipt, bool validate_only);

  // Receipts with this state, without those that were only validated or repeated.
  Count receipts(ReceiptState state) const { return Read(receipts_.at(Index(state))); }
  Count repeated() const { return Read(repeated_); }
  Count validated() const { return Read(validated_); }
  // Of those receipts, the ones that name the rule.
  Count receipts(ReceiptState state, election::Rule rule) const {
    return Read(rules_.at(Index(state)).at(static_cast<std::size_t>(rule)));
  }

  telemetry::Histogram commit_seconds{telemetry::Histogram::SecondsBounds()};
  // Reports that were committed together.
  telemetry::Histogram group_reports{{1, 3, 10, 30, 100, 300, 1'000, 2'000, 3'000, 4'000}};

 private:
  static constexpr std::size_t kStates = 5;   // by number of ReceiptState
  static constexpr std::size_t kRules = 256;  // by number of Rule

  static std::size_t Index(ReceiptState state) { return static_cast<std::size_t>(state); }
  static Count Read(const std::atomic<Count>& count) {
    return count.load(std::memory_order_relaxed);
  }

  std::array<std::atomic<Count>, kStates> receipts_{};
  std::array<std::array<std::atomic<Count>, kRules>, kStates> rules_{};
  std::atomic<Count> repeated_ = 0;
  std::atomic<Count> validated_ = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_FIGURES_H_
