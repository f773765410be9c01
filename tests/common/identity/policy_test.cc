#include "common/identity/policy.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/actor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/source_tree.h"

namespace canvass::identity {
namespace {

using canvass::testing::ReadSourceFile;
using election::Actor;
using election::Role;
using ::testing::HasSubstr;

// One caller of each kind, in the order of the README's columns.
const std::vector<Actor>& Kinds() {
  static const auto& kinds =
      *new std::vector<Actor>{{.role = Role::kStation, .name = "s-1"},
                              {.role = Role::kOffice, .name = "az"},
                              {.role = Role::kOperator, .name = "anna"},
                              {.role = Role::kObserver, .name = "golos"},
                              {.role = Role::kPoll, .name = "oracle"},
                              {.role = Role::kService, .name = "reporter"},
                              {.role = Role::kService, .name = "publisher"},
                              {.role = Role::kService, .name = "aggregator"}};
  return kinds;
}

bool May(Call call, const std::optional<Actor>& actor) {
  return CheckCall(call, {.is_checked = true, .actor = actor}).ok();
}

TEST(PolicyTest, HasEveryCallOnceInOrder) {
  const std::vector<Grant>& grants = Grants();
  for (std::size_t i = 0; i < grants.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(grants[i].call), i) << grants[i].method;
  }
  EXPECT_EQ(grants.back().call, Call::kWithdrawSeal);
}

TEST(PolicyTest, OnlyOperatorsDecide) {
  for (const Call call :
       {Call::kDefineElection, Call::kReleaseReport, Call::kAnnulReport, Call::kReinstateReport,
        Call::kCertifyResult, Call::kReopenContest, Call::kWithdrawSeal, Call::kListOutbox}) {
    for (const Actor& actor : Kinds()) {
      EXPECT_EQ(May(call, actor), actor.role == Role::kOperator) << ToText(actor);
    }
  }
}

TEST(PolicyTest, OnlyAReporterNamesWhoSubmitted) {
  for (const Actor& actor : Kinds()) {
    EXPECT_EQ(May(Call::kRecordReports, actor), ToText(actor) == "service/reporter")
        << ToText(actor);
  }
}

TEST(PolicyTest, WhoDecidesDoesNotSubmit) {
  for (const Call call : {Call::kSubmitReport, Call::kSubmitReports}) {
    EXPECT_FALSE(May(call, Actor{.role = Role::kOperator, .name = "anna"}));
    EXPECT_FALSE(May(call, Actor{.role = Role::kService, .name = "reporter"}));
    EXPECT_TRUE(May(call, Actor{.role = Role::kStation, .name = "s-1"}));
  }
}

TEST(PolicyTest, WithoutACertificateNothingInItMayBeCalled) {
  for (const Grant& grant : Grants()) EXPECT_FALSE(May(grant.call, std::nullopt)) << grant.method;
}

TEST(PolicyTest, WhereThereIsNoTlsEverythingMay) {
  for (const Grant& grant : Grants()) EXPECT_TRUE(CheckCall(grant.call, {}).ok()) << grant.method;
  EXPECT_EQ(ActorOf({}), "local");
}

TEST(PolicyTest, TheErrorNamesIdentityMethodAndRule) {
  const absl::Status status =
      CheckCall(Call::kAnnulReport,
                {.is_checked = true, .actor = Actor{.role = Role::kStation, .name = "125-7"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(HasReason(status, reason::kCallNotPermitted));
  EXPECT_EQ(status.message(),
            "station/125-7 may not call canvass.aggregator.v1.ElectionService/AnnulReport; it is "
            "for: only operators");
  const ErrorDetail detail = DetailOf(status);
  EXPECT_THAT(detail.metadata, ::testing::Contains(std::pair<std::string, std::string>(
                                   "identity", "station/125-7")));
  EXPECT_THAT(detail.metadata,
              ::testing::Contains(std::pair<std::string, std::string>("rule", "only operators")));
  EXPECT_THAT(std::string(CheckCall(Call::kAnnulReport, {.is_checked = true}).message()),
              HasSubstr("a caller without a certificate may not call"));
}

// What people read is what is enforced.
TEST(PolicyTest, TheTableOfTheReadmeIsThisOne) {
  const std::string readme = ReadSourceFile("services/README.md");
  std::vector<std::string> lines = {
      "| call | station | office | operator | observer | poll | reporter | publisher | aggregator "
      "|",
      "|---|---|---|---|---|---|---|---|---|"};
  for (const Grant& grant : Grants()) {
    std::string line =
        absl::StrCat("| `", std::string(grant.method.substr(grant.method.rfind('.') + 1)), "` |");
    for (const Actor& actor : Kinds()) {
      absl::StrAppend(&line, May(grant.call, actor) ? " yes |" : " |");
    }
    lines.push_back(line);
  }
  EXPECT_THAT(readme, HasSubstr(absl::StrJoin(lines, "\n") + "\n"));
}

}  // namespace
}  // namespace canvass::identity
