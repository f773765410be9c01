#include "services/aggregator/watch_stream.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/rpc/status.h"

namespace canvass::aggregator {

WatchStream::WatchStream(TallyFeed& feed, const LedgerBook& book,
                         const v1::WatchTalliesRequest& request)
    : feed_(feed) {
  absl::StatusOr<TallyCursor> cursor = TallyCursor::Start(request, book);
  if (cursor.ok()) {
    feed_.Watch(*std::move(cursor), *this);
  } else {
    Finish(rpc::ToGrpcStatus(cursor.status()));
  }
}

void WatchStream::Send(v1::WatchTalliesResponse message) {
  message_ = std::move(message);
  StartWrite(&message_);
}

void WatchStream::End(const absl::Status& status) { Finish(rpc::ToGrpcStatus(status)); }

void WatchStream::OnWriteDone(bool ok) { feed_.Sent(*this, ok); }

void WatchStream::OnCancel() { feed_.Cancel(*this); }

void WatchStream::OnDone() { delete this; }

}  // namespace canvass::aggregator
