#include "common/identity/spiffe_id.h"

#include <string>

#include "common/election/actor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::identity {
namespace {

using ::testing::HasSubstr;

TEST(SpiffeIdTest, NamesATrustDomainAndAnActor) {
  const SpiffeId id{.trust_domain = "az-2024.example",
                    .actor = {.role = election::Role::kStation, .name = "125-7"}};
  const auto parsed = ParseSpiffeId("spiffe://az-2024.example/station/125-7");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, id);
  EXPECT_EQ(ToUri(id), "spiffe://az-2024.example/station/125-7");
}

struct Faulty {
  std::string uri;
  std::string why;
};

class FaultySpiffeIdTest : public ::testing::TestWithParam<Faulty> {};

TEST_P(FaultySpiffeIdTest, SaysWhatIsWrong) {
  const auto parsed = ParseSpiffeId(GetParam().uri);
  ASSERT_FALSE(parsed.ok()) << GetParam().uri;
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultySpiffeIdTest,
    ::testing::Values(Faulty{"", "does not begin with spiffe://"},
                      Faulty{"https://az.example/station/1", "does not begin with spiffe://"},
                      Faulty{"SPIFFE://az.example/station/1", "does not begin with spiffe://"},
                      Faulty{"spiffe:///station/1", "no valid trust domain"},
                      Faulty{"spiffe://Az.example/station/1", "no valid trust domain"},
                      Faulty{"spiffe://az.example:443/station/1", "no valid trust domain"},
                      Faulty{"spiffe://user@az.example/station/1", "no valid trust domain"},
                      Faulty{"spiffe://" + std::string(256, 'a') + "/station/1",
                             "no valid trust domain"},
                      Faulty{"spiffe://az.example", "role/name"},
                      Faulty{"spiffe://az.example/", "role/name"},
                      Faulty{"spiffe://az.example/station", "role/name"},
                      Faulty{"spiffe://az.example/station/1/2", "role/name"},
                      Faulty{"spiffe://az.example/station/1?x", "role/name"},
                      Faulty{"spiffe://az.example/king/1", "role/name"},
                      Faulty{"spiffe://az.example//station/1", "role/name"},
                      Faulty{std::string("spiffe://az.example/station/1\0", 30), R"(1\x00")"},
                      Faulty{"spiffe://az.example/station/\x1b[31m", R"(\x1b[31m)"}));

}  // namespace
}  // namespace canvass::identity
