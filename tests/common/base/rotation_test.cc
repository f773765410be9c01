#include "common/base/rotation.h"

#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> KeysAfter(int last) {
  const std::map<int, char> map = {{1, 'a'}, {3, 'b'}, {5, 'c'}};
  std::vector<int> keys;
  for (const auto* const element : RotationAfter(map, last)) keys.push_back(element->first);
  return keys;
}

TEST(RotationTest, BeginsAfterTheLastOneAndHasEachOnce) {
  EXPECT_THAT(KeysAfter(0), ElementsAre(1, 3, 5));
  EXPECT_THAT(KeysAfter(1), ElementsAre(3, 5, 1));
  EXPECT_THAT(KeysAfter(2), ElementsAre(3, 5, 1));
  EXPECT_THAT(KeysAfter(5), ElementsAre(1, 3, 5));
  const std::map<int, char> nothing;
  EXPECT_THAT(RotationAfter(nothing, 1), IsEmpty());
}

}  // namespace
}  // namespace canvass
