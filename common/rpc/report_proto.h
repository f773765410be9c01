#ifndef CANVASS_COMMON_RPC_REPORT_PROTO_H_
#define CANVASS_COMMON_RPC_REPORT_PROTO_H_

#include <cstddef>
#include <cstdint>
#include <string>
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

// Converts reports between protos and the core's types. A field that is absent on one side is
// unknown on the other.
namespace canvass::rpc {

// The contest with this number. REQUIRES: there is one.
const election::Contest& ContestOf(const election::Definition& definition, std::int32_t contest_no);
// The id of the source with this number. REQUIRES: there is one.
const std::string& SourceIdOf(const election::Definition& definition, std::int32_t source_no);

// Returns the elements of field `number` of the serialized `request`, as views into it, without
// parsing them. `type` is any message of the request's type, for the error text. Returns
// INVALID_ARGUMENT MESSAGE_MALFORMED if `request` is not a message, and TOO_MANY_REPORTS if it has
// more than `reports_max` reports.
absl::StatusOr<std::vector<std::string_view>> SplitReports(std::string_view request,
                                                           const google::protobuf::Message& type,
                                                           int number, std::size_t reports_max);

// Converts revision 0 (left out) to 1. Notes what it cannot convert in `message_faults`, and checks
// nothing else, because the rules belong to the core.
election::StationReport FromProto(const v1::StationReport& report);
v1::StationReport ToProto(const election::StationReport& report);
// Converts a recorded report, with ids in place of numbers. Leaves out candidates whose votes are
// unknown.
v1::StationReport ToProto(const election::Definition& definition,
                          const election::ReportRecorded& report);

election::ReportKey FromProto(const v1::ReportKey& key);
v1::ReportKey ToProto(const election::ReportKey& key);
v1::ReportKey ToProto(const election::Definition& definition, const election::StationKey& key,
                      std::int32_t revision);

// Leaves out the finding's subject. The message names it.
v1::Finding ToProto(const election::Finding& finding);
v1::Severity ToProto(election::Severity severity);
election::Severity FromProto(v1::Severity severity);

std::vector<election::Document> FromProto(
    const google::protobuf::RepeatedPtrField<v1::Document>& documents);
void ToProto(const std::vector<election::Document>& documents,
             google::protobuf::RepeatedPtrField<v1::Document>* out);

// Clamps times outside the years 1 to 9999, which a Timestamp cannot hold.
google::protobuf::Timestamp ToProto(absl::Time time);
// Rounds down to whole microseconds. Clamps times out of range, see IsInRange: what callers send is
// checked before (CheckMessage, FindReportFaults).
absl::Time FromProto(const google::protobuf::Timestamp& time);

// Returns the error of a unary submission whose receipt is REFUSED. The code and reason are those
// of the first finding with severity REJECT, and the metadata holds that finding's numbers. Every
// finding is a field violation below "report.", with its numbers in the description.
absl::Status RefusalError(const v1::Receipt& receipt);

// Poll figures: a recorded event to a proto, and a proto to a request. The caller handles the
// request's election_id.
v1::PollFigures ToProto(const election::Definition& definition,
                        const election::PollFigures& figures);
election::PollFiguresRequest FromProto(const v1::PollFigures& figures);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_REPORT_PROTO_H_
