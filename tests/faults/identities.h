#ifndef CANVASS_TESTS_FAULTS_IDENTITIES_H_
#define CANVASS_TESTS_FAULTS_IDENTITIES_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/identity/credentials.h"
#include "common/rpc/channel_tls.h"
#include "tests/support/test_pki.h"

namespace canvass::faults {

// The certificates of a stage: of its services and of everybody who calls them. They are valid for
// longer than any clock of the stage leaps. Thread-safe once it is made.
class Identities {
 public:
  static constexpr char kAggregator[] = "service/aggregator";
  static constexpr char kReporter[] = "service/reporter";
  static constexpr char kPublisher[] = "service/publisher";
  static constexpr char kOperator[] = "operator/registrar";

  // Issues them, as files of a folder that goes with this.
  Identities();

  // The identity that reports for this source of a TrialElection: the office of the country, or the
  // observers.
  static std::string SubmitterOf(int source_no);

  // REQUIRES: one of those above.
  const identity::TlsFiles& FilesOf(const std::string& identity) const;
  const std::shared_ptr<rpc::ChannelTls>& ChannelsOf(const std::string& identity) const;
  // The flags of a service with this identity.
  std::vector<std::string> FlagsOf(const std::string& identity) const;

 private:
  struct Issued {
    identity::TlsFiles files{};
    std::shared_ptr<rpc::ChannelTls> channels{};
  };

  testing::TestPki pki_;
  std::map<std::string, Issued> issued_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_IDENTITIES_H_
