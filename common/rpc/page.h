#ifndef CANVASS_COMMON_RPC_PAGE_H_
#define CANVASS_COMMON_RPC_PAGE_H_

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace canvass::rpc {

inline constexpr int kPageSizeDefault = 100;
// 1 000 results with 16 candidates each are far smaller than the largest message.
inline constexpr int kPageSizeMax = 1000;
// Upper bound of positions that are only compared, e.g. sequences.
inline constexpr std::int64_t kPositionMax = std::numeric_limits<std::int64_t>::max();

// The page that a list call asks for. The page token is opaque to callers, and anybody can make
// one.
class PageRequest {
 public:
  // Positions at which a page of a list may start. What a position means depends on the list.
  struct Positions {
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
  };

  // Reads the fields page_size and page_token. The size is the default for 0, and at most
  // kPageSizeMax. `filter` is the FilterHash of the request's other fields: a token is valid only
  // for a request with the same ones. Returns INVALID_ARGUMENT PAGE_SIZE_OUT_OF_RANGE for a
  // negative size, and PAGE_TOKEN_INVALID for a text that is not a token of this list.
  static absl::StatusOr<PageRequest> Read(int page_size, std::string_view page_token,
                                          std::uint64_t filter);

  int size() const { return size_; }
  bool is_first() const { return is_first_; }
  // Ledger sequence of the first page; 0 if each page has its own sequence.
  std::int64_t sequence() const { return sequence_; }
  // Returns where the page starts: at `first` if it is the first page, otherwise at the position
  // in the token. Returns INVALID_ARGUMENT PAGE_TOKEN_INVALID if that is not one of `positions`.
  absl::StatusOr<std::int64_t> Start(std::int64_t first, const Positions& positions) const;

  // Returns the token of the page of the same list that starts at `position`.
  std::string TokenAt(std::int64_t position, std::int64_t sequence = 0) const;

 private:
  PageRequest(int size, std::uint64_t filter) : size_(size), filter_(filter) {}

  int size_;
  std::uint64_t filter_;
  bool is_first_ = true;
  std::int64_t position_ = 0;
  std::int64_t sequence_ = 0;
};

// Returns the same value in every process.
std::uint64_t FilterHash(std::initializer_list<std::string_view> fields);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_PAGE_H_
