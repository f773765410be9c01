#ifndef CANVASS_COMMON_RPC_REPORT_PROTO_H_
#define CANVASS_COMMON_RPC_REPORT_PROTO_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"

// Reports between the wire and the core. What the wire leaves out is unknown in the core, and the
// other way round.
namespace canvass::rpc {

// The reports of a request, as bytes that point into it: field `number` of a message like `type`.
// What they say is not looked at. INVALID_ARGUMENT MESSAGE_MALFORMED for bytes that are no message,
// TOO_MANY_REPORTS for more than `reports_max`.
absl::StatusOr<std::vector<std::string_view>> SplitReports(std::string_view request,
                                                           const google::protobuf::Message& type,
                                                           int number, std::size_t reports_max);

// Revision 0, left out, is 1. Nothing is checked: rules are the core's.
election::StationReport FromProto(const v1::StationReport& report);
v1::StationReport ToProto(const election::StationReport& report);
// The report as recorded, in ids. Candidates whose number is unknown are left out.
v1::StationReport ToProto(const election::Definition& definition,
                          const election::ReportRecorded& report);

election::ReportKey FromProto(const v1::ReportKey& key);
v1::ReportKey ToProto(const election::ReportKey& key);
v1::ReportKey ToProto(const election::Definition& definition, const election::StationKey& key,
                      std::int32_t revision);

// The subject is not on the wire; the message names it.
v1::Finding ToProto(const election::Finding& finding);
v1::Severity ToProto(election::Severity severity);
election::Severity FromProto(v1::Severity severity);

std::vector<election::Document> FromProto(
    const google::protobuf::RepeatedPtrField<v1::Document>& documents);
void ToProto(const std::vector<election::Document>& documents,
             google::protobuf::RepeatedPtrField<v1::Document>* out);

// Times beyond the years 1 to 9999, which a Timestamp cannot hold, become the nearest that it can.
google::protobuf::Timestamp ToProto(absl::Time time);
// Whole microseconds, rounded down.
absl::Time FromProto(const google::protobuf::Timestamp& time);

// The error of a unary submission whose receipt is REFUSED: code of the gravest finding's rule (the
// first REJECT), reason = the rule, its numbers in the metadata, every finding with its numbers as
// a field violation under "report.".
absl::Status RefusalError(const v1::Receipt& receipt);

// Poll figures: as an event in ids, and as a request. (The request's election_id is the caller's.)
v1::PollFigures ToProto(const election::Definition& definition,
                        const election::PollFigures& figures);
election::PollFiguresRequest FromProto(const v1::PollFigures& figures);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_REPORT_PROTO_H_
