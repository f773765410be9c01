#include "tests/faults/identities.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "tests/faults/trial_election.h"

namespace canvass::faults {
namespace {

constexpr char kTrustDomain[] = "faults.test";
// Clocks leap by less (see fault.cc).
constexpr absl::Duration kValidFor = absl::Hours(24 * 7);

}  // namespace

std::string Identities::SubmitterOf(int source_no) {
  if (source_no == 0) return StrCat("office/", TrialElection::AreaId(0));
  return StrCat("observer/", TrialElection::SourceId(source_no));
}

Identities::Identities() : pki_(kTrustDomain, kValidFor) {
  std::vector<std::string> identities{kAggregator, kReporter, kPublisher, kOperator};
  for (int source = 0; source < kSources; ++source) identities.push_back(SubmitterOf(source));
  for (const std::string& identity : identities) {
    Issued& one = issued_[identity];
    one.files =
        pki_.FilesOfUri(StrCat("spiffe://", kTrustDomain, "/", identity), -kValidFor, kValidFor);
    one.channels = rpc::ChannelTls::Open(one.files).value();
  }
}

const identity::TlsFiles& Identities::FilesOf(const std::string& identity) const {
  return issued_.at(identity).files;
}

const std::shared_ptr<rpc::ChannelTls>& Identities::ChannelsOf(const std::string& identity) const {
  return issued_.at(identity).channels;
}

std::vector<std::string> Identities::FlagsOf(const std::string& identity) const {
  const identity::TlsFiles& files = FilesOf(identity);
  return {StrCat("--tls_certificate=", files.certificate), StrCat("--tls_key=", files.key),
          StrCat("--tls_authorities=", files.authorities)};
}

}  // namespace canvass::faults
