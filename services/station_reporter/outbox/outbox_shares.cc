#include "services/station_reporter/outbox/outbox_shares.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/fair_share.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::station_reporter {
namespace {

using Use = OutboxShares::Use;

void CountIn(Use& use, const QueuedReport& report) {
  ++use.reports;
  use.bytes += report.bytes;
}

void CountOut(Use& use, const QueuedReport& report) {
  --use.reports;
  use.bytes -= report.bytes;
}

// Counts out, and forgets a user who has nothing left.
template <typename Key>
void CountOut(absl::flat_hash_map<Key, Use>& uses, const Key& key, const QueuedReport& report) {
  const auto found = uses.find(key);
  CountOut(found->second, report);
  if (found->second.reports == 0) uses.erase(found);
}

template <typename Key>
Use UseOf(const absl::flat_hash_map<Key, Use>& uses, const Key& key) {
  const auto found = uses.find(key);
  return found == uses.end() ? Use() : found->second;
}

bool Fits(const Use& use, const QueuedReport& report, const Use& most) {
  return use.reports + 1 <= most.reports && use.bytes + report.bytes <= most.bytes;
}

absl::Status NoRoomFor(const QueuedReport& report, std::string_view limit, std::string_view whose,
                       const Use& use, const Use& most, int retry_after_ms) {
  return MakeError(
      reason::kOutboxFull,
      StrCat("This report of ", report.bytes, " bytes cannot be sent to the aggregator yet, and ",
             use.reports, " reports of ", use.bytes, " bytes", whose,
             " already wait in this reporter's outbox; at most ", most.reports, " reports of ",
             most.bytes, " bytes may. This report was not kept. Send it again later."),
      {.metadata = {{"limit", std::string(limit)},
                    {"reports_queued", absl::StrCat(use.reports)},
                    {"bytes_queued", absl::StrCat(use.bytes)},
                    {"reports_max", absl::StrCat(most.reports)},
                    {"bytes_max", absl::StrCat(most.bytes)}},
       .retry_after_ms = retry_after_ms});
}

}  // namespace

void OutboxShares::Know(const std::vector<std::string>& election_ids) {
  for (const std::string& id : election_ids) {
    if (!known_.insert(id).second) continue;
    const Use use = UseOf(elections_, id);
    unknown_.reports -= use.reports;
    unknown_.bytes -= use.bytes;
  }
}

bool OutboxShares::IsUnknown(const std::string& election_id) const {
  return !known_.empty() && !known_.contains(election_id);
}

absl::Status OutboxShares::CheckRoom(const QueuedReport& report) const {
  const std::string& election_id = report.key.election_id;
  const auto no_room = [&](std::string_view limit, std::string_view whose, const Use& use,
                           const Use& most) {
    return NoRoomFor(report, limit, whose, use, most, limits_.retry_after_ms);
  };
  const Use most = {.reports = limits_.reports_max, .bytes = limits_.bytes_max};
  if (!Fits(all_, report, most)) return no_room("outbox", "", all_, most);
  const Use own = OfCaller(report.caller);
  const bool is_fair = IsFairShare(own.reports, 1, all_.reports, most.reports) &&
                       IsFairShare(own.bytes, report.bytes, all_.bytes, most.bytes);
  if (report.caller != kNobody && !is_fair) {
    return no_room("caller", " from this caller, which may have as much as it leaves free,", own,
                   {.reports = most.reports - all_.reports, .bytes = most.bytes - all_.bytes});
  }
  const Use election = {.reports = most.reports - most.reports / limits_.others_part,
                        .bytes = most.bytes - most.bytes / limits_.others_part};
  const Use of_election = UseOf(elections_, election_id);
  if (!Fits(of_election, report, election)) {
    return no_room("election", absl::StrCat(" of election \"", election_id, "\""), of_election,
                   election);
  }
  const Use unknown = {.reports = most.reports / limits_.unknown_part,
                       .bytes = most.bytes / limits_.unknown_part};
  if (IsUnknown(election_id) && !Fits(unknown_, report, unknown)) {
    return no_room("unknown_elections",
                   absl::StrCat(" of elections that the aggregator did not have when it was last "
                                "asked, as \"",
                                election_id, "\","),
                   unknown_, unknown);
  }
  return absl::OkStatus();
}

OutboxShares::Use OutboxShares::OfCaller(std::uint64_t caller) const {
  return UseOf(callers_, caller);
}

void OutboxShares::Add(const QueuedReport& report) {
  CountIn(all_, report);
  CountIn(callers_[report.caller], report);
  CountIn(elections_[report.key.election_id], report);
  if (!known_.contains(report.key.election_id)) CountIn(unknown_, report);
}

void OutboxShares::Remove(const QueuedReport& report) {
  CountOut(all_, report);
  CountOut(callers_, report.caller, report);
  CountOut(elections_, report.key.election_id, report);
  if (!known_.contains(report.key.election_id)) CountOut(unknown_, report);
}

}  // namespace canvass::station_reporter
