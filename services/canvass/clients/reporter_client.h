#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_REPORTER_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_REPORTER_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/canvass/clients/endpoint.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {

// Called when an attempt failed, before the next one after `wait`.
using OnRetry = std::function<void(const absl::Status& why, absl::Duration wait)>;

// Reports to submit, with callbacks for their progress.
struct Submission {
  std::size_t count = 0;
  // Returns report `index`, 0 to count - 1. Called in order of `index`. Called again for a report
  // that did not fit into a message, or whose receipt was missing when the connection broke.
  std::function<v1::StationReport(std::size_t index)> report_at{};
  // Called with the receipt of each report, once each and in order of `index`.
  std::function<void(std::size_t index, const v1::Receipt& receipt)> on_receipt{};
  OnRetry on_retry{};  // optional
};

// Limits of a submission. Tests shorten them.
struct RetryLimits {
  // Time since the last receipt after which the submission fails. A restarting aggregator is back
  // much sooner.
  absl::Duration give_up_after = absl::Minutes(2);
  // Time without a receipt after which a stream that seems alive is cancelled and opened again.
  absl::Duration silence_max = absl::Seconds(30);
  // Deadline of one stream. It also ends a write that the reporter does not read. The next stream
  // continues.
  absl::Duration stream_max = absl::Minutes(10);
  absl::Duration first_wait = absl::Milliseconds(200);  // doubles up to longest_wait
  absl::Duration longest_wait = absl::Seconds(5);
};

// Returns whether a program may repeat a call by itself after this error.
bool MayRetry(const absl::Status& status);

// Client of a station reporter. Every call blocks. Not thread-safe.
class ReporterClient {
 public:
  // Reports in one message: enough that the cost of a message is small, few enough that progress is
  // visible.
  static constexpr std::size_t kReportsPerMessage = 500;
  // Half of the largest message that a reporter accepts. Reports with many documents are long.
  static constexpr std::size_t kMessageBytes = 4U << 20U;
  // Largest number of reports sent and without a receipt. Enough to keep both services busy, and a
  // limit for what is sent again after an error.
  static constexpr std::size_t kReportsInFlight = 8000;

  explicit ReporterClient(const CommonOptions& options);
  ~ReporterClient();
  ReporterClient(const ReporterClient&) = delete;
  ReporterClient& operator=(const ReporterClient&) = delete;

  // Submits reports with several messages in flight. After a broken connection it sends the reports
  // without a receipt again, which is safe because a repeated report is counted once. Calls every
  // callback on the calling thread. Returns OK once each report has a receipt, including refused
  // ones. Otherwise returns an error that is not retried, or the last error when RetryLimits are
  // exceeded.
  absl::Status SubmitReports(const Submission& submission, const RetryLimits& limits) const;
  // Submits one report by calls of its own, which are repeated like the streams above. Returns an
  // error if the report is refused, if the error is not retried, or when RetryLimits are exceeded.
  absl::StatusOr<v1::Receipt> SubmitReport(const v1::StationReport& report,
                                           const RetryLimits& limits,
                                           const OnRetry& on_retry) const;
  // Asks what would happen to a report, without keeping it. If the report would be refused, returns
  // an error with its findings.
  absl::StatusOr<v1::Receipt> ValidateReport(const v1::StationReport& report) const;

 private:
  struct Connection;

  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_REPORTER_CLIENT_H_
