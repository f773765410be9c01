#include "common/election/actor.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace canvass::election {
namespace {

TEST(ActorTest, IsWrittenAsRoleAndName) {
  const Actor station{.role = Role::kStation, .name = "125-7"};
  EXPECT_EQ(ToText(station), "station/125-7");
  EXPECT_EQ(ParseActor("station/125-7"), station);
  for (const std::string text :
       {"office/az", "operator/anna", "observer/golos", "poll/oracle", "service/reporter"}) {
    const std::optional<Actor> actor = ParseActor(text);
    ASSERT_TRUE(actor.has_value()) << text;
    EXPECT_EQ(ToText(*actor), text);
  }
}

TEST(ActorTest, EveryOtherTextIsNoAuthenticatedCaller) {
  for (const std::string text : {"", "local", "canvass", "station", "station/", "/125-7", "king/a",
                                 "Station/125-7", "station/125/7", "station/A", "station/a b"}) {
    EXPECT_EQ(ParseActor(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseActor("station/" + std::string(64, 'a')), std::nullopt);
  EXPECT_LE(ToText({.role = Role::kOperator, .name = std::string(63, 'a')}).size(), kActorBytesMax);
}

}  // namespace
}  // namespace canvass::election
