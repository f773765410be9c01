#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_

#include <cstddef>
#include <cstdint>
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

  // See PageRequest::Read.
  static absl::StatusOr<ListPage> Open(int page_size, std::string_view page_token,
                                       std::uint64_t filter);

  const rpc::PageRequest& request() const { return request_; }
  // Takes room on the page for `item`. Returns false, and takes none, if there is not enough. A
  // page has room for at least one item, however large.
  bool Take(const google::protobuf::Message& item);

 private:
  explicit ListPage(const rpc::PageRequest& request) : request_(request) {}

  rpc::PageRequest request_;
  int items_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_LIST_PAGE_H_
