#ifndef CANVASS_TESTS_FUZZ_PAGING_H_
#define CANVASS_TESTS_FUZZ_PAGING_H_

#include <cstddef>

#include "absl/status/status.h"
#include "common/rpc/message.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {

// Largest answer to a request: a page of half of it may end with one item as large as the other.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{8} << 20U;

// Asks with `request`, and with each page token that comes back: requires that answers are good,
// and that a list which `call` began comes to its end. `call` is an absl::Status(const Request&,
// Response&).
template <typename Response, typename Request, typename Call>
void RequireGoodAnswers(Request request, const Call& call) {
  const absl::Status size = rpc::CheckSize(request);
  if (!size.ok()) return RequireGoodError(size);
  constexpr int kPagesMax = 300;
  for (int page = 0;; ++page) {
    Require(page < kPagesMax, "a list comes to its end");
    Response response;
    const absl::Status status = call(request, response);
    if (!status.ok()) {
      Require(page == 0, "the token of a page is good for the next one: " + status.ToString());
      return RequireGoodError(status);
    }
    RequireReadable(response, kAnswerBytesMax);
    if constexpr (requires { response.next_page_token(); }) {
      if (response.next_page_token().empty()) return;
      Learn(response.next_page_token());
      request.set_page_token(response.next_page_token());
      if constexpr (requires { request.min_sequence(); }) {
        request.set_min_sequence(0);
      }
    } else {
      return;
    }
  }
}

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_PAGING_H_
