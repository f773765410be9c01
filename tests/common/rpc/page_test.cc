#include "common/rpc/page.h"

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

TEST(PageTest, ATokenComesBack) {
  const PageToken token = {
      .filter = 0xFEDCBA9876543210U, .position = 1'048'575, .sequence = std::int64_t{1} << 60};
  const auto back = DecodePageToken(EncodePageToken(token), token.filter);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, token);
}

TEST(PageTest, NoTokenIsTheFirstPage) {
  const auto token = DecodePageToken("", 7);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(*token, (PageToken{.filter = 7}));
}

TEST(PageTest, ATokenOfAnotherQuestionIsRefused) {
  const std::string token = EncodePageToken({.filter = 1, .position = 5});
  EXPECT_EQ(ReasonOf(DecodePageToken(token, 2).status()), "PAGE_TOKEN_INVALID");
}

TEST(PageTest, AnythingElseIsRefused) {
  const std::string token = EncodePageToken({.filter = 1, .position = 5});
  EXPECT_EQ(ReasonOf(DecodePageToken("next", 1).status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(DecodePageToken("%%%", 1).status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(DecodePageToken(token.substr(4), 1).status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(DecodePageToken(token + token, 1).status()), "PAGE_TOKEN_INVALID");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto decoded = DecodePageToken(changed, 1);
    // The last character has unused bits.
    EXPECT_TRUE(!decoded.ok() || i + 1 == token.size()) << i;
  }
}

TEST(PageTest, PageSizes) {
  EXPECT_EQ(*PageSizeOf(0), 100);
  EXPECT_EQ(*PageSizeOf(1), 1);
  EXPECT_EQ(*PageSizeOf(1000), 1000);
  EXPECT_EQ(*PageSizeOf(5000), 1000);
  EXPECT_EQ(ReasonOf(PageSizeOf(-1).status()), "PAGE_SIZE_OUT_OF_RANGE");
}

TEST(PageTest, FiltersThatDifferHashDifferently) {
  const std::set<std::uint64_t> hashes = {FilterHash({"ab", "c"}), FilterHash({"a", "bc"}),
                                          FilterHash({"abc"}),     FilterHash({"abc", ""}),
                                          FilterHash({"", "abc"}), FilterHash({})};
  EXPECT_EQ(hashes.size(), 6);
  EXPECT_EQ(FilterHash({"ab", "c"}), FilterHash({"ab", "c"}));
}

// Tokens outlive a process. The number is FNV-1a of 00 00 00 00 00 00 00 01 61.
TEST(PageTest, TheHashIsTheSameEverywhere) { EXPECT_EQ(FilterHash({"a"}), 0xE6017D3A248DEB69U); }

}  // namespace
}  // namespace canvass::rpc
