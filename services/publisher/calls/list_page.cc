#include "services/publisher/calls/list_page.h"

#include <google/protobuf/message.h>

namespace canvass::publisher {

absl::StatusOr<ListPage> ListPage::Open(int page_size, std::string_view page_token,
                                        std::uint64_t filter) {
  const absl::StatusOr<int> size = rpc::PageSizeOf(page_size);
  if (!size.ok()) return size.status();
  const absl::StatusOr<rpc::PageToken> token = rpc::DecodePageToken(page_token, filter);
  if (!token.ok()) return token.status();
  return ListPage(*size, page_token.empty(), *token);
}

bool ListPage::Take(const google::protobuf::Message& item) {
  const std::size_t bytes = item.ByteSizeLong();
  if (IsFull() || (items_ > 0 && bytes_ + bytes > kBytesMax)) return false;
  ++items_;
  bytes_ += bytes;
  return true;
}

std::string ListPage::Next(std::int64_t position, std::int64_t sequence) const {
  return rpc::EncodePageToken(
      {.filter = token_.filter, .position = position, .sequence = sequence});
}

}  // namespace canvass::publisher
