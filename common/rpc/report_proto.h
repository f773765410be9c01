#ifndef CANVASS_COMMON_RPC_REPORT_PROTO_H_
#define CANVASS_COMMON_RPC_REPORT_PROTO_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"

// Reports between the wire and the core.
namespace canvass::rpc {

election::StationReport FromProto(const v1::StationReport& report);
v1::StationReport ToProto(const election::StationReport& report);
// The report as recorded, in ids.
v1::StationReport ToProto(const election::Definition& definition, const election::ReportRecorded& report);

election::ReportKey FromProto(const v1::ReportKey& key);
v1::ReportKey ToProto(const election::Definition& definition, const election::StationKey& key, std::int32_t revision);

v1::Finding ToProto(const election::Finding& finding);
election::Finding FromProto(const v1::Finding& finding);
v1::Severity ToProto(election::Severity severity);

std::vector<election::Document> FromProto(const google::protobuf::RepeatedPtrField<v1::Document>& documents);
void ToProto(const std::vector<election::Document>& documents, google::protobuf::RepeatedPtrField<v1::Document>* out);

google::protobuf::Timestamp ToProto(absl::Time time);
// Whole microseconds.
absl::Time FromProto(const google::protobuf::Timestamp& time);

// The error of a unary submission whose receipt is REFUSED: code of the gravest finding's rule (the first REJECT),
// reason = the rule, every finding with its numbers as a field violation under "report.".
absl::Status RefusalError(const v1::Receipt& receipt);

// Poll figures: as an event in ids, and back. (election_id is the caller's.)
v1::PollFigures ToProto(const election::Definition& definition, const election::PollFigures& figures);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_REPORT_PROTO_H_
