#ifndef CANVASS_SERVICES_CANVASS_DEMO_PLAYER_H_
#define CANVASS_SERVICES_CANVASS_DEMO_PLAYER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/canvass/aggregator_client.h"
#include "services/canvass/command.h"
#include "services/canvass/publisher_client.h"
#include "services/canvass/reporter_client.h"
#include "services/canvass/synthetic_night.h"

namespace canvass::publisher::v1 {
class GetFinalResultRequest;
}  // namespace canvass::publisher::v1

namespace canvass::v1 {
class Result;
}  // namespace canvass::v1

namespace canvass {

class ProgressBar;

// Plays the night of an election through the services, as stations, pollsters and the commission
// would: poll figures, reports through the reporter, announcements read from the publisher,
// annulments, certification. Every step may be repeated: a night that was broken off goes on where
// it stood, one that is over is shown from the publisher's history, with what was decided on
// it since. Blocks. Not thread-safe.
class DemoPlayer {
 public:
  // `speed`: seconds of the night that pass in a second; 0 is as fast as it goes. `facts` and
  // `session` are not owned.
  DemoPlayer(const PublishedNight& facts, double speed, const Session& session);

  // DATA_LOSS RESULT_DIFFERS if the services show other figures than the published ones for the
  // night that was played.
  absl::Status Play();

 private:
  bool IsCounted() const;
  absl::Status PlayNight();
  // A night that was counted before, of which others may have corrected something since.
  absl::Status ShowKept();
  // What is announced once the first `to` reports are in.
  absl::Status PlayUpTo(const Announcement& announcement, std::size_t from, std::size_t to);
  absl::Status PlayDecisions();
  absl::Status ShowHistory();
  absl::StatusOr<v1::Result> ShowFinal();

  absl::Status Define();
  absl::Status PublishPolls();
  // Hands in reports number `from` to `to` - 1 as they arrive; returns a sequence that covers them.
  absl::StatusOr<std::int64_t> SubmitReports(std::size_t from, std::size_t to);
  absl::StatusOr<std::int64_t> SubmitTogether(std::size_t from, std::size_t to,
                                              ProgressBar& progress) const;
  std::size_t WaitForArrivals(std::size_t next, std::size_t to) const;
  absl::StatusOr<std::int64_t> Annul();
  absl::StatusOr<std::int64_t> Certify(std::int64_t sequence);

  // Asks the publisher for the result at `sequence` or later.
  absl::StatusOr<v1::Result> Read(std::int64_t sequence) const;
  // Prints a result below its announcement's name.
  absl::Status Announce(const Announcement& announcement, const v1::Result& result);
  // Says so where its figures are not the published ones.
  void RemarkOn(const Announcement& announcement, const v1::Result& result);
  publisher::v1::GetFinalResultRequest FinalRequest() const;
  const std::string& election_id() const { return facts_.definition.election->id; }

  const PublishedNight& facts_;
  const SyntheticNight night_;
  const double speed_;
  absl::Time polls_closed_;  // in the night as it is played
  const Session& session_;
  const AggregatorClient aggregator_;
  const PublisherClient publisher_;
  const ReporterClient reporter_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_DEMO_PLAYER_H_
