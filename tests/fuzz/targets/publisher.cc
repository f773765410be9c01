// Requests of the public to a publisher of a small counted election.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/rpc/message.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/calls/area_snapshots.h"
#include "services/publisher/calls/change_calls.h"
#include "services/publisher/calls/election_calls.h"
#include "services/publisher/calls/result_calls.h"
#include "services/publisher/calls/station_calls.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/paging.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"
#include "tests/support/manual_clock.h"

namespace canvass::fuzz {
namespace {

namespace publisher_v1 = publisher::v1;

// What an aggregator sent of the election. Readers do not change it.
struct Publisher {
  Publisher() {
    for (const auto& message : CountedElectionStage()->Watched()) {
      Require(board.Take(message).ok(), "a publisher can follow the counted election");
    }
    Require(board.SequenceOf(kElectionId) > 0, "the publisher shows the counted election");
  }

  testing::ManualClock clock;
  publisher::ResultBoard board{clock};
  publisher::AreaSnapshots snapshots{clock};
};

Publisher& ThePublisher() {
  static auto* const kPublisher = new Publisher;
  return *kPublisher;
}

absl::Status NationalResult(const publisher::ResultBoard& board,
                            const publisher_v1::GetNationalResultRequest& request,
                            publisher_v1::GetNationalResultResponse& response) {
  const auto bytes = publisher::GetNationalResult(board, request);
  return bytes.ok() ? rpc::ParseMessage(**bytes, response) : bytes.status();
}

absl::Status AreaResults(const publisher::ResultBoard& board,
                         const publisher_v1::ListAreaResultsRequest& request,
                         publisher_v1::ListAreaResultsResponse& response) {
  return publisher::ListAreaResults(board, ThePublisher().snapshots, request, response);
}

absl::Status WatchedResult(const publisher::ResultBoard& board,
                           const publisher_v1::WatchResultRequest& request,
                           publisher_v1::WatchResultResponse& response) {
  auto result = publisher::FindWatchedResult(board, request);
  if (!result.ok()) return result.status();
  *response.mutable_result() = *std::move(result);
  return absl::OkStatus();
}

template <typename Request, typename Response,
          absl::Status (*kCall)(const publisher::ResultBoard&, const Request&, Response&)>
void Ask(const std::string& bytes) {
  Request request;
  if (!request.ParseFromString(bytes)) return;
  RequireGoodAnswers<Response>(request, [](const Request& asked, Response& response) {
    return kCall(ThePublisher().board, asked, response);
  });
}

struct Method {
  const google::protobuf::Message* request = nullptr;
  void (*ask)(const std::string& bytes) = nullptr;
};

template <typename Request, typename Response,
          absl::Status (*kCall)(const publisher::ResultBoard&, const Request&, Response&)>
Method MethodOf() {
  return {.request = &Request::default_instance(), .ask = Ask<Request, Response, kCall>};
}

const std::vector<Method>& Methods() {
  static const auto* const kMethods = new std::vector<Method>{
      MethodOf<publisher_v1::ListElectionsRequest, publisher_v1::ListElectionsResponse,
               publisher::ListElections>(),
      MethodOf<publisher_v1::GetElectionRequest, publisher_v1::GetElectionResponse,
               publisher::GetElection>(),
      MethodOf<publisher_v1::ListAreasRequest, publisher_v1::ListAreasResponse,
               publisher::ListAreas>(),
      MethodOf<publisher_v1::GetNationalResultRequest, publisher_v1::GetNationalResultResponse,
               NationalResult>(),
      MethodOf<publisher_v1::ListContestResultsRequest, publisher_v1::ListContestResultsResponse,
               publisher::ListContestResults>(),
      MethodOf<publisher_v1::GetFinalResultRequest, publisher_v1::GetFinalResultResponse,
               publisher::GetFinalResult>(),
      MethodOf<publisher_v1::GetAreaResultRequest, publisher_v1::GetAreaResultResponse,
               publisher::GetAreaResult>(),
      MethodOf<publisher_v1::ListAreaResultsRequest, publisher_v1::ListAreaResultsResponse,
               AreaResults>(),
      MethodOf<publisher_v1::GetStationReportRequest, publisher_v1::GetStationReportResponse,
               publisher::GetStationReport>(),
      MethodOf<publisher_v1::ListStationReportsRequest, publisher_v1::ListStationReportsResponse,
               publisher::ListStationReports>(),
      MethodOf<publisher_v1::CompareSourcesRequest, publisher_v1::CompareSourcesResponse,
               publisher::CompareSources>(),
      MethodOf<publisher_v1::GetHistoryRequest, publisher_v1::GetHistoryResponse,
               publisher::GetHistory>(),
      MethodOf<publisher_v1::ListChangesRequest, publisher_v1::ListChangesResponse,
               publisher::ListChanges>(),
      MethodOf<publisher_v1::WatchResultRequest, publisher_v1::WatchResultResponse,
               WatchedResult>()};
  return *kMethods;
}

std::vector<const google::protobuf::Message*> PublisherRequests() {
  std::vector<const google::protobuf::Message*> requests;
  for (const Method& method : Methods()) requests.push_back(method.request);
  return requests;
}

void RunPublisher(std::string_view bytes) {
  for (const Step& step : SplitSession(bytes)) {
    Methods()[step.kind % Methods().size()].ask(step.bytes);
  }
}

// Each call with as many fields as it has, by name.
std::vector<std::string> PublisherSeeds() {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"election_id", kElectionId}, {"contest_id", "president"}, {"source_id", "cec"},
      {"area_id", "south"},         {"station_id", "s-3"},       {"tag", "abroad"}};
  std::vector<std::string> seeds;
  std::vector<Step> all;
  for (std::size_t i = 0; i < Methods().size(); ++i) {
    const std::unique_ptr<google::protobuf::Message> request(Methods()[i].request->New());
    const auto& reflection = *request->GetReflection();
    for (const auto& [name, value] : fields) {
      const auto* const field = request->GetDescriptor()->FindFieldByName(name);
      if (field == nullptr) continue;
      reflection.SetString(request.get(), field, value);
      seeds.push_back(JoinSession({StepOf(static_cast<std::uint8_t>(i), *request)}));
    }
    const auto* const size = request->GetDescriptor()->FindFieldByName("page_size");
    if (size != nullptr) reflection.SetInt32(request.get(), size, 2);
    all.push_back(StepOf(static_cast<std::uint8_t>(i), *request));
  }
  seeds.push_back(JoinSession(all));
  return seeds;
}

const Registration kPublisher({.name = "publisher",
                               .run = RunPublisher,
                               .seeds = PublisherSeeds,
                               .steps = PublisherRequests(),
                               .words = WordsOfCountedElection()});

}  // namespace
}  // namespace canvass::fuzz
