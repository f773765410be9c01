#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/rpc/page.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass::publisher {

// One page of a list call, while it is being filled.
class ListPage {
 public:
  // Half of the largest message, because one item may be almost as large as the other half.
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20U;

  // Returns INVALID_ARGUMENT PAGE_SIZE_OUT_OF_RANGE or PAGE_TOKEN_INVALID. For `filter` see
  // rpc::PageToken.
  static absl::StatusOr<ListPage> Open(int page_size, std::string_view page_token,
                                       std::uint64_t filter);

  int size() const { return size_; }
  bool is_first() const { return is_first_; }
  // Start of this page; 0 on the first page.
  std::int64_t position() const { return token_.position; }
  // Ledger sequence of the first page, if all pages are at that sequence.
  std::int64_t sequence() const { return token_.sequence; }

  // Whether the page already has size() items.
  bool IsFull() const { return items_ >= size_; }
  // Takes room on the page for `item`. Returns false, and takes none, if there is not enough. A
  // page has room for at least one item, however large.
  bool Take(const google::protobuf::Message& item);

  // Returns the token of the page that starts at `position`.
  std::string Next(std::int64_t position, std::int64_t sequence = 0) const;

 private:
  ListPage(int size, bool is_first, const rpc::PageToken& token)
      : size_(size), is_first_(is_first), token_(token) {}

  int size_ = 0;
  bool is_first_ = true;
  rpc::PageToken token_;
  int items_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_
