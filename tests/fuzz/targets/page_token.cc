// Page tokens: anybody can make one, and one with a check that fits is not hard to make.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/page.h"
#include "tests/fuzz/target.h"
#include "tests/support/forged_page_token.h"

namespace canvass::fuzz {
namespace {

constexpr std::uint64_t kFilter = 7;
constexpr std::int64_t kLowest = 1;
constexpr std::int64_t kHighest = 1'000;

void RequireGoodPage(const absl::StatusOr<rpc::PageRequest>& page) {
  if (!page.ok()) return RequireReason(page.status());
  Require(page->size() >= 1 && page->size() <= rpc::kPageSizeMax, "a page has 1 to 1 000 items");
  const absl::StatusOr<std::int64_t> start =
      page->Start(0, {.lowest = kLowest, .highest = kHighest});
  if (!start.ok()) return RequireReason(start.status());
  if (page->is_first()) return Require(*start == 0, "the first page starts where the list does");
  Require(*start >= kLowest && *start <= kHighest, "a page starts within its list");
  const std::string token = page->TokenAt(*start, page->sequence());
  const auto again = rpc::PageRequest::Read(page->size(), token, kFilter);
  Require(again.ok() && *again->Start(0, {.lowest = kLowest, .highest = kHighest}) == *start &&
              again->sequence() == page->sequence(),
          "a token that is written again is the same");
}

// Four bytes of a page size, eight of a position, and a token.
void RunPageToken(std::string_view bytes) {
  std::int32_t size = 0;
  std::int64_t position = 0;
  if (bytes.size() < sizeof(size) + sizeof(position)) return;
  std::memcpy(&size, bytes.data(), sizeof(size));
  std::memcpy(&position, bytes.data() + sizeof(size), sizeof(position));
  const std::string_view token = bytes.substr(sizeof(size) + sizeof(position));
  RequireGoodPage(rpc::PageRequest::Read(size, token, kFilter));
  static const std::string kToken = rpc::PageRequest::Read(1, "", kFilter)->TokenAt(1, 5);
  RequireGoodPage(
      rpc::PageRequest::Read(size, testing::ForgedPageToken(kToken, position), kFilter));
}

std::vector<std::string> PageTokenSeeds() {
  const std::string numbers("\x64\0\0\0\x03\0\0\0\0\0\0\0", 12);
  const auto page = rpc::PageRequest::Read(1, "", kFilter);
  return {numbers, numbers + page->TokenAt(1), numbers + page->TokenAt(900, 5),
          numbers + page->TokenAt(-1), numbers + rpc::PageRequest::Read(1, "", 8)->TokenAt(1)};
}

const Registration kPageToken({.name = "page_token", .run = RunPageToken, .seeds = PageTokenSeeds});

}  // namespace
}  // namespace canvass::fuzz
