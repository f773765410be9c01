#ifndef CANVASS_SERVICES_CANVASS_REPORTER_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_REPORTER_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/canvass/command.h"
#include "services/canvass/endpoint.h"

namespace canvass {

// Reports on their way to a reporter, with what is to be done as they go.
struct Submission {
  std::size_t count = 0;
  // Report number `index`, 0 to count - 1; asked for in order, and again where it did not fit into
  // a message or a connection broke before its receipt.
  std::function<v1::StationReport(std::size_t index)> report_at{};
  // The receipt of report number `index`, in order, once each.
  std::function<void(std::size_t index, const v1::Receipt& receipt)> on_receipt{};
  // The connection broke, and is tried again after `wait`; may be left out.
  std::function<void(const absl::Status& why, absl::Duration wait)> on_retry{};
};

// How long a submission goes on when nobody answers. Tests shorten it.
struct RetryLimits {
  // Since the last receipt; an aggregator that starts anew is back well before.
  absl::Duration give_up_after = absl::Minutes(2);
  // Without a receipt on a stream that seems alive: it is cancelled and opened again.
  absl::Duration silence_max = absl::Seconds(30);
  // Deadline of one stream, which also ends a write that nobody reads; then the next one goes on.
  absl::Duration stream_max = absl::Minutes(10);
  absl::Duration first_wait = absl::Milliseconds(200);  // doubles up to longest_wait
  absl::Duration longest_wait = absl::Seconds(5);
};

// Calls to a station reporter. Blocks. Not thread-safe.
class ReporterClient {
 public:
  // Reports a message: large enough that the message costs little, small enough that progress is
  // seen.
  static constexpr std::size_t kReportsPerMessage = 500;
  // Half of what a reporter takes; a report with many documents is long.
  static constexpr std::size_t kMessageBytes = 4U << 20U;
  // Reports sent and not yet answered: keeps both services busy, bounds what is sent again.
  static constexpr std::size_t kReportsInFlight = 8000;

  explicit ReporterClient(const CommonOptions& options);
  ~ReporterClient();
  ReporterClient(const ReporterClient&) = delete;
  ReporterClient& operator=(const ReporterClient&) = delete;

  // Sends reports with several messages in flight, and sends those without a receipt again where
  // the connection breaks: the same report twice is counted once. Every callback runs on the
  // calling thread. Returns once each report has a receipt (a refused one too), or an error that
  // waiting does not cure.
  absl::Status SubmitReports(const Submission& submission, const RetryLimits& limits) const;
  // What would become of a report; nothing is kept. A report that would be refused is an error with
  // its findings.
  absl::StatusOr<v1::Receipt> ValidateReport(const v1::StationReport& report) const;

 private:
  struct Connection;

  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_REPORTER_CLIENT_H_
