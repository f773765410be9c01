#ifndef CANVASS_COMMON_IDENTITY_POLICY_H_
#define CANVASS_COMMON_IDENTITY_POLICY_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/election/actor.h"

// Who may call what. The table is in policy.cc, and for people in services/README.md; a test
// compares the two.
namespace canvass::identity {

// Every call of Canvass's services, in the order of the table.
enum class Call : std::uint8_t {
  kSubmitReport,
  kSubmitReports,
  kReporterGetReceipt,
  kListOutbox,
  kRecordReports,
  kWatchLedger,
  kGetReceipt,
  kListLedgerEntries,
  kListRefusedReports,
  kListHeldReports,
  kDefineElection,
  kGetElection,
  kListElections,
  kPublishPollFigures,
  kReleaseReport,
  kAnnulReport,
  kReinstateReport,
  kCertifyResult,
  kReopenContest,
  kWithdrawSeal,
};

// One kind of callers that may make a call.
struct Caller {
  election::Role role = election::Role::kStation;
  std::string_view name{};  // of a service; empty for every name
};

// One row of the table.
struct Grant {
  Call call;
  std::string_view method;  // "package.Service/Method"
  std::vector<Caller> callers;
  std::string_view rule;  // who may, for people
};

// The whole table. Calls of the publisher are not in it, because its reads are open to everybody,
// with a certificate or without; nor are health and reflection, which everybody may call who may
// connect.
const std::vector<Grant>& Grants();

// Who made a call, as far as the connection tells.
struct Peer {
  // False if the port that the call came through has no TLS. Such a caller may do everything: the
  // port is on loopback, or was opened with --insecure.
  bool is_checked = false;
  std::optional<election::Actor> actor{};  // absent without a certificate
};

// Returns PERMISSION_DENIED CALL_NOT_PERMITTED if the peer may not make the call; the message names
// the caller, the method and who may. What it may say in the call (for which station, say) is
// checked elsewhere: see election/entitlement_check.h.
absl::Status CheckCall(Call call, const Peer& peer);

// What entries call the peer: kLocalActor if it was not checked. REQUIRES: CheckCall returned OK.
std::string ActorOf(const Peer& peer);

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_POLICY_H_
