#include "services/publisher/calls/list_page.h"

#include <google/protobuf/message.h>

namespace canvass::publisher {

absl::StatusOr<ListPage> ListPage::Open(int page_size, std::string_view page_token,
                                        std::uint64_t filter) {
  const absl::StatusOr<rpc::PageRequest> request =
      rpc::PageRequest::Read(page_size, page_token, filter);
  if (!request.ok()) return request.status();
  return ListPage(*request);
}

bool ListPage::Take(const google::protobuf::Message& item) {
  const std::size_t bytes = item.ByteSizeLong();
  const bool is_full = items_ >= request_.size() || (items_ > 0 && bytes_ + bytes > kBytesMax);
  if (is_full) return false;
  ++items_;
  bytes_ += bytes;
  return true;
}

}  // namespace canvass::publisher
