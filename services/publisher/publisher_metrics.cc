#include "services/publisher/publisher_metrics.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/election_ledger.h"

namespace canvass::publisher {
namespace {

using telemetry::MetricSheet;

absl::Status AddPublished(const PublishedElection& election, absl::Time now, MetricSheet& sheet) {
  const telemetry::MetricLabels labels = {{"election", election.ledger().election_id()}};
  sheet.AddGauge("canvass_ledger_sequence", "Sequence of the newest entry.",
                 static_cast<double>(election.ledger().sequence()), labels);
  sheet.AddGauge("canvass_figures_age_seconds",
                 "Time since the publisher last knew that it had the newest entry.",
                 absl::ToDoubleSeconds(now - election.confirmed_at()), labels);
  return absl::OkStatus();
}

}  // namespace

void AddBoard(const ResultBoard& board, absl::Time now, MetricSheet& sheet) {
  // Before the aggregator was heard, there is nothing to say about elections.
  board
      .ReadAll(
          [&](const PublishedElection& election) { return AddPublished(election, now, sheet); })
      .IgnoreError();
  sheet.AddGauge("canvass_ledger_diverged",
                 "1 if the ledger is not what it was; an operator has to look at it.",
                 board.IsDiverged() ? 1 : 0);
}

void AddWatchers(std::size_t watchers, MetricSheet& sheet) {
  sheet.AddGauge("canvass_result_watchers", "Open calls of WatchResult that are served.",
                 static_cast<double>(watchers));
}

}  // namespace canvass::publisher
