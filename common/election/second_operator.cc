#include "common/election/second_operator.h"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "common/election/actor.h"
#include "common/election/event.h"
#include "common/election/standing.h"

namespace canvass::election {
namespace {

// `proposed` is the newest proposal about the same report or result; null if there is none.
template <typename Proposal, typename Decided>
Decision ProposeOrConfirm(const Proposed<Decided>* proposed, std::string_view actor,
                          Decided decided) {
  const bool confirms = proposed != nullptr && SaysTheSame(proposed->decision, decided) &&
                        (proposed->actor == actor || AreTwoOperators(proposed->actor, actor));
  if (!confirms) {
    return {.event = Proposal{std::move(decided)}, .awaits_second_operator = true};
  }
  if (proposed->actor == actor) {
    return {.standing_sequence = proposed->sequence, .awaits_second_operator = true};
  }
  decided.proposed_by = proposed->actor;
  return {.event = std::move(decided)};
}

}  // namespace

bool AreTwoOperators(std::string_view one, std::string_view other) {
  const auto is_operator = [](std::string_view name) {
    const std::optional<Actor> actor = ParseActor(name);
    return actor && actor->role == Role::kOperator;
  };
  return one != other && is_operator(one) && is_operator(other);
}

bool SaysTheSame(ReportAnnulment one, const ReportAnnulment& other) {
  one.proposed_by = other.proposed_by;
  return one == other;
}

bool SaysTheSame(ResultCertification one, const ResultCertification& other) {
  one.proposed_by = other.proposed_by;
  one.certified_sequence = other.certified_sequence;
  return one == other;
}

Decision AskSecondOperator(const Count& count, std::string_view actor, Decision decision) {
  if (!decision.event || !count.definition().policy().two_operators) return decision;
  if (auto* const annulment = std::get_if<ReportAnnulment>(&*decision.event)) {
    return ProposeOrConfirm<AnnulmentProposal>(count.FindAnnulmentProposal(annulment->key), actor,
                                               std::move(*annulment));
  }
  if (auto* const certification = std::get_if<ResultCertification>(&*decision.event)) {
    return ProposeOrConfirm<CertificationProposal>(
        count.FindCertificationProposal(certification->contest_no, certification->source_no), actor,
        std::move(*certification));
  }
  return decision;
}

}  // namespace canvass::election
