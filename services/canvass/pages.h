#ifndef CANVASS_SERVICES_CANVASS_PAGES_H_
#define CANVASS_SERVICES_CANVASS_PAGES_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass {

// Items asked for at a time: the most that a service gives.
inline constexpr int kItemsPerPage = 1000;

// Calls `list` page after page, and `visit` with each answer until it returns false.
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

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_PAGES_H_
