#ifndef CANVASS_COMMON_RPC_PAGE_H_
#define CANVASS_COMMON_RPC_PAGE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace canvass::rpc {

inline constexpr int kPageSizeDefault = 100;
// 1 000 results of 16 candidates stay well below the largest message.
inline constexpr int kPageSizeMax = 1000;

// Where a list call goes on. Opaque to callers.
struct PageToken {
  // FilterHash of the request's other fields: a token fits only the same question.
  std::uint64_t filter = 0;
  std::int64_t position = 0;  // what the list makes of it; never negative
  std::int64_t sequence =
      0;  // ledger sequence of the first page; 0 where pages have their own moments

  bool operator==(const PageToken&) const = default;
};

std::string EncodePageToken(const PageToken& token);
// A zero token with `filter` for "". INVALID_ARGUMENT PAGE_TOKEN_INVALID for anything but a token
// of this list.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, std::uint64_t filter);
// 0 is the default. INVALID_ARGUMENT PAGE_SIZE_OUT_OF_RANGE below 0; above the maximum it is the
// maximum.
absl::StatusOr<int> PageSizeOf(int page_size);
// Stable across processes.
std::uint64_t FilterHash(std::initializer_list<std::string_view> fields);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_PAGE_H_
