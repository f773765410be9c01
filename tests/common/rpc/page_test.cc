#include "common/rpc/page.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

// The token of a page that starts at `position`.
std::string TokenAt(std::int64_t position, std::uint64_t filter = 1, std::int64_t sequence = 0) {
  return PageRequest::Read(0, "", filter)->TokenAt(position, sequence);
}

TEST(PageRequestTest, ATokenComesBack) {
  constexpr std::uint64_t kFilter = 0xFEDCBA9876543210U;
  constexpr std::int64_t kSequence = std::int64_t{1} << 60;
  const auto page = PageRequest::Read(7, TokenAt(1'048'575, kFilter, kSequence), kFilter);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->size(), 7);
  EXPECT_FALSE(page->is_first());
  EXPECT_EQ(page->sequence(), kSequence);
  EXPECT_EQ(*page->Start(0, {.lowest = 1, .highest = 1'048'575}), 1'048'575);
}

TEST(PageRequestTest, NoTokenIsTheFirstPage) {
  const auto page = PageRequest::Read(0, "", 7);
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->is_first());
  EXPECT_EQ(page->sequence(), 0);
  EXPECT_EQ(*page->Start(5, {.lowest = 1, .highest = 3}), 5);
}

TEST(PageRequestTest, APositionOutsideTheListIsRefused) {
  for (const std::int64_t outside : {std::int64_t{0}, std::int64_t{4}, std::int64_t{-1},
                                     std::numeric_limits<std::int64_t>::min(), kPositionMax}) {
    const auto page = PageRequest::Read(0, TokenAt(outside), 1);
    ASSERT_TRUE(page.ok()) << page.status();
    const absl::Status status = page->Start(0, {.lowest = 1, .highest = 3}).status();
    EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_INVALID");
    EXPECT_EQ(DetailOf(status).violations[0].description,
              absl::StrCat("starts at position ", outside, "; pages of this list start at 1 to 3"));
  }
  for (const std::int64_t inside : {1, 2, 3}) {
    EXPECT_EQ(*PageRequest::Read(0, TokenAt(inside), 1)->Start(0, {.lowest = 1, .highest = 3}),
              inside);
  }
}

TEST(PageRequestTest, ATokenOfAnotherListIsRefused) {
  EXPECT_EQ(ReasonOf(PageRequest::Read(0, TokenAt(5, 1), 2).status()), "PAGE_TOKEN_INVALID");
}

TEST(PageRequestTest, AnythingElseIsRefused) {
  const std::string token = TokenAt(5);
  for (const std::string& text :
       {std::string("next"), std::string("%%%"), token.substr(4), token + token}) {
    EXPECT_EQ(ReasonOf(PageRequest::Read(0, text, 1).status()), "PAGE_TOKEN_INVALID");
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto page = PageRequest::Read(0, changed, 1);
    // The last character has unused bits.
    EXPECT_TRUE(!page.ok() || i + 1 == token.size()) << i;
  }
}

TEST(PageRequestTest, Sizes) {
  EXPECT_EQ(PageRequest::Read(0, "", 1)->size(), 100);
  EXPECT_EQ(PageRequest::Read(1, "", 1)->size(), 1);
  EXPECT_EQ(PageRequest::Read(1000, "", 1)->size(), 1000);
  EXPECT_EQ(PageRequest::Read(5000, "", 1)->size(), 1000);
  EXPECT_EQ(ReasonOf(PageRequest::Read(-1, "", 1).status()), "PAGE_SIZE_OUT_OF_RANGE");
}

TEST(FilterHashTest, FiltersThatDifferHashDifferently) {
  const std::set<std::uint64_t> hashes = {FilterHash({"ab", "c"}), FilterHash({"a", "bc"}),
                                          FilterHash({"abc"}),     FilterHash({"abc", ""}),
                                          FilterHash({"", "abc"}), FilterHash({})};
  EXPECT_EQ(hashes.size(), 6);
  EXPECT_EQ(FilterHash({"ab", "c"}), FilterHash({"ab", "c"}));
}

// Tokens outlive a process. The number is FNV-1a of 00 00 00 00 00 00 00 01 61.
TEST(FilterHashTest, TheHashIsTheSameEverywhere) {
  EXPECT_EQ(FilterHash({"a"}), 0xE6017D3A248DEB69U);
}

}  // namespace
}  // namespace canvass::rpc
