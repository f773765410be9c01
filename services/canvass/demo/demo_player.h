#ifndef CANVASS_SERVICES_CANVASS_DEMO_DEMO_PLAYER_H_
#define CANVASS_SERVICES_CANVASS_DEMO_DEMO_PLAYER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/clients/reporter_client.h"
#include "services/canvass/demo/synthetic_night.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::publisher::v1 {
class GetFinalResultRequest;
}  // namespace canvass::publisher::v1

namespace canvass::v1 {
class Result;
}  // namespace canvass::v1

namespace canvass::cli {

class ProgressBar;

// Plays the night of an election through the services, as stations, pollsters and the commission
// would: it publishes poll figures, submits reports through the reporter, reads announcements from
// the publisher, annuls reports and certifies the result. Every step may be repeated. A night that
// was interrupted continues where it stopped. A night that is over is shown from the publisher's
// history, with what was decided since. Blocks. Not thread-safe.
class DemoPlayer {
 public:
  // `speed` is the number of seconds of the night that pass in one second. 0 plays as fast as
  // possible. `facts` and `invocation` must outlive this.
  DemoPlayer(const PublishedNight& facts, double speed, const Invocation& invocation);

  // Plays the night, or shows it if it is over. Returns DATA_LOSS RESULT_DIFFERS if a night that
  // was played shows other figures than the published ones.
  absl::Status Play();

 private:
  bool IsCounted() const;
  absl::Status PlayNight();
  // Shows a night that was counted before. Later decisions may have changed its figures.
  absl::Status ShowKept();
  // Submits the reports up to `to` and shows the announcement for them.
  absl::Status PlayUpTo(const Announcement& announcement, std::size_t from, std::size_t to);
  absl::Status PlayDecisions();
  absl::Status ShowHistory();
  absl::StatusOr<v1::Result> ShowFinal();

  absl::Status Define();
  absl::Status PublishPolls();
  // Submits reports `from` to `to` - 1 as they arrive. Returns a sequence that covers them.
  absl::StatusOr<std::int64_t> SubmitReports(std::size_t from, std::size_t to);
  absl::StatusOr<std::int64_t> SubmitTogether(std::size_t from, std::size_t to,
                                              ProgressBar& progress) const;
  absl::StatusOr<std::vector<std::size_t>> SubmitOnce(const std::vector<std::size_t>& reports,
                                                      std::int64_t& sequence,
                                                      ProgressBar& progress) const;
  std::size_t WaitForArrivals(std::size_t next, std::size_t to) const;
  absl::StatusOr<std::int64_t> Annul();
  absl::StatusOr<std::int64_t> Certify(std::int64_t sequence);

  // Reads the result at `sequence` or later from the publisher.
  absl::StatusOr<v1::Result> Read(std::int64_t sequence) const;
  // Prints a result below the announcement's name.
  absl::Status Announce(const Announcement& announcement, const v1::Result& result);
  // Prints a remark if the figures of `result` differ from the published ones.
  void RemarkOn(const Announcement& announcement, const v1::Result& result);
  publisher::v1::GetFinalResultRequest FinalRequest() const;
  const std::string& election_id() const { return facts_.definition.election->id; }

  const PublishedNight& facts_;
  const SyntheticNight night_;
  const double speed_;
  absl::Time polls_closed_;  // real time at which the polls of the played night closed
  const Invocation& invocation_;
  const AggregatorClient aggregator_;
  const PublisherClient publisher_;
  const ReporterClient reporter_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_DEMO_DEMO_PLAYER_H_
