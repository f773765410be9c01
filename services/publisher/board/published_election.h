#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_PUBLISHED_ELECTION_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_PUBLISHED_ELECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/base/mutex.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/ledger/election_ledger.h"
#include "services/publisher/board/ledger_with_history.h"
#include "services/publisher/board/result_history.h"

namespace grpc {
class ByteBuffer;
}  // namespace grpc

namespace canvass::publisher {

// One election as the public sees it: a ledger at the end of a verified step. Const access may be
// shared. Only ResultBoard makes changes, with its lock held exclusively.
class PublishedElection {
 public:
  PublishedElection(std::string ledger_id, std::unique_ptr<LedgerWithHistory> published,
                    absl::Time now);

  const LedgerWithHistory& ledger_with_history() const { return *ledger_with_history_; }
  const ledger::ElectionLedger& ledger() const { return ledger_with_history_->ledger(); }
  const election::Count& count() const { return ledger().count(); }
  const election::Definition& definition() const { return count().definition(); }
  const std::string& ledger_id() const { return ledger_id_; }
  // When the publisher last knew that it had the newest entry, by the clock as it was set then. If
  // the clock is set back, this goes back too. Otherwise a clock that was set forward and back
  // would leave a time in the future, which would hide that the publisher is cut off.
  absl::Time confirmed_at() const { return confirmed_at_; }

  // AsOf of the newest entry.
  canvass::v1::AsOf AsOf() const;
  // AsOf of an earlier or the newest moment of this ledger. It has confirmed_at only if the moment
  // is the newest.
  canvass::v1::AsOf AsOfMoment(const Moment& moment) const;
  // Whether nothing that the source says is public yet because of its embargo: the embargo had not
  // ended at confirmed_at, or seals are not opened yet.
  bool IsUnderEmbargo(int source_no) const;

  // The result of the contest's whole area, cached until the next step.
  canvass::v1::Result WholeResult(int contest_no, int source_no) const;
  // The same result as the bytes of a GetNationalResultResponse, cached until the next step or
  // confirmation.
  std::shared_ptr<const grpc::ByteBuffer> WholeResultAnswer(int contest_no, int source_no) const;
  // The result of current or earlier figures.
  canvass::v1::Result ResultOfFigures(int contest_no, int source_no, int area_no,
                                      const Figures& figures, const canvass::v1::AsOf& as_of) const;
  // The newest certified result, as of its certification. REQUIRES: there is one.
  canvass::v1::Result CertifiedResult(int contest_no, int source_no) const;

  // For changes by ResultBoard. A step ends with EndStep, unless Replace undoes it.
  LedgerWithHistory& ledger_with_history() { return *ledger_with_history_; }
  void Replace(std::unique_ptr<LedgerWithHistory> published) {
    ledger_with_history_ = std::move(published);
  }
  void EndStep(absl::Time now);
  void Confirm(absl::Time now);

 private:
  std::string ledger_id_;
  std::unique_ptr<LedgerWithHistory> ledger_with_history_;
  absl::Time confirmed_at_;
  canvass::v1::AsOf as_of_;  // includes confirmed_at_

  // Keyed by contest and source.
  template <typename Value>
  using ByContestAndSource = absl::flat_hash_map<std::pair<int, int>, std::shared_ptr<const Value>>;
  mutable SharedMutex made_mutex_;
  // Cleared by every step.
  mutable ByContestAndSource<canvass::v1::Result> whole_results_ ABSL_GUARDED_BY(made_mutex_);
  // Also cleared by every confirmation, because the answers contain its time.
  mutable ByContestAndSource<grpc::ByteBuffer> whole_answers_ ABSL_GUARDED_BY(made_mutex_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_PUBLISHED_ELECTION_H_
