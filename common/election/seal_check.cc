#include "common/election/seal_check.h"

#include "absl/status/status.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/decision_fields.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"

namespace canvass::election {

absl::StatusOr<Decision> CheckSealWithdrawal(const Count& count,
                                             const SealWithdrawalRequest& request) {
  if (absl::Status texts = CheckDecisionTexts("", request.reason, request.documents); !texts.ok()) {
    return texts;
  }
  if (absl::Status reason = RequireReason(request.reason, "the withdrawal needs a reason");
      !reason.ok()) {
    return reason;
  }
  const RecordedWithdrawal* const earlier = count.FindWithdrawal(request.seal_sequence);
  if (earlier != nullptr) {
    const bool is_same = earlier->withdrawal.reason == request.reason &&
                         earlier->withdrawal.documents == request.documents;
    if (is_same) return Decision{.standing_sequence = earlier->sequence};
    return SupersededError(earlier->sequence, earlier->sequence);
  }
  const EmbargoSeal* const seal = count.FindSeal(request.seal_sequence);
  if (seal == nullptr) {
    return StandingError(reason::kSealUnknown,
                         StrCat("there is no closed seal with sequence ", request.seal_sequence),
                         {{"seal_sequence", request.seal_sequence}});
  }
  return Decision{.event = SealWithdrawal{.source_no = seal->source_no,
                                          .seal_sequence = request.seal_sequence,
                                          .reason = request.reason,
                                          .documents = request.documents}};
}

bool MustBeSealed(const Count& count, int source_no, absl::Time now) {
  return !MayBeOpened(count.definition(), source_no, now) || !count.SealsOf(source_no).empty();
}

bool MayBeOpened(const Definition& definition, int source_no, absl::Time now) {
  const Source& source = definition.sources()[Index(source_no)];
  return !source.visible_from.has_value() || *source.visible_from <= now;
}

}  // namespace canvass::election
