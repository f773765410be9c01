#ifndef CANVASS_COMMON_RPC_PAGE_H_
#define CANVASS_COMMON_RPC_PAGE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace canvass::rpc {

inline constexpr int kPageSizeDefault = 100;
// 1 000 results with 16 candidates each are far smaller than the largest message.
inline constexpr int kPageSizeMax = 1000;

// Position at which a list call continues. Opaque to callers.
struct PageToken {
  // FilterHash of the request's other fields. A token is valid only for a request with the same
  // fields.
  std::uint64_t filter = 0;
  std::int64_t position = 0;  // meaning depends on the list; never negative
  // Ledger sequence of the first page. 0 if each page has its own sequence.
  std::int64_t sequence = 0;

  bool operator==(const PageToken&) const = default;
};

std::string EncodePageToken(const PageToken& token);
// Returns a token with position 0 and `filter` if `text` is empty. Returns INVALID_ARGUMENT
// PAGE_TOKEN_INVALID if `text` is not a token of this list.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, std::uint64_t filter);
// Returns the page size to use: the default for 0, and at most kPageSizeMax. Returns
// INVALID_ARGUMENT PAGE_SIZE_OUT_OF_RANGE for a negative size.
absl::StatusOr<int> PageSizeOf(int page_size);
// Returns the same value in every process.
std::uint64_t FilterHash(std::initializer_list<std::string_view> fields);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_PAGE_H_
