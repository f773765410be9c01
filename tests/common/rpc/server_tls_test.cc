// TLS between real servers and channels.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/caller.h"
#include "common/rpc/channel.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/deadline.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_pki.h"

namespace canvass::rpc {
namespace {

using canvass::testing::ReplaceFile;
using canvass::testing::TestPki;
using identity::TlsFiles;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);
// What no answer comes for.
constexpr absl::Duration kRefusedWithin = absl::Seconds(5);

// Says who called, and returns the request's station id, doubled.
class EchoService final : public reporter::v1::StationReporterService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context,
                                       const reporter::v1::GetReceiptRequest* request,
                                       reporter::v1::GetReceiptResponse* response) override {
    const identity::Peer peer = PeerOf(*context);
    v1::ReportKey& key = *response->mutable_receipt()->mutable_key();
    key.set_source_id(CallerOf(*context));
    key.set_contest_id(!peer.is_checked ? "not checked" : peer.actor ? "named" : "anonymous");
    key.set_station_id(request->key().station_id() + request->key().station_id());
    return Finish(context, absl::OkStatus());
  }
};

std::string TextOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ServerTlsTest : public ::testing::Test {
 protected:
  ServerTlsTest() { Start(edge::Callers::kNamed); }

  void Start(edge::Callers callers) {
    auto server = Server::Start({.tls = files_, .callers = callers}, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::shared_ptr<grpc::Channel> ChannelOf(const TlsFiles& files,
                                           const std::string& service = "reporter") {
    auto tls = ChannelTls::Open(files);
    EXPECT_TRUE(tls.ok()) << tls.status();
    return NewChannel(server_->address(), {.service = service, .tls = *std::move(tls)});
  }

  static absl::StatusOr<v1::ReportKey> Call(const std::shared_ptr<grpc::Channel>& channel,
                                            absl::Duration timeout = kPatience,
                                            const std::string& station_id = "") {
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    reporter::v1::GetReceiptRequest request;
    request.mutable_key()->set_station_id(station_id);
    reporter::v1::GetReceiptResponse response;
    const auto stub = reporter::v1::StationReporterService::NewStub(channel);
    const absl::Status status = FromGrpcStatus(stub->GetReceipt(&context, request, &response));
    if (!status.ok()) return status;
    return response.receipt().key();
  }

  // Returns who the server says that called; "refused" if there was no connection.
  std::string CallerWith(const TlsFiles& files, const std::string& service = "reporter") {
    const auto key = Call(ChannelOf(files, service), kRefusedWithin);
    if (key.ok()) return key->source_id();
    EXPECT_TRUE(absl::IsUnavailable(key.status()) || absl::IsDeadlineExceeded(key.status()))
        << key.status();
    return "refused";
  }

  TestPki pki_;
  TlsFiles files_ = pki_.Files("service/reporter");
  EchoService service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTlsTest, TheCallerIsWhomTheCertificateNames) {
  EXPECT_EQ(CallerWith(pki_.Files("station/125-7")), "station/125-7");
  EXPECT_EQ(CallerWith(pki_.Files("operator/anna")), "operator/anna");
  EXPECT_EQ(CallerWith(pki_.Files("service/publisher")), "service/publisher@127.0.0.1");
}

TEST_F(ServerTlsTest, LargeMessagesPassInBothDirections) {
  const auto channel = ChannelOf(pki_.Files("station/1"));
  for (const std::size_t size : {std::size_t{1}, std::size_t{16'384}, std::size_t{3} << 20U}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    const auto key = Call(channel, kPatience, text);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->station_id(), text + text) << size;
  }
}

TEST_F(ServerTlsTest, CertificatesThatDoNotCount) {
  const TestPki same_name;  // another authority of the same trust domain
  TlsFiles stranger = same_name.Files("station/1");
  stranger.authorities = pki_.Anonymous().authorities;
  stranger.revocations = "";
  EXPECT_EQ(CallerWith(stranger), "refused");
  EXPECT_EQ(CallerWith(pki_.FilesOfUri("spiffe://canvass.test/station/1", -absl::Hours(2),
                                       -absl::Hours(1))),
            "refused");
  EXPECT_EQ(CallerWith(
                pki_.FilesOfUri("spiffe://canvass.test/station/1", absl::Hours(1), absl::Hours(2))),
            "refused");
}

// Called by gRPC's own credentials: ours would not even open such a certificate.
TEST_F(ServerTlsTest, NamesThatDoNotCount) {
  const auto call_with = [this](const TlsFiles& files) {
    grpc::SslCredentialsOptions options{.pem_root_certs = TextOf(files.authorities),
                                        .pem_private_key = TextOf(files.key),
                                        .pem_cert_chain = TextOf(files.certificate)};
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    return Call(
        grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(options), arguments),
        kRefusedWithin);
  };
  EXPECT_TRUE(call_with(pki_.Files("station/1")).ok());
  for (const std::string uri : {"spiffe://other.test/station/1", "spiffe://canvass.test/king/1",
                                "https://canvass.test/station/1", "spiffe://canvass.test"}) {
    EXPECT_FALSE(call_with(pki_.FilesOfUri(uri)).ok()) << uri;
  }
}

TEST_F(ServerTlsTest, WithoutACertificateOnlyWhereEverybodyMay) {
  EXPECT_EQ(CallerWith(pki_.Anonymous()), "refused");
  Start(edge::Callers::kAnybody);
  EXPECT_EQ(CallerWith(pki_.Anonymous()), "127.0.0.1");
  const auto key = Call(ChannelOf(pki_.Anonymous()));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->contest_id(), "anonymous");
  EXPECT_EQ(CallerWith(pki_.Files("operator/anna")), "operator/anna");
}

TEST_F(ServerTlsTest, ACertificateThatDoesNotCountIsWorseThanNone) {
  Start(edge::Callers::kAnybody);
  const TlsFiles revoked = pki_.Files("station/1");
  pki_.Revoke({revoked});
  const absl::Time deadline = absl::Now() + kPatience;
  while (CallerWith(revoked) != "refused" && absl::Now() < deadline) {
  }
  EXPECT_EQ(CallerWith(revoked), "refused");
}

TEST_F(ServerTlsTest, PlainCallersAreNotUnderstood) {
  const auto key = Call(NewChannel(server_->address(), {.tls = nullptr}), kRefusedWithin);
  EXPECT_FALSE(key.ok());
}

TEST_F(ServerTlsTest, AClientBelievesOnlyTheServiceThatItCalls) {
  EXPECT_EQ(CallerWith(pki_.Files("station/1"), "aggregator"), "refused");
  EXPECT_EQ(CallerWith(pki_.Files("station/1"), ""), "station/1");
  const TestPki other;
  TlsFiles deceived = pki_.Files("station/1");
  deceived.authorities = other.Anonymous().authorities;
  deceived.revocations = "";
  EXPECT_EQ(CallerWith(deceived), "refused");
  // Whoever has a certificate is no service yet.
  files_ = pki_.Files("station/2");
  Start(edge::Callers::kNamed);
  EXPECT_EQ(CallerWith(pki_.Files("station/1"), ""), "refused");
}

TEST_F(ServerTlsTest, AClientDoesNotBelieveARevokedServer) {
  const TlsFiles client = pki_.Files("station/1");
  const auto channel = ChannelOf(client);
  pki_.Revoke({files_});
  EXPECT_FALSE(Call(channel, kRefusedWithin).ok());
}

TEST_F(ServerTlsTest, RevocationClosesWhatIsOpenAndRefusesWhatComes) {
  const TlsFiles bad = pki_.Files("station/1");
  const TlsFiles good = pki_.Files("station/2");
  const auto bad_channel = ChannelOf(bad);
  const auto good_channel = ChannelOf(good);
  ASSERT_TRUE(Call(bad_channel).ok());
  ASSERT_TRUE(Call(good_channel).ok());
  pki_.Revoke({bad});
  const absl::Time deadline = absl::Now() + kPatience;
  while (Call(bad_channel, kRefusedWithin).ok() && absl::Now() < deadline) {
  }
  EXPECT_FALSE(Call(bad_channel, kRefusedWithin).ok());
  EXPECT_TRUE(Call(good_channel).ok());
}

TEST_F(ServerTlsTest, AConnectionEndsWithItsCertificate) {
  const auto channel = ChannelOf(
      pki_.FilesOfUri("spiffe://canvass.test/station/1", -absl::Minutes(1), absl::Seconds(4)));
  ASSERT_TRUE(Call(channel).ok());
  const absl::Time deadline = absl::Now() + kPatience;
  while (Call(channel, kRefusedWithin).ok() && absl::Now() < deadline) {
  }
  EXPECT_FALSE(Call(channel, kRefusedWithin).ok());
}

TEST_F(ServerTlsTest, ANewCertificateIsUsedWithoutARestart) {
  const TlsFiles client = pki_.Files("station/1");
  ASSERT_EQ(CallerWith(client, "reporter"), "station/1");
  ReplaceFile(files_.certificate, TextOf(pki_.Files("service/publisher").certificate));
  const absl::Time deadline = absl::Now() + kPatience;
  while (CallerWith(client, "publisher") == "refused" && absl::Now() < deadline) {
  }
  EXPECT_EQ(CallerWith(client, "publisher"), "station/1");
}

TEST(ServerReachTest, ListensBeyondLoopbackOnlyWithTlsOrIfToldSo) {
  const auto refused = Server::Start({.listen_address = "0.0.0.0:0"}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(HasReason(refused.status(), reason::kTlsRequired));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("0.0.0.0:0"));
  EXPECT_TRUE(Server::Start({.listen_address = "0.0.0.0:0", .insecure = true}, {}).ok());
  const TestPki pki;
  EXPECT_TRUE(
      Server::Start({.listen_address = "0.0.0.0:0", .tls = pki.Files("service/reporter")}, {})
          .ok());
}

TEST(ServerReachTest, DoesNotStartWithFilesThatCannotBeUsed) {
  const TestPki pki;
  TlsFiles files = pki.Files("service/reporter");
  files.authorities = pki.PathOf("missing.pem");
  const auto server = Server::Start({.tls = files}, {});
  ASSERT_FALSE(server.ok());
  EXPECT_TRUE(HasReason(server.status(), reason::kTlsFileUnusable));
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("missing.pem"));
}

}  // namespace
}  // namespace canvass::rpc
