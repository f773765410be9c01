#include "services/canvass/backup/missing_entries.h"

#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"
#include "tests/support/temporary_folder.h"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The definition (entries 1, 2) and a report (3).
class MissingEntriesTest : public ::testing::Test {
 protected:
  MissingEntriesTest() {
    testing::CheckedLedger recorded(
        testing::DefinitionBuilder().WithElectionId("e-1").WithArea("north").WithStation(
            testing::MakeStation("s-1", "north")));
    recorded.Submit(testing::ReportBuilder().WithStation("s-1").Build());
    auto ledger = std::make_unique<ledger::ElectionLedger>("e-1");
    for (const election::Entry& entry : recorded.entries()) {
      EXPECT_EQ(ledger->Append(ledger::Encode(entry)), absl::OkStatus());
    }
    EXPECT_EQ(ledger->sequence(), 3);
    ledgers_.emplace("e-1", std::move(ledger));
  }

  absl::StatusOr<std::vector<MissingEntries>> Compare(const std::string& election_id,
                                                      process::KnownLedger seen) const {
    auto known = process::KnownLedgers::Open(file_);
    EXPECT_TRUE(known.ok()) << known.status();
    known->Set(election_id, std::move(seen));
    return CompareWith(*known, ledgers_, "ledger-1");
  }

  std::string RootAt(std::int64_t sequence) const {
    return ledger::ToHex(ledgers_.at("e-1")->log().RootAt(sequence));
  }
  std::string LeafHashOf(std::int64_t sequence) const {
    return ledger::ToHex(ledgers_.at("e-1")->log().LeafHashOf(sequence));
  }

  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.File("known");
  aggregator::DatabaseRestore::Ledgers ledgers_;
};

TEST_F(MissingEntriesTest, NothingIsMissingOfWhatTheLedgerContinues) {
  const auto of_publisher = Compare("e-1", {"ledger-1", 2, RootAt(2)});
  ASSERT_TRUE(of_publisher.ok()) << of_publisher.status();
  EXPECT_THAT(*of_publisher, IsEmpty());
  const auto of_reporter = Compare("e-1", {"", 3, LeafHashOf(3)});
  ASSERT_TRUE(of_reporter.ok()) << of_reporter.status();
  EXPECT_THAT(*of_reporter, IsEmpty());
}

TEST_F(MissingEntriesTest, NamesWhatIsMissing) {
  const auto missing = Compare("e-1", {"ledger-1", 7, std::string(64, 'a')});
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_THAT(*missing, ElementsAre(MissingEntries{"e-1", 4, 7, file_}));
  EXPECT_EQ(Describe(missing->front()), StrCat("e-1: entries 4 to 7 are missing, says ", file_));
  const auto election = Compare("e-2", {"", 5, std::string(64, 'a')});
  ASSERT_TRUE(election.ok()) << election.status();
  EXPECT_THAT(*election, ElementsAre(MissingEntries{"e-2", 1, 5, file_}));
}

TEST_F(MissingEntriesTest, AnotherHistoryIsAnError) {
  for (const process::KnownLedger& seen :
       {process::KnownLedger{"ledger-1", 2, std::string(64, 'a')},
        process::KnownLedger{"", 3, RootAt(3)}, process::KnownLedger{"ledger-2", 2, RootAt(2)}}) {
    const auto compared = Compare("e-1", seen);
    EXPECT_EQ(DetailOf(compared.status()).reason, "LEDGER_DIVERGED");
    EXPECT_THAT(std::string(compared.status().message()), HasSubstr(file_));
  }
}

}  // namespace
}  // namespace canvass::cli
