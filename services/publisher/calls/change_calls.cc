#include "services/publisher/calls/change_calls.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "canvass/v1/ledger.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/rpc/page.h"
#include "common/rpc/result_proto.h"
#include "services/publisher/board/published_election.h"
#include "services/publisher/calls/list_page.h"
#include "services/publisher/calls/question.h"

namespace canvass::publisher {
namespace {

// An area or a station.
class Place {
 public:
  // Returns NOT_FOUND AREA_UNKNOWN if neither an area nor a station has this id.
  static absl::StatusOr<Place> Find(const election::Definition& definition,
                                    const std::string& area_id) {
    if (const std::optional<int> area = definition.FindArea(area_id)) {
      return Place(definition, *area, -1);
    }
    if (const std::optional<int> station = definition.FindStation(area_id)) {
      return Place(definition, definition.AreaOfStation(*station), *station);
    }
    return UnknownError("area or station", reason::kAreaUnknown, "area_id", area_id);
  }

  // Whether the event is about something in this place.
  bool Holds(const election::Event& event) const {
    return std::visit([this](const auto& happened) { return HoldsEvent(happened); }, event);
  }

 private:
  Place(const election::Definition& definition, int area_no, int station_no)
      : definition_(&definition), area_no_(area_no), station_no_(station_no) {}

  bool HoldsStation(int station_no) const {
    if (station_no_ >= 0) return station_no == station_no_;
    return definition_->IsWithin(definition_->AreaOfStation(station_no), area_no_);
  }
  bool HoldsArea(int area_no) const {
    return station_no_ < 0 && definition_->IsWithin(area_no, area_no_);
  }
  // The status of a contest applies to every place where the contest is held.
  bool HoldsContest(int contest_no) const {
    const int area_no = definition_->AreaOfContest(contest_no);
    return HoldsArea(area_no) || definition_->IsWithin(area_no_, area_no);
  }

  template <typename Happened>
  bool HoldsEvent(const Happened& happened) const {
    if constexpr (requires { happened.key.station_no; }) {
      return HoldsStation(happened.key.station_no);
    } else {
      return HoldsContest(happened.contest_no);
    }
  }
  bool HoldsEvent(const election::AnnulmentProposal& proposal) const {
    return HoldsEvent(proposal.annulment);
  }
  bool HoldsEvent(const election::CertificationProposal& proposal) const {
    return HoldsEvent(proposal.certification);
  }
  bool HoldsEvent(const election::PollFigures& figures) const { return HoldsArea(figures.area_no); }
  bool HoldsEvent(const election::DefinitionSeal&) const { return false; }
  // Nothing tells what a seal is about. An opening is asked about what was sealed.
  bool HoldsEvent(const election::EmbargoSeal&) const { return false; }
  bool HoldsEvent(const election::SealOpening&) const { return false; }
  bool HoldsEvent(const election::SealWithdrawal&) const { return false; }
  bool HoldsEvent(const election::DefinitionChange& change) const {
    const auto any = [](const auto& parts, const auto& find, const auto& holds) {
      return std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
        const std::optional<int> number = find(part.id);
        return number && holds(*number);  // absent: not sealed yet
      });
    };
    return any(
               change.stations, [&](const auto& id) { return definition_->FindStation(id); },
               [&](int number) { return HoldsStation(number); }) ||
           any(
               change.areas, [&](const auto& id) { return definition_->FindArea(id); },
               [&](int number) { return HoldsArea(number); }) ||
           any(
               change.contests, [&](const auto& id) { return definition_->FindContest(id); },
               [&](int number) { return HoldsContest(number); });
  }

  const election::Definition* definition_;
  int area_no_;
  int station_no_;  // -1 for all of the area
};

// The sequences that one ListChanges scans, in ascending order.
class Sequences {
 public:
  Sequences(const LedgerWithHistory& ledger, bool corrections_only, std::int64_t from)
      : corrections_(corrections_only ? &ledger.corrections() : nullptr),
        end_(ledger.ledger().sequence()),
        next_(from) {}

  // Returns nullopt at the end.
  std::optional<std::int64_t> Next() {
    if (corrections_ != nullptr) {
      const auto correction = std::lower_bound(corrections_->begin(), corrections_->end(), next_);
      if (correction == corrections_->end()) return std::nullopt;
      next_ = *correction;
    }
    if (next_ > end_) return std::nullopt;
    return next_++;
  }

 private:
  const std::vector<std::int64_t>* corrections_;
  std::int64_t end_;
  std::int64_t next_;
};

absl::Status FillPage(const PublishedElection& election, const v1::ListChangesRequest& request,
                      std::int64_t from, ListPage& page, v1::ListChangesResponse& response) {
  std::optional<Place> place;
  if (!request.area_id().empty()) {
    const auto found = Place::Find(election.definition(), request.area_id());
    if (!found.ok()) return found.status();
    place = *found;
  }
  *response.mutable_as_of() = election.AsOf();
  Sequences sequences(election.ledger_with_history(), request.corrections_only(), from);
  int scanned = 0;
  while (const std::optional<std::int64_t> sequence = sequences.Next()) {
    if (place && ++scanned > kEntriesScannedMax) {
      response.set_next_page_token(page.request().TokenAt(*sequence));
      break;
    }
    if (place && !place->Holds(election.ledger().CountedEntryAt(*sequence).event)) continue;
    canvass::v1::LedgerEntry entry = rpc::LedgerEntryAt(election.ledger(), *sequence);
    if (!page.Take(entry)) {
      response.set_next_page_token(page.request().TokenAt(*sequence));
      break;
    }
    *response.add_entries() = std::move(entry);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ListChanges(const ResultBoard& board, const v1::ListChangesRequest& request,
                         v1::ListChangesResponse& response) {
  if (request.from_sequence() < 0) {
    return FieldError(reason::kSequenceOutOfRange, "from_sequence",
                      StrCat("is ", request.from_sequence(), ", but the first sequence is 1"));
  }
  auto page = ListPage::Open(
      request.page_size(), request.page_token(),
      rpc::FilterHash({request.election_id(), request.area_id(), StrCat(request.from_sequence()),
                       request.corrections_only() ? "corrections" : ""}));
  if (!page.ok()) return page.status();
  // The position of a page is its first sequence. A publisher that has not reached it says so,
  // because another one may have given the token.
  const absl::StatusOr<std::int64_t> from =
      page->request().Start(std::max<std::int64_t>(request.from_sequence(), 1),
                            {.lowest = 1, .highest = rpc::kPositionMax});
  if (!from.ok()) return from.status();
  const std::int64_t reached = page->request().is_first() ? 0 : *from;
  return board.Read(request.election_id(), reached, [&](const PublishedElection& election) {
    return FillPage(election, request, *from, *page, response);
  });
}

}  // namespace canvass::publisher
