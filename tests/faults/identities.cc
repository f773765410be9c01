#include "tests/faults/identities.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/identity/issuer.h"
#include "tests/faults/trial_election.h"

namespace canvass::faults {
namespace {

constexpr char kTrustDomain[] = "faults.test";
// Clocks leap by less (see fault.cc).
constexpr absl::Duration kValidFor = absl::Hours(24 * 7);

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  return file ? absl::OkStatus() : absl::UnavailableError(StrCat(path, " cannot be written"));
}

}  // namespace

std::string Identities::SubmitterOf(int source_no) {
  if (source_no == 0) return StrCat("office/", TrialElection::AreaId(0));
  return StrCat("observer/", TrialElection::SourceId(source_no));
}

absl::StatusOr<std::unique_ptr<Identities>> Identities::Issue(const std::string& folder) {
  const absl::Time now = absl::Now();
  const auto issuer = identity::Issuer::Create(kTrustDomain, now - kValidFor, now + kValidFor);
  if (!issuer.ok()) return issuer.status();
  const std::string authorities = StrCat(folder, "/authority.pem");
  absl::Status status = WriteFile(authorities, issuer->authority().certificate);
  std::vector<std::string> identities{kAggregator, kReporter, kPublisher, kOperator};
  for (int source = 0; source < kSources; ++source) identities.push_back(SubmitterOf(source));
  std::map<std::string, Issued> issued;
  for (const std::string& identity : identities) {
    if (!status.ok()) return status;
    const auto certificate = issuer->Issue(StrCat("spiffe://", kTrustDomain, "/", identity),
                                           {.hosts = {"127.0.0.1"},
                                            .not_before = now - kValidFor,
                                            .not_after = now + kValidFor,
                                            .is_service = identity.rfind("service/", 0) == 0});
    if (!certificate.ok()) return certificate.status();
    const std::string file = StrCat(folder, "/", issued.size(), ".pem");
    status = WriteFile(file, certificate->certificate + certificate->key);
    if (!status.ok()) return status;
    Issued& one = issued[identity];
    one.files = {.certificate = file, .key = file, .authorities = authorities};
    auto channels = rpc::ChannelTls::Open(one.files);
    if (!channels.ok()) return channels.status();
    one.channels = *std::move(channels);
  }
  return std::unique_ptr<Identities>(new Identities(std::move(issued)));
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
