#ifndef CANVASS_TESTS_SUPPORT_FORGED_PAGE_TOKEN_H_
#define CANVASS_TESTS_SUPPORT_FORGED_PAGE_TOKEN_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace canvass::testing {

// Returns a page token of the same list as `token`, with another position and a check that fits.
// The grammar is in common/rpc/page.cc.
std::string ForgedPageToken(std::string_view token, std::int64_t position);

// Positions at the ends of the integers that code may use, and just beyond them.
inline std::vector<std::int64_t> ForgedPositions() {
  using Int64 = std::numeric_limits<std::int64_t>;
  const std::int64_t word = std::int64_t{1} << 32U;
  return {
      Int64::min(), -word - 1,       -word,        -word / 2 - 1, -word / 2, -1,       0,
      word / 2 - 1, word / 2,        word / 2 + 1, word - 1,      word,      word + 1, 1'000'000,
      Int64::max(), Int64::max() - 1};
}

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_FORGED_PAGE_TOKEN_H_
