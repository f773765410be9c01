#include "services/canvass/clients/definition_messages.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace canvass::cli {
namespace {

// Half of the limit for a message, because names may be long.
constexpr std::size_t kMessageBytes = 4U << 20U;

// Adds parts to messages and starts a new message when the last one is full.
class Splitter {
 public:
  explicit Splitter(aggregator::v1::DefineElectionRequest first) {
    messages_.push_back(std::move(first));
  }

  template <typename Part>
  void Add(const google::protobuf::RepeatedPtrField<Part>& parts,
           google::protobuf::RepeatedPtrField<Part>* (v1::DefinitionChange::*list)()) {
    for (const Part& part : parts) {
      const std::size_t bytes = part.ByteSizeLong();
      if (parts_ == kPartsPerMessage || bytes_ + bytes > kMessageBytes) Begin();
      *(messages_.back().mutable_definition()->*list)()->Add() = part;
      bytes_ += bytes;
      ++parts_;
    }
  }

  std::vector<aggregator::v1::DefineElectionRequest> Take() { return std::move(messages_); }

 private:
  void Begin() {
    messages_.emplace_back();
    bytes_ = 0;
    parts_ = 0;
  }

  std::vector<aggregator::v1::DefineElectionRequest> messages_;
  std::size_t bytes_ = 0;
  int parts_ = 0;
};

}  // namespace

std::vector<aggregator::v1::DefineElectionRequest> DefinitionMessages(
    const v1::DefinitionChange& definition, bool validate_only) {
  assert(!definition.election().election_id().empty());
  aggregator::v1::DefineElectionRequest first;
  first.set_election_id(definition.election().election_id());
  first.set_validate_only(validate_only);
  if (definition.has_election())
    *first.mutable_definition()->mutable_election() = definition.election();
  first.mutable_definition()->set_reason(definition.reason());
  Splitter splitter(std::move(first));
  splitter.Add(definition.contests(), &v1::DefinitionChange::mutable_contests);
  splitter.Add(definition.sources(), &v1::DefinitionChange::mutable_sources);
  splitter.Add(definition.areas(), &v1::DefinitionChange::mutable_areas);
  splitter.Add(definition.stations(), &v1::DefinitionChange::mutable_stations);
  return splitter.Take();
}

}  // namespace canvass::cli
