// The status that a server sends to our clients.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/status.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/exit_code.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

// The kind of a step is the code.
void RunErrorDetail(std::string_view bytes) {
  constexpr int kCodes = 17;
  for (const Step& step : SplitSession(bytes)) {
    const auto code = static_cast<grpc::StatusCode>(step.kind % kCodes);
    const absl::Status status =
        rpc::FromGrpcStatus(grpc::Status(code, step.bytes.substr(0, 40), step.bytes));
    Require(status.ok() == (code == grpc::StatusCode::OK), "only OK is OK");
    if (status.ok()) continue;
    Require(!cli::ErrorText(status).empty(), "an error has a text");
    Require(cli::ExitCodeOf(status) != cli::ExitCode::kDone, "a failure ends with another code");
    const grpc::Status sent = rpc::ToGrpcStatus(status);
    Require(sent.error_details().size() <= rpc::kStatusBytesMax, "an error fits into a trailer");
    Require(rpc::FromGrpcStatus(sent).code() == status.code(), "the code stays");
  }
}

std::vector<std::string> ErrorDetailSeeds() {
  std::vector<std::string> seeds;
  for (const absl::Status& status :
       {FieldError(reason::kPageTokenInvalid, "page_token", "is none"),
        MakeError(reason::kQueueFull, "full",
                  {.metadata = {{"a", "1"}, {"b", "2"}}, .retry_after_ms = 500}),
        absl::InternalError("a bug")}) {
    const grpc::Status sent = rpc::ToGrpcStatus(status);
    seeds.push_back(JoinSession(
        {{.kind = static_cast<std::uint8_t>(sent.error_code()), .bytes = sent.error_details()}}));
  }
  return seeds;
}

const Registration kErrorDetail({.name = "error_detail",
                                 .run = RunErrorDetail,
                                 .seeds = ErrorDetailSeeds,
                                 .steps = std::vector<const google::protobuf::Message*>(
                                     17, &google::rpc::Status::default_instance()),
                                 .words = {"canvass", "PAGE_TOKEN_INVALID",
                                           "violations_left_out"}});

}  // namespace
}  // namespace canvass::fuzz
