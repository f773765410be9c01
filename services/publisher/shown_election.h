#ifndef CANVASS_SERVICES_PUBLISHER_SHOWN_ELECTION_H_
#define CANVASS_SERVICES_PUBLISHER_SHOWN_ELECTION_H_

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
#include "common/ledger/folded_ledger.h"
#include "services/publisher/published_ledger.h"
#include "services/publisher/result_history.h"

namespace grpc {
class ByteBuffer;
}  // namespace grpc

namespace canvass::publisher {

// One election as the public sees it: a ledger at the end of a step that was checked. Const access
// may be shared; the rest is ResultBoard's, under its exclusive lock.
class ShownElection {
 public:
  ShownElection(std::string ledger_id, std::unique_ptr<PublishedLedger> published, absl::Time now);

  const PublishedLedger& published() const { return *published_; }
  const ledger::FoldedLedger& ledger() const { return published_->ledger(); }
  const election::Count& count() const { return ledger().count(); }
  const election::Definition& definition() const { return count().definition(); }
  const std::string& ledger_id() const { return ledger_id_; }
  // When nothing newer was last known to exist, by the clock as it was set then: one that was set
  // forward and back leaves no moment in the future, which would hide that the publisher is cut
  // off.
  absl::Time confirmed_at() const { return confirmed_at_; }
  // Embargoes until then are over: the newest of these moments. What they do not cover has not come
  // from the aggregator yet, and what was shown is not hidden again.
  absl::Time disclosed_until() const { return disclosed_until_; }

  // The moment of this election.
  canvass::v1::AsOf AsOf() const;
  // An earlier moment of it, known to be a part of the newest ledger.
  canvass::v1::AsOf AsOfMoment(const Moment& moment) const;
  bool IsUnderEmbargo(int source_no) const;

  // The result of the contest's whole area, computed once a step.
  canvass::v1::Result WholeResult(int contest_no, int source_no) const;
  // The same as the bytes of a GetNationalResultResponse, made once a step and a confirmation.
  std::shared_ptr<const grpc::ByteBuffer> WholeResultAnswer(int contest_no, int source_no) const;
  // The result of figures of now or earlier.
  canvass::v1::Result ResultOfFigures(int contest_no, int source_no, int area_no,
                                      const Figures& figures, const canvass::v1::AsOf& as_of) const;
  // The newest certified result, at the moment when it was certified. REQUIRES: there is one.
  canvass::v1::Result CertifiedResult(int contest_no, int source_no) const;

  // For changes that EndStep ends.
  PublishedLedger& published() { return *published_; }
  void Replace(std::unique_ptr<PublishedLedger> published) { published_ = std::move(published); }
  void EndStep(absl::Time now);
  void Confirm(absl::Time now);

 private:
  void SetConfirmedAt(absl::Time now);

  std::string ledger_id_;
  std::unique_ptr<PublishedLedger> published_;
  absl::Time confirmed_at_;
  absl::Time disclosed_until_ = absl::InfinitePast();
  canvass::v1::AsOf as_of_;  // with confirmed_at

  // By contest and source.
  template <typename Value>
  using ByContestAndSource = absl::flat_hash_map<std::pair<int, int>, std::shared_ptr<const Value>>;
  mutable SharedMutex made_mutex_;
  // Emptied by every step.
  mutable ByContestAndSource<canvass::v1::Result> whole_results_ ABSL_GUARDED_BY(made_mutex_);
  // Emptied by every confirmation too, of which they say when it was.
  mutable ByContestAndSource<grpc::ByteBuffer> whole_answers_ ABSL_GUARDED_BY(made_mutex_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_SHOWN_ELECTION_H_
