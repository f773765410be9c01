#include "services/station_reporter/calls/report_shape.h"

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::station_reporter {
namespace {

constexpr char kReportPrefix[] = "report.";

}  // namespace

absl::Status CheckShape(const v1::StationReport& report, std::size_t bytes) {
  if (report.election_id().empty()) {
    return FieldError(reason::kFieldMissing, "report.election_id", "is required");
  }
  if (bytes > kReportBytesMax) {
    return FieldError(
        reason::kReportTooLarge, "report",
        absl::StrCat("has ", bytes, " bytes; at most ", kReportBytesMax, " are allowed"));
  }
  return absl::OkStatus();
}

v1::Receipt RefusedReceipt(const v1::StationReport& report, const absl::Status& error) {
  const ErrorDetail detail = DetailOf(error);
  v1::Receipt receipt;
  v1::ReportKey& key = *receipt.mutable_key();
  key.set_election_id(report.election_id());
  key.set_contest_id(report.contest_id());
  key.set_source_id(report.source_id());
  key.set_station_id(report.station_id());
  key.set_revision(report.revision() == 0 ? 1 : report.revision());
  receipt.set_state(v1::RECEIPT_STATE_REFUSED);
  for (const FieldViolation& violation : detail.violations) {
    v1::Finding& finding = *receipt.add_findings();
    finding.set_rule(detail.reason);
    finding.set_severity(v1::SEVERITY_REJECT);
    finding.set_field(std::string(absl::StripPrefix(violation.field, kReportPrefix)));
    finding.set_message(violation.field + " " + violation.description);
  }
  return receipt;
}

}  // namespace canvass::station_reporter
