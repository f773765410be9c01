#include "services/aggregator/calls/ledger_calls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/decision_check.h"
#include "common/rpc/ledger_entry_proto.h"
#include "common/rpc/page.h"
#include "common/rpc/report_proto.h"
#include "services/aggregator/writer/seals.h"

namespace canvass::aggregator {
namespace {

// Approximate size of a page: half of the largest message, because a definition entry can be large.
constexpr std::size_t kPageBytesMax = 4U << 20U;
// Held reports that one call reads to fill a filtered page.
constexpr std::size_t kHeldReportsReadMax = 10'000;

// Returns the numbers of the station that `key` names.
absl::StatusOr<election::StationKey> Resolve(const election::Definition& definition,
                                             const election::ReportKey& key) {
  const absl::StatusOr<int> contest_no = election::ResolveContest(definition, key.contest_id);
  if (!contest_no.ok()) return contest_no.status();
  const absl::StatusOr<int> source_no =
      election::ResolveOfficialOrNamedSource(definition, key.source_id);
  if (!source_no.ok()) return source_no.status();
  const std::optional<int> station_no = definition.FindStation(key.station_id);
  if (!station_no.has_value()) {
    return MakeError(reason::kStationUnknown, StrCat("There is no station ", key.station_id));
  }
  return election::StationKey{
      .contest_no = *contest_no, .source_no = *source_no, .station_no = *station_no};
}

absl::Status ReportUnknown(const election::ReportKey& key) {
  const std::string what =
      key.revision == 0 ? "no report" : absl::StrCat("no revision ", key.revision, " of a report");
  return MakeError(reason::kReportUnknown,
                   absl::StrCat("There is ", what, " of station ", key.station_id));
}

// The answer does not depend on whether there is such a report.
absl::Status Embargoed(const election::ReportKey& key) {
  return MakeError(reason::kSourceEmbargoed,
                   absl::StrCat("Source ", key.source_id,
                                " is under embargo, so nothing is said about its reports"));
}

}  // namespace

absl::Status GetReceipt(const CommittedLedgers::Contents& committed,
                        const v1::GetReceiptRequest& request, absl::Time now,
                        v1::GetReceiptResponse& response) {
  const election::ReportKey key = rpc::FromProto(request.key());
  const absl::StatusOr<const ledger::ElectionLedger*> ledger = committed.Get(key.election_id);
  if (!ledger.ok()) return ledger.status();
  const absl::StatusOr<election::StationKey> station =
      Resolve((*ledger)->count().definition(), key);
  if (!station.ok()) return station.status();
  const std::optional<std::int64_t> sequence =
      (*ledger)->count().FindRevision(*station, key.revision);
  if (!sequence.has_value()) {
    return MustSeal((*ledger)->count(), station->source_no, now) ? Embargoed(key)
                                                                 : ReportUnknown(key);
  }
  *response.mutable_receipt() = rpc::ReceiptAt(**ledger, *sequence, /*repeated_submission=*/false);
  return absl::OkStatus();
}

// The position in the page token is the first sequence of the page.
absl::Status ListLedgerEntries(const CommittedLedgers::Contents& committed,
                               const v1::ListLedgerEntriesRequest& request,
                               v1::ListLedgerEntriesResponse& response) {
  const absl::StatusOr<const ledger::ElectionLedger*> ledger = committed.Get(request.election_id());
  if (!ledger.ok()) return ledger.status();
  if (request.from_sequence() < 0) {
    return FieldError(reason::kSequenceOutOfRange, "from_sequence",
                      absl::StrCat(request.from_sequence(), " is negative"));
  }
  const std::uint64_t filter = rpc::FilterHash({"entries", request.election_id()});
  const absl::StatusOr<rpc::PageRequest> page =
      rpc::PageRequest::Read(request.page_size(), request.page_token(), filter);
  if (!page.ok()) return page.status();
  const std::int64_t last = (*ledger)->sequence();
  const absl::StatusOr<std::int64_t> first = page->Start(
      std::max<std::int64_t>(request.from_sequence(), 1), {.lowest = 1, .highest = last});
  if (!first.ok()) return first.status();
  std::int64_t next = *first;
  std::size_t bytes = 0;
  for (int i = 0; i < page->size() && next <= last && bytes < kPageBytesMax; ++i, ++next) {
    *response.add_entries() = rpc::LedgerEntryAt(**ledger, next);
    bytes += response.entries(response.entries_size() - 1).ByteSizeLong();
  }
  if (next <= last) response.set_next_page_token(page->TokenAt(next));
  return absl::OkStatus();
}

namespace {

// Whether reports that name this source may be shown. A refused report repeats what the source
// says.
bool IsPublic(const election::Count& count, const std::string& source_id, absl::Time now) {
  const absl::StatusOr<int> named =
      election::ResolveOfficialOrNamedSource(count.definition(), source_id);
  if (named.ok()) return !MustSeal(count, *named, now);
  // It may be a mistyped id of any of them.
  const int sources = static_cast<int>(count.definition().sources().size());
  for (int source_no = 0; source_no < sources; ++source_no) {
    if (MustSeal(count, source_no, now)) return false;
  }
  return true;
}

}  // namespace

// The position in the page token is the number of the last refusal on the previous page.
absl::Status ListRefusedReports(const CommittedLedgers::Contents& committed,
                                const v1::ListRefusedReportsRequest& request, absl::Time now,
                                v1::ListRefusedReportsResponse& response) {
  RefusedReports::Filter wanted{
      .source_id = request.source_id(), .station_id = request.station_id(), .rule = request.rule()};
  // Without an election: those that named an unknown one. They are kept without numbers.
  if (!request.election_id().empty()) {
    const absl::StatusOr<const ledger::ElectionLedger*> ledger =
        committed.Get(request.election_id());
    if (!ledger.ok()) return ledger.status();
    wanted.may_show = [count = &(*ledger)->count(), now](const Refusal& refusal) {
      return IsPublic(*count, refusal.report.source_id, now);
    };
  }
  if (!wanted.rule.empty() && !election::FindRule(wanted.rule).has_value()) {
    return FieldError(reason::kRuleUnknown, "rule", StrCat(wanted.rule, " is not a rule"));
  }
  const std::uint64_t filter = rpc::FilterHash(
      {"refused", request.election_id(), wanted.source_id, wanted.station_id, wanted.rule});
  const absl::StatusOr<rpc::PageRequest> page =
      rpc::PageRequest::Read(request.page_size(), request.page_token(), filter);
  if (!page.ok()) return page.status();
  const absl::StatusOr<std::int64_t> before =
      page->Start(0, {.lowest = 1, .highest = rpc::kPositionMax});
  if (!before.ok()) return before.status();
  const auto size = static_cast<std::size_t>(page->size());
  const std::vector<RefusedReports::Numbered> listed =
      committed.refused.List(request.election_id(), wanted, *before, size + 1);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (i == size || bytes >= kPageBytesMax) {
      response.set_next_page_token(page->TokenAt(listed[i - 1].number));
      break;
    }
    const Refusal& refusal = *listed[i].refusal;
    canvass::v1::RefusedReport& out = *response.add_reports();
    *out.mutable_report() = rpc::ToProto(refusal.report);
    for (const election::Finding& finding : refusal.findings) {
      *out.add_findings() = rpc::ToProto(finding);
    }
    *out.mutable_refused_at() = rpc::ToProto(refusal.refused_at);
    out.set_actor(refusal.actor);
    bytes += out.ByteSizeLong();
  }
  return absl::OkStatus();
}

namespace {

// Filter for held reports. An absent field matches everything.
struct HeldFilter {
  std::optional<int> contest_no{};
  std::optional<int> source_no{};
};

absl::StatusOr<HeldFilter> HeldFilterOf(const election::Definition& definition,
                                        const v1::ListHeldReportsRequest& request) {
  HeldFilter filter;
  if (!request.contest_id().empty()) {
    const absl::StatusOr<int> contest_no =
        election::ResolveContest(definition, request.contest_id());
    if (!contest_no.ok()) return contest_no.status();
    filter.contest_no = *contest_no;
  }
  if (!request.source_id().empty()) {
    const absl::StatusOr<int> source_no =
        election::ResolveOfficialOrNamedSource(definition, request.source_id());
    if (!source_no.ok()) return source_no.status();
    filter.source_no = *source_no;
  }
  return filter;
}

bool Matches(const ledger::ElectionLedger& ledger, std::int64_t sequence,
             const HeldFilter& filter) {
  if (!filter.contest_no.has_value() && !filter.source_no.has_value()) return true;
  const election::Entry entry = ledger.CountedEntryAt(sequence);
  const election::StationKey& key = std::get<election::ReportRecorded>(entry.event).key;
  return filter.contest_no.value_or(key.contest_no) == key.contest_no &&
         filter.source_no.value_or(key.source_no) == key.source_no;
}

}  // namespace

// The position in the page token is the last sequence that was read.
absl::Status ListHeldReports(const CommittedLedgers::Contents& committed,
                             const v1::ListHeldReportsRequest& request,
                             v1::ListHeldReportsResponse& response) {
  const absl::StatusOr<const ledger::ElectionLedger*> found = committed.Get(request.election_id());
  if (!found.ok()) return found.status();
  const ledger::ElectionLedger& ledger = **found;
  const absl::StatusOr<HeldFilter> wanted = HeldFilterOf(ledger.count().definition(), request);
  if (!wanted.ok()) return wanted.status();
  const std::uint64_t filter =
      rpc::FilterHash({"held", request.election_id(), request.contest_id(), request.source_id()});
  const absl::StatusOr<rpc::PageRequest> page =
      rpc::PageRequest::Read(request.page_size(), request.page_token(), filter);
  if (!page.ok()) return page.status();
  const absl::StatusOr<std::int64_t> after =
      page->Start(0, {.lowest = 1, .highest = rpc::kPositionMax});
  if (!after.ok()) return after.status();
  const std::vector<std::int64_t> held = ledger.count().HeldReports();
  auto next = std::upper_bound(held.begin(), held.end(), *after);
  std::size_t bytes = 0;
  for (std::size_t read = 0; next != held.end() && read < kHeldReportsReadMax; ++next, ++read) {
    if (response.entries_size() == page->size() || bytes >= kPageBytesMax) {
      break;
    }
    if (!Matches(ledger, *next, *wanted)) continue;
    *response.add_entries() = rpc::LedgerEntryAt(ledger, *next);
    bytes += response.entries(response.entries_size() - 1).ByteSizeLong();
  }
  if (next != held.end()) response.set_next_page_token(page->TokenAt(*std::prev(next)));
  return absl::OkStatus();
}

}  // namespace canvass::aggregator
