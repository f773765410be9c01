#ifndef CANVASS_TESTS_SUPPORT_DEFINITION_BUILDER_H_
#define CANVASS_TESTS_SUPPORT_DEFINITION_BUILDER_H_

#include <string>
#include <vector>

#include "common/election/definition.h"

namespace canvass::testing {

// A station with what tests most often say about it; the rest by designated initialisers.
election::Station MakeStation(std::string id, std::string area_id, int registered_voters = 500,
                              std::vector<std::string> tags = {});

// The parts of an election as an operator sends them. It begins with what every definition needs:
//   election "e-1"; root area "country"; contest "president" there, of candidates "a", "b" and "c";
//   official source "cec".
class DefinitionBuilder {
 public:
  DefinitionBuilder();

  DefinitionBuilder& WithElectionId(std::string id);
  DefinitionBuilder& WithPolicy(election::Policy policy);
  DefinitionBuilder& WithSeverity(election::Rule rule, election::Severity severity);
  // Replaces the candidates of the first contest.
  DefinitionBuilder& WithCandidates(const std::vector<std::string>& ids);
  DefinitionBuilder& WithContest(std::string id, std::string area_id,
                                 const std::vector<std::string>& candidate_ids);
  DefinitionBuilder& WithSource(election::Source source);
  DefinitionBuilder& WithArea(std::string id, std::string parent_id = "country");
  DefinitionBuilder& WithStation(election::Station station);

  // As a request.
  const election::DefinitionChange& Request() const { return parts_; }
  // As the event that a checker makes of it. The process ends if the checker refuses it.
  election::DefinitionChange Build() const;
  // With that event applied.
  election::Definition BuildDefinition() const;

 private:
  election::DefinitionChange parts_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_DEFINITION_BUILDER_H_
