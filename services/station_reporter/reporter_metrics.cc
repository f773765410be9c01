#include "services/station_reporter/reporter_metrics.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/time/time.h"

namespace canvass::station_reporter {

using telemetry::MetricSheet;

void AddLink(bool reached, const SubmittedQueue::Size& waiting, MetricSheet& sheet) {
  sheet.AddGauge("canvass_aggregator_reached", "1 if an active aggregator is reached.",
                 reached ? 1 : 0);
  sheet.AddGauge("canvass_report_queue_reports", "Reports that wait to be sent to the aggregator.",
                 static_cast<double>(waiting.reports));
  sheet.AddGauge("canvass_report_queue_bytes", "Memory that they hold.",
                 static_cast<double>(waiting.bytes));
  sheet.AddGauge("canvass_reports_in_flight", "Reports that were sent and not answered.",
                 static_cast<double>(waiting.reports_in_flight));
}

void AddOutbox(const OutboxSummary& outbox, std::uint64_t queued, absl::Time now,
               MetricSheet& sheet) {
  const absl::Duration age = now - outbox.oldest_queued_at.value_or(now);
  sheet.AddCounter("canvass_reports_total", "Reports that were answered, by result.",
                   static_cast<double>(queued), {{"result", "QUEUED"}});
  const auto add = [&sheet](const char* state, std::size_t reports) {
    sheet.AddGauge("canvass_outbox_reports", "Reports in the outbox, by state.",
                   static_cast<double>(reports), {{"state", state}});
  };
  add("queued", outbox.queued);
  add("refused", outbox.refused);
  add("damaged", outbox.damaged);
  sheet.AddGauge("canvass_outbox_bytes", "Bytes of the reports that are queued.",
                 static_cast<double>(outbox.queued_bytes));
  sheet.AddGauge("canvass_outbox_oldest_age_seconds",
                 "How long the report has been queued that came first; 0 without any.",
                 absl::ToDoubleSeconds(age));
}

void AddDiskOf(const std::string& file, MetricSheet& sheet) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(file, error).parent_path();
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) return;
  sheet.AddGauge("canvass_outbox_disk_free_bytes", "What is free on the disk of the outbox.",
                 static_cast<double>(space.available));
}

}  // namespace canvass::station_reporter
