#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_PAGES_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_PAGES_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::cli {

// Page size of requests: the largest that the services allow.
inline constexpr int kItemsPerPage = 1000;

// Calls `list` for one page after another and `visit` with each response, until `visit` returns
// false or there are no more pages. Returns the first error of `list`.
template <typename Request, typename List, typename Visit>
absl::Status ForEachPage(Request request, const List& list, const Visit& visit) {
  request.set_page_size(kItemsPerPage);
  for (;;) {
    const auto response = list(request);
    if (!response.ok()) return response.status();
    if (!visit(*response) || response->next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response->next_page_token());
  }
}

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_PAGES_H_
