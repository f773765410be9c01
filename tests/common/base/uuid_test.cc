#include "common/base/uuid.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

using ::testing::MatchesRegex;

TEST(RandomUuidTest, HasTheFormOfVersion4) {
  for (int i = 0; i < 1'000; ++i) {
    // RFC 9562, section 5.4: version 4 and the variant bits 10.
    EXPECT_THAT(
        RandomUuid(),
        MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

TEST(RandomUuidTest, IsNeverTheSame) {
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(RandomUuid()).second);
}

}  // namespace
}  // namespace canvass
