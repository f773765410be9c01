#include "tests/faults/trial.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/postgres/session.h"

namespace canvass::faults {
namespace {

// Long on a healthy stage: whoever needs more has lost something.
constexpr absl::Duration kSettlesWithin = absl::Seconds(30);
// Promises of which it is asked whether they were refused, before the ledger is read again.
constexpr int kAskedAtOnceMax = 50;
constexpr absl::Duration kAskEvery = absl::Milliseconds(10);

std::int64_t ToInt(std::string_view text) {
  std::int64_t number = 0;
  return absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number) ? number : -1;
}

// The server's "{1,2,3}".
std::vector<std::int64_t> ToInts(const std::string& array) {
  std::vector<std::int64_t> numbers;
  if (array.size() <= 2) return numbers;
  for (const absl::string_view part : absl::StrSplit(array.substr(1, array.size() - 2), ',')) {
    numbers.push_back(ToInt({part.data(), part.size()}));
  }
  return numbers;
}

}  // namespace

Trial::Trial(Stage& stage, const std::string& election_id, std::uint64_t seed, int stations,
             absl::Duration embargo)
    : stage_(stage),
      election_(election_id, seed, stations, absl::Now() + embargo),
      seed_(seed),
      addresses_{.reporter = stage.reporter_address(),
                 .aggregators = stage.aggregator_addresses(),
                 .publisher = stage.publisher_address(),
                 .identities = stage.identities()},
      witness_(election_),
      clients_(addresses_),
      ledger_(election_) {}

void Trial::Define() {
  const absl::Time deadline = absl::Now() + kSettlesWithin;
  absl::Status status;
  do {
    status = clients_.Define(election_.Definition());
  } while (!status.ok() && MayHaveHappened(status) && absl::Now() < deadline);
  if (!status.ok()) witness_.Violation(StrCat("The election is not defined: ", ReasonOf(status)));
}

void Trial::StartLoad() {
  load_ = std::make_unique<Load>(election_, witness_, addresses_, seed_,
                                 [this] { return stage_.publisher_life(); });
}

bool Trial::Check() {
  const Testimony testimony = TestimonyOf(witness_);
  if (!ReadNewEntries()) return false;
  ledger_.Compare(testimony);
  TakeViolations();
  return true;
}

bool Trial::ReadNewEntries() {
  const std::string connection = stage_.owner_connection();
  if (connection.empty()) return false;
  const auto session = postgres::Session::Open({.connection = connection});
  if (!session.ok()) return false;
  const auto rows = (*session)->Query(StrCat(
      "SELECT sequence, encode(entry, 'hex'), encode(leaf_hash, 'hex') FROM canvass.entries "
      "JOIN canvass.elections USING (election_no) WHERE election_id = ",
      (*session)->Quote(election_.id()), " AND sequence > ", ledger_.size(), " ORDER BY sequence"));
  if (!rows.ok()) return false;
  for (const auto& row : *rows) {
    ledger_.Add(ToInt(*row[0]), absl::HexStringToBytes(*row[1]), *row[2]);
  }
  return true;
}

void Trial::Finish(bool with_reference) {
  if (load_ != nullptr) load_->Settle(kSettlesWithin);
  load_.reset();
  if (!Check()) witness_.Violation("PostgreSQL cannot be read at the end");
  AwaitPromises();
  AwaitOpenings();
  const absl::Time deadline = absl::Now() + kSettlesWithin;
  std::vector<std::string> found;
  std::int64_t size = -1;
  do {
    // What a client gave up may still come from the outbox: once more if the ledger grew meanwhile.
    if (!Check()) return witness_.Violation("PostgreSQL cannot be read at the end");
    size = ledger_.size();
    CompareLedgerOfService();
    CompareSqlTotals();
    ComparePublishedResults();
    if (with_reference) ledger_.CompareWithReference();
    found = ledger_.TakeViolations();
  } while (Check() && size != ledger_.size() && absl::Now() < deadline);
  for (const std::string& violation : found) witness_.Violation(violation);
}

void Trial::AwaitPromises() {
  absl::Time deadline = absl::Now() + kSettlesWithin;
  for (auto open = witness_.promises(); !open.empty(); open = witness_.promises()) {
    ReadNewEntries();
    int asked = 0;
    for (const auto& [name, variant] : open) {
      const bool kept = ledger_.Holds(name, variant) ||
                        (++asked <= kAskedAtOnceMax && IsVisiblyRefused(name, variant));
      const bool lost = !kept && absl::Now() > deadline;
      if (lost) {
        witness_.Violation(StrCat("LOST: ", ToString(name),
                                  " was QUEUED, and is neither in the ledger nor refused"));
      }
      if (kept || lost) witness_.PromiseKept(name, variant);
      if (kept) deadline = absl::Now() + kSettlesWithin;
    }
    absl::SleepFor(kAskEvery);
  }
}

// What was said under embargo is opened soon after its end.
void Trial::AwaitOpenings() {
  const absl::Time deadline = absl::Now() + kSettlesWithin;
  while (ledger_.closed_seals() > 0 || election_.IsUnderEmbargo(kEmbargoedSource)) {
    if (absl::Now() > deadline) {
      return witness_.Violation(StrCat(ledger_.closed_seals(), " seals were not opened"));
    }
    absl::SleepFor(kAskEvery);
    ReadNewEntries();
  }
}

bool Trial::IsVisiblyRefused(const ReportName& name, int variant) {
  const v1::StationReport report = election_.Report(name, variant);
  v1::ReportKey key;
  key.set_election_id(report.election_id());
  key.set_contest_id(report.contest_id());
  key.set_source_id(report.source_id());
  key.set_station_id(report.station_id());
  key.set_revision(report.revision());
  const auto receipt = clients_.GetReceipt(key);
  if (receipt.ok() && receipt->state() == v1::RECEIPT_STATE_REFUSED) return true;
  if (name.source_no == kEmbargoedSource) {
    // The outbox tries a correction again and again that came before what it corrects.
    const bool waits = receipt.ok() && receipt->state() == v1::RECEIPT_STATE_QUEUED;
    ReportName before = name;
    --before.revision;
    if (waits && before.revision > 0 && !ledger_.Holds(before)) return true;
    if (IsRefusedInOutbox(key)) return true;
  }
  const auto refusals = clients_.ReadRefusals(report.election_id(), report.station_id());
  if (!refusals.ok()) return false;
  return std::any_of(refusals->begin(), refusals->end(), [&report](const auto& refusal) {
    const v1::StationReport& kept = refusal.report();
    return kept.revision() == report.revision() && kept.source_id() == report.source_id() &&
           kept.ballots().ballots_cast() == report.ballots().ballots_cast();
  });
}

// The aggregator lists what it refused of a source only after the embargo, and only the outbox
// tells until then.
bool Trial::IsRefusedInOutbox(const v1::ReportKey& key) {
  const auto refused = clients_.ReadRefusedOfOutbox(key.election_id(), key.station_id());
  if (!refused.ok()) return false;
  return std::any_of(refused->begin(), refused->end(), [&key](const v1::ReportKey& kept) {
    return kept.revision() == key.revision() && kept.source_id() == key.source_id();
  });
}

void Trial::CompareLedgerOfService() {
  const absl::Time deadline = absl::Now() + kSettlesWithin;
  auto entries = clients_.ReadLedger(election_.id());
  while (!entries.ok() && absl::Now() < deadline) entries = clients_.ReadLedger(election_.id());
  if (!entries.ok()) {
    ledger_.Note(StrCat("The ledger cannot be listed: ", ReasonOf(entries.status())));
    return;
  }
  if (static_cast<std::int64_t>(entries->size()) != ledger_.size()) {
    ledger_.Note(StrCat("The aggregator lists ", entries->size(), " entries, and PostgreSQL has ",
                        ledger_.size()));
  }
  for (const v1::LedgerEntry& entry : *entries) ledger_.AddAgain(entry.sequence(), entry.entry());
}

void Trial::CompareSqlTotals() {
  // With what the server knew of a ledger that has just begun, the sums would take it too long.
  const auto owner = postgres::Session::Open({.connection = stage_.owner_connection()});
  if (owner.ok()) (*owner)->Run("ANALYZE").IgnoreError();
  const auto session = postgres::Session::Open({.connection = stage_.reader_connection()});
  if (!session.ok()) return ledger_.Note("PostgreSQL cannot be read at the end");
  const auto rows = (*session)->Query(
      StrCat("SELECT source_id, area_id, reports, blank_votes, invalid_votes, votes "
             "FROM canvass.area_totals WHERE election_id = ",
             (*session)->Quote(election_.id())));
  if (!rows.ok()) {
    return ledger_.Note(
        StrCat("The views of PostgreSQL cannot be read at the end: ", rows.status().ToString()));
  }
  // What is not listed has no reports.
  std::map<std::pair<std::string, std::string>, Figures> totals;  // by source and area
  for (const auto& row : *rows) {
    Figures& figures = totals[{*row[0], *row[1]}];
    figures = {.ballots = {.blank = ToInt(*row[3]), .invalid = ToInt(*row[4])},
               .stations = ToInt(*row[2])};
    const std::vector<std::int64_t> votes = ToInts(row[5].value_or(""));
    for (std::size_t i = 0; i < votes.size(); ++i) figures.ballots.votes.at(i) = votes[i];
  }
  for (int source = 0; source < kSources; ++source) {
    for (int area = 0; area < kAreas; ++area) {
      ledger_.CompareTotals("SQL", source, area,
                            totals[{TrialElection::SourceId(source), TrialElection::AreaId(area)}]);
    }
  }
}

void Trial::ComparePublishedResults() {
  const absl::Time deadline = absl::Now() + kSettlesWithin;
  for (int source = 0; source < kSources; ++source) {
    for (int area = 0; area < kAreas; ++area) {
      const auto read = [&] {
        return clients_.Read(election_.id(), TrialElection::SourceId(source),
                             TrialElection::AreaId(area), ledger_.size());
      };
      auto result = read();
      while (!result.ok() && absl::Now() < deadline) {
        absl::SleepFor(kAskEvery);
        result = read();
      }
      if (!result.ok()) {
        return ledger_.Note(StrCat("The publisher does not reach sequence ", ledger_.size(), ": ",
                                   ReasonOf(result.status())));
      }
      ledger_.CompareTotals("the publisher", source, area, FiguresOf(*result));
    }
  }
}

void Trial::TakeViolations() {
  for (const std::string& violation : ledger_.TakeViolations()) witness_.Violation(violation);
}

}  // namespace canvass::faults
