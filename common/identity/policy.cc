#include "common/identity/policy.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::identity {
namespace {

using election::Role;

constexpr Caller kStation = {.role = Role::kStation};
constexpr Caller kOffice = {.role = Role::kOffice};
constexpr Caller kOperator = {.role = Role::kOperator};
constexpr Caller kObserver = {.role = Role::kObserver};
constexpr Caller kPoll = {.role = Role::kPoll};
constexpr Caller kAnyService = {.role = Role::kService};
constexpr Caller kReporter = {.role = Role::kService, .name = "reporter"};
constexpr Caller kPublisher = {.role = Role::kService, .name = "publisher"};

constexpr std::string_view kOnlyOperators = "only operators";
constexpr std::string_view kSubmitters =
    "a station for itself, an office for the stations of its area, a poll or observer as itself";
constexpr std::string_view kAskers = "who may submit, and operators";
constexpr std::string_view kAuthenticated = "everybody with a certificate";
constexpr std::string_view kWatchers = "operators, observers, offices";

bool Includes(const Caller& caller, const election::Actor& actor) {
  return caller.role == actor.role && (caller.name.empty() || caller.name == actor.name);
}

std::vector<Grant> MakeGrants() {
  const std::vector<Caller> submitters = {kStation, kOffice, kObserver, kPoll};
  const std::vector<Caller> askers = {kStation, kOffice, kOperator, kObserver, kPoll};
  const std::vector<Caller> everybody = {kStation,  kOffice, kOperator,
                                         kObserver, kPoll,   kAnyService};
  const std::vector<Caller> watchers = {kOffice, kOperator, kObserver};
  const std::vector<Caller> operators = {kOperator};
  return {
      {Call::kSubmitReport, "canvass.reporter.v1.StationReporterService/SubmitReport", submitters,
       kSubmitters},
      {Call::kSubmitReports, "canvass.reporter.v1.StationReporterService/SubmitReports", submitters,
       kSubmitters},
      {Call::kReporterGetReceipt, "canvass.reporter.v1.StationReporterService/GetReceipt", askers,
       kAskers},
      {Call::kListOutbox, "canvass.reporter.v1.StationReporterService/ListOutbox", operators,
       kOnlyOperators},
      {Call::kRecordReports,
       "canvass.aggregator.v1.AggregatorService/RecordReports",
       {kReporter},
       "only a reporter, which names who submitted"},
      {Call::kWatchLedger,
       "canvass.aggregator.v1.AggregatorService/WatchLedger",
       {kOperator, kObserver, kPublisher},
       "a publisher, observers, operators"},
      {Call::kGetReceipt,
       "canvass.aggregator.v1.AggregatorService/GetReceipt",
       {kOperator, kReporter},
       "a reporter, operators"},
      {Call::kListLedgerEntries, "canvass.aggregator.v1.AggregatorService/ListLedgerEntries",
       everybody, kAuthenticated},
      {Call::kListRefusedReports, "canvass.aggregator.v1.AggregatorService/ListRefusedReports",
       watchers, kWatchers},
      {Call::kListHeldReports, "canvass.aggregator.v1.AggregatorService/ListHeldReports", watchers,
       kWatchers},
      {Call::kDefineElection, "canvass.aggregator.v1.ElectionService/DefineElection", operators,
       kOnlyOperators},
      {Call::kGetElection, "canvass.aggregator.v1.ElectionService/GetElection", everybody,
       kAuthenticated},
      {Call::kListElections, "canvass.aggregator.v1.ElectionService/ListElections", everybody,
       kAuthenticated},
      {Call::kPublishPollFigures,
       "canvass.aggregator.v1.ElectionService/PublishPollFigures",
       {kOperator, kObserver, kPoll},
       "a poll or observer as itself, operators"},
      {Call::kReleaseReport, "canvass.aggregator.v1.ElectionService/ReleaseReport", operators,
       kOnlyOperators},
      {Call::kAnnulReport, "canvass.aggregator.v1.ElectionService/AnnulReport", operators,
       kOnlyOperators},
      {Call::kReinstateReport, "canvass.aggregator.v1.ElectionService/ReinstateReport", operators,
       kOnlyOperators},
      {Call::kCertifyResult, "canvass.aggregator.v1.ElectionService/CertifyResult", operators,
       kOnlyOperators},
      {Call::kReopenContest, "canvass.aggregator.v1.ElectionService/ReopenContest", operators,
       kOnlyOperators},
      {Call::kWithdrawSeal, "canvass.aggregator.v1.ElectionService/WithdrawSeal", operators,
       kOnlyOperators},
  };
}

}  // namespace

const std::vector<Grant>& Grants() {
  static const auto& grants = *new std::vector<Grant>(MakeGrants());
  return grants;
}

absl::Status CheckCall(Call call, const Peer& peer) {
  if (!peer.is_checked) return absl::OkStatus();
  const Grant& grant = Grants()[static_cast<std::size_t>(call)];
  assert(grant.call == call);
  const bool may = peer.actor && std::any_of(grant.callers.begin(), grant.callers.end(),
                                             [&peer](const Caller& caller) {
                                               return Includes(caller, *peer.actor);
                                             });
  if (may) return absl::OkStatus();
  const std::string caller = peer.actor ? ToText(*peer.actor) : "a caller without a certificate";
  return MakeError(reason::kCallNotPermitted,
                   StrCat(caller, " may not call ", grant.method, "; it is for: ", grant.rule),
                   {.metadata = {{"identity", peer.actor ? caller : ""},
                                 {"method", std::string(grant.method)},
                                 {"rule", std::string(grant.rule)}}});
}

std::string ActorOf(const Peer& peer) {
  assert(peer.actor || !peer.is_checked);
  return peer.actor ? ToText(*peer.actor) : election::kLocalActor;
}

}  // namespace canvass::identity
