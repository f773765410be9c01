#include "services/canvass/clients/definition_messages.h"

#include <string>

#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

TEST(SplitDefinitionTest, PutsASmallDefinitionIntoOneMessage) {
  v1::DefinitionChange definition;
  definition.mutable_election()->set_election_id("e");
  definition.set_reason("why");
  definition.add_stations()->set_station_id("s");
  const auto messages = DefinitionMessages(definition, true);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].election_id(), "e");
  EXPECT_TRUE(messages[0].validate_only());
  EXPECT_EQ(messages[0].definition().SerializeAsString(), definition.SerializeAsString());
}

TEST(SplitDefinitionTest, KeepsEveryPartInItsOrder) {
  v1::DefinitionChange definition;
  definition.mutable_election()->set_election_id("e");
  for (int i = 0; i < 3; ++i) definition.add_areas()->set_area_id("a-" + std::to_string(i));
  for (int i = 0; i < 10000; ++i)
    definition.add_stations()->set_station_id("s-" + std::to_string(i));
  v1::DefinitionChange together;
  for (const auto& message : DefinitionMessages(definition, false)) {
    EXPECT_LE(message.definition().stations_size(), 4000);
    EXPECT_FALSE(message.validate_only());
    together.MergeFrom(message.definition());
  }
  EXPECT_EQ(together.SerializeAsString(), definition.SerializeAsString());
}

TEST(SplitDefinitionTest, KeepsMessagesFarBelowTheSizeLimit) {
  v1::DefinitionChange definition;
  definition.mutable_election()->set_election_id("e");
  for (int i = 0; i < 100; ++i)
    (*definition.add_stations()->mutable_names())["en"] = std::string(100'000, 'x');
  const auto messages = DefinitionMessages(definition, false);
  EXPECT_GE(messages.size(), 3U);
  for (const auto& message : messages) EXPECT_LT(message.ByteSizeLong(), 5U << 20U);
}

}  // namespace
}  // namespace canvass::cli
