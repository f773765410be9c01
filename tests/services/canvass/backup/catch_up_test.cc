#include "services/canvass/backup/catch_up.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// The definition (entries 1, 2), and reports of two stations (3, 4).
std::unique_ptr<ledger::ElectionLedger> LedgerUpTo(std::int64_t sequence, int registered = 900) {
  testing::CheckedLedger recorded(testing::DefinitionBuilder()
                                      .WithElectionId("e-1")
                                      .WithArea("north")
                                      .WithStation(testing::MakeStation("s-1", "north"))
                                      .WithStation(testing::MakeStation("s-2", "north")));
  for (const char* station : {"s-1", "s-2"}) {
    recorded.Submit(
        testing::ReportBuilder().WithStation(station).WithRegistered(registered).Build());
  }
  EXPECT_EQ(recorded.sequence(), 4);
  auto ledger = std::make_unique<ledger::ElectionLedger>("e-1");
  for (const election::Entry& entry : recorded.entries()) {
    if (entry.sequence > sequence) break;
    EXPECT_EQ(ledger->Append(ledger::Encode(entry)), absl::OkStatus());
  }
  return ledger;
}

// A publisher that shows a ledger, one entry a page, and may lie about it.
class LyingPublisher final : public publisher::v1::PublisherService::Service {
 public:
  using Lie = std::function<void(publisher::v1::ListChangesResponse& page)>;

  explicit LyingPublisher(
      std::unique_ptr<ledger::ElectionLedger> ledger, Lie lie = [](auto& /*page*/) {})
      : ledger_(std::move(ledger)), lie_(std::move(lie)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~LyingPublisher() override { server_->Shutdown(std::chrono::system_clock::now()); }
  LyingPublisher(const LyingPublisher&) = delete;
  LyingPublisher& operator=(const LyingPublisher&) = delete;

  grpc::Status ListElections(grpc::ServerContext* /*context*/,
                             const publisher::v1::ListElectionsRequest* /*request*/,
                             publisher::v1::ListElectionsResponse* response) override {
    response->add_elections()->set_election_id("e-1");
    return grpc::Status::OK;
  }

  grpc::Status ListChanges(grpc::ServerContext* /*context*/,
                           const publisher::v1::ListChangesRequest* request,
                           publisher::v1::ListChangesResponse* response) override {
    const std::int64_t sequence = request->page_token().empty() ? request->from_sequence()
                                                                : std::stoll(request->page_token());
    if (sequence <= ledger_->sequence()) {
      const std::string_view bytes = ledger_->log().Get(sequence);
      v1::LedgerEntry& entry = *response->add_entries();
      entry.set_sequence(sequence);
      entry.set_entry(std::string(bytes));
      entry.set_entry_hash(ledger::ToHex(ledger::LeafHash(bytes)));
    }
    if (sequence < ledger_->sequence()) response->set_next_page_token(StrCat(sequence + 1));
    response->mutable_as_of()->set_ledger_id("ledger-1");
    response->mutable_as_of()->set_sequence(ledger_->sequence());
    response->mutable_as_of()->set_root_hash(ledger::ToHex(ledger_->log().Root()));
    lie_(*response);
    return grpc::Status::OK;
  }

  PublisherClient Client() const {
    return PublisherClient({.publisher = StrCat("127.0.0.1:", port_)});
  }

 private:
  const std::unique_ptr<ledger::ElectionLedger> ledger_;
  const Lie lie_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class CatchUpTest : public ::testing::Test {
 protected:
  CatchUpTest() { Restore(2); }

  void Restore(std::int64_t sequence) { ledgers_["e-1"] = LedgerUpTo(sequence); }

  // The error's reason and message.
  std::pair<std::string, std::string> ErrorOf(const LyingPublisher& publisher) {
    const absl::Status taken = catch_up_.TakeFrom(publisher.Client(), "p:1");
    EXPECT_THAT(std::string(taken.message()), HasSubstr("Publisher p:1: "));
    return {DetailOf(taken).reason, std::string(taken.message())};
  }

  CatchUp::Ledgers ledgers_;
  CatchUp catch_up_{ledgers_, "ledger-1"};
};

TEST_F(CatchUpTest, TakesTheMissingEntriesByteForByte) {
  const LyingPublisher publisher(LedgerUpTo(4));
  const absl::Status taken = catch_up_.TakeFrom(publisher.Client(), "p:1");
  ASSERT_TRUE(taken.ok()) << taken;
  EXPECT_EQ(ledgers_["e-1"]->log().Root(), LedgerUpTo(4)->log().Root());
  EXPECT_THAT(catch_up_.added(), ElementsAre(Pair("e-1", 2)));
}

TEST_F(CatchUpTest, TakesAnElectionThatWasDefinedAfterTheBackup) {
  ledgers_.clear();
  const LyingPublisher publisher(LedgerUpTo(4));
  ASSERT_TRUE(catch_up_.TakeFrom(publisher.Client(), "p:1").ok());
  EXPECT_EQ(ledgers_["e-1"]->log().Root(), LedgerUpTo(4)->log().Root());
}

TEST_F(CatchUpTest, TakesFromEachPublisherWhatItHas) {
  const LyingPublisher behind(LedgerUpTo(3));
  const LyingPublisher ahead(LedgerUpTo(4));
  for (const LyingPublisher* publisher : {&behind, &ahead, &behind}) {
    ASSERT_TRUE(catch_up_.TakeFrom(publisher->Client(), "p:1").ok());
  }
  EXPECT_EQ(ledgers_["e-1"]->sequence(), 4);
}

TEST_F(CatchUpTest, APublisherThatIsBehindTheBackupMustStillHaveItsBeginning) {
  Restore(4);
  ASSERT_TRUE(catch_up_.TakeFrom(LyingPublisher(LedgerUpTo(3)).Client(), "p:1").ok());
  EXPECT_THAT(catch_up_.added(), IsEmpty());
  const auto [reason, message] = ErrorOf(LyingPublisher(LedgerUpTo(3, 800)));
  EXPECT_EQ(reason, "LEDGER_DIVERGED");
  EXPECT_THAT(message, HasSubstr("at sequence 3 of e-1 its root is "));
}

TEST_F(CatchUpTest, APublisherOfAnotherLedgerIsRefused) {
  const auto [reason, message] = ErrorOf(LyingPublisher(
      LedgerUpTo(4), [](auto& page) { page.mutable_as_of()->set_ledger_id("ledger-2"); }));
  EXPECT_EQ(reason, "LEDGER_DIVERGED");
  EXPECT_THAT(message, HasSubstr("it shows ledger ledger-2, but the backup is of ledger-1"));
}

// It continues the definition, but not the report that was restored.
TEST_F(CatchUpTest, APublisherWithAnotherHistoryIsRefused) {
  Restore(3);
  const auto [reason, message] = ErrorOf(LyingPublisher(LedgerUpTo(4, 800)));
  EXPECT_EQ(reason, "LEDGER_DIVERGED");
  EXPECT_THAT(message, HasSubstr("at sequence 4 of e-1 its root is "));
}

TEST_F(CatchUpTest, BytesThatAreNotThoseOfTheHashAreRefused) {
  const auto [reason, message] = ErrorOf(LyingPublisher(LedgerUpTo(4), [](auto& page) {
    if (page.entries_size() > 0) page.mutable_entries(0)->mutable_entry()->append("x");
  }));
  EXPECT_EQ(reason, "ENTRY_HASH_DIFFERS");
  EXPECT_THAT(message, HasSubstr("it sent entry 3 of e-1 with the hash "));
}

TEST_F(CatchUpTest, AnEntryOfAnotherElectionsKindIsRefused) {
  const auto [reason, message] = ErrorOf(LyingPublisher(LedgerUpTo(4), [](auto& page) {
    page.mutable_entries(0)->set_entry("no entry");
    page.mutable_entries(0)->set_entry_hash(ledger::ToHex(ledger::LeafHash("no entry")));
  }));
  EXPECT_EQ(reason, "LEDGER_DIVERGED");
  EXPECT_THAT(message, HasSubstr("its entry 3 of e-1 does not follow from those before"));
}

TEST_F(CatchUpTest, GapsAndAnEarlyEndAreRefused) {
  const auto [gap, gap_message] = ErrorOf(LyingPublisher(LedgerUpTo(4), [](auto& page) {
    page.mutable_entries(0)->set_sequence(page.entries(0).sequence() + 1);
  }));
  EXPECT_EQ(gap, "SEQUENCE_MISSING");
  EXPECT_THAT(gap_message, HasSubstr("it sent entry 4 of e-1 where entry 3 was asked for"));
  const auto [end, end_message] =
      ErrorOf(LyingPublisher(LedgerUpTo(4), [](auto& page) { page.clear_next_page_token(); }));
  EXPECT_EQ(end, "SEQUENCE_MISSING");
  EXPECT_THAT(end_message, HasSubstr("it shows sequence 4 of e-1, but sent entries up to 3"));
}

TEST_F(CatchUpTest, APublisherThatDoesNotAnswerIsNamed) {
  const absl::Status taken =
      catch_up_.TakeFrom(PublisherClient({.publisher = "127.0.0.1:1"}), "127.0.0.1:1");
  EXPECT_FALSE(taken.ok());
  EXPECT_THAT(std::string(taken.message()), HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace canvass::cli
