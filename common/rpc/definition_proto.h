#ifndef CANVASS_COMMON_RPC_DEFINITION_PROTO_H_
#define CANVASS_COMMON_RPC_DEFINITION_PROTO_H_

#include "absl/status/statusor.h"
#include "canvass/v1/election.pb.h"
#include "canvass/v1/ledger.pb.h"
#include "common/election/definition.h"

// Converts definitions between protos and the core's types.
namespace canvass::rpc {

// Returns INVALID_ARGUMENT RULE_UNKNOWN, SEVERITY_MISSING, DECIMAL_MALFORMED or COUNT_OUT_OF_RANGE
// (a limit that is not 0 to 100 percent). The field path of the error starts with "definition.".
// The core checks everything else.
absl::StatusOr<election::DefinitionChange> FromProto(const v1::DefinitionChange& change);
v1::DefinitionChange ToProto(const election::DefinitionChange& change);

v1::Election ToProto(const election::Election& election);
v1::Contest ToProto(const election::Contest& contest);
v1::Source ToProto(const election::Source& source);
v1::Area ToProto(const election::Area& area);
v1::Station ToProto(const election::Station& station);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_DEFINITION_PROTO_H_
