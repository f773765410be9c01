#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_REPORT_DECISION_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_REPORT_DECISION_H_

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canvass/v1/report.pb.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {

// Decision of an election office about one station's report.
struct ReportDecision {
  Choice choice{};
  std::string station_id{};
  std::int32_t revision = 0;
  std::string reason{};
  std::vector<std::string> documents{};  // "SHA256,URI"
};

// Adds the arguments ELECTION STATION and the options of a decision. `decision` must outlive `app`.
void AddReportDecisionOptions(CLI::App& app, ReportDecision& decision);
// Adds --reason, which is required.
void AddReasonOption(CLI::App& app, std::string& reason);
// Adds --document, which may be repeated.
void AddDocumentOption(CLI::App& app, std::vector<std::string>& documents);

// Parts of a request of ReleaseReport, AnnulReport or ReinstateReport.
v1::ReportKey KeyOf(const ReportDecision& decision);
google::protobuf::RepeatedPtrField<v1::Document> DocumentsOf(
    const std::vector<std::string>& documents);

template <typename Request>
Request RequestOf(const ReportDecision& decision) {
  Request request;
  *request.mutable_key() = KeyOf(decision);
  request.set_reason(decision.reason);
  *request.mutable_documents() = DocumentsOf(decision.documents);
  return request;
}

// What is said of a decision that takes effect once another operator confirms it.
inline constexpr char kAwaitsSecondOperator[] =
    "Proposed; takes effect when another operator runs canvass confirm";

// Prints "Released c-86-s-12 revision 1: sequence 6 560", or the sequence in the requested format.
void PrintDecision(const Invocation& invocation, std::string_view decided, std::int64_t sequence,
                   const google::protobuf::Message& answer);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_REPORT_DECISION_H_
