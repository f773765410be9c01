#include "services/canvass/backup/catch_up.h"

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "services/canvass/clients/pages.h"

namespace canvass::cli {
namespace {

absl::StatusOr<std::vector<std::string>> ElectionsOf(const PublisherClient& publisher) {
  std::vector<std::string> elections;
  const absl::Status listed = ForEachPage(
      publisher::v1::ListElectionsRequest(),
      [&](const auto& request) { return publisher.ListElections(request); },
      [&](const publisher::v1::ListElectionsResponse& page) {
        for (const v1::Election& election : page.elections()) {
          elections.push_back(election.election_id());
        }
        return true;
      });
  if (!listed.ok()) return listed;
  return elections;
}

absl::Status SaidBy(std::string_view name, const absl::Status& status) {
  if (status.ok()) return status;
  return ErrorWithDetail(status.code(), StrCat("Publisher ", name, ": ", status.message()),
                         DetailOf(status));
}

}  // namespace

absl::Status CatchUp::TakeFrom(const PublisherClient& publisher, std::string_view name) {
  const absl::StatusOr<std::vector<std::string>> elections = ElectionsOf(publisher);
  if (!elections.ok()) return SaidBy(name, elections.status());
  for (const std::string& election_id : *elections) {
    const absl::Status taken = TakeElection(publisher, election_id);
    if (!taken.ok()) return SaidBy(name, taken);
  }
  return absl::OkStatus();
}

absl::Status CatchUp::TakeElection(const PublisherClient& publisher,
                                   const std::string& election_id) {
  std::unique_ptr<ledger::ElectionLedger>& ledger = ledgers_[election_id];
  if (ledger == nullptr) ledger = std::make_unique<ledger::ElectionLedger>(election_id);
  const std::int64_t before = ledger->sequence();
  publisher::v1::ListChangesRequest request;
  request.set_election_id(election_id);
  request.set_from_sequence(before + 1);
  v1::AsOf as_of;
  absl::Status taken;
  const absl::Status listed = ForEachPage(
      request, [&](const auto& page) { return publisher.ListChanges(page); },
      [&](const publisher::v1::ListChangesResponse& page) {
        as_of = page.as_of();
        taken = TakePage(page, *ledger);
        return taken.ok();
      });
  if (!listed.ok()) return listed;
  if (taken.ok()) taken = CheckMoment(as_of, *ledger);
  if (taken.ok() && ledger->sequence() > before) {
    added_[election_id] += ledger->sequence() - before;
  }
  return taken;
}

absl::Status CatchUp::TakePage(const publisher::v1::ListChangesResponse& page,
                               ledger::ElectionLedger& ledger) {
  if (page.as_of().ledger_id() != ledger_id_) {
    return MakeError(reason::kLedgerDiverged, StrCat("it shows ledger ", page.as_of().ledger_id(),
                                                     ", but the backup is of ", ledger_id_));
  }
  for (const v1::LedgerEntry& entry : page.entries()) {
    const std::int64_t next = ledger.sequence() + 1;
    if (entry.sequence() != next) {
      return MakeError(reason::kSequenceMissing,
                       StrCat("it sent entry ", entry.sequence(), " of ", ledger.election_id(),
                              " where entry ", next, " was asked for"));
    }
    const std::string hash = ledger::ToHex(ledger::LeafHash(entry.entry()));
    if (hash != entry.entry_hash()) {
      return MakeError(
          reason::kEntryHashDiffers,
          StrCat("it sent entry ", next, " of ", ledger.election_id(), " with the hash ",
                 entry.entry_hash(), ", but the bytes have the hash ", hash));
    }
    const absl::Status folded = ledger.Append(entry.entry());
    if (!folded.ok()) {
      return MakeError(reason::kLedgerDiverged,
                       StrCat("its entry ", next, " of ", ledger.election_id(),
                              " does not follow from those before: ", folded.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status CatchUp::CheckMoment(const v1::AsOf& as_of,
                                  const ledger::ElectionLedger& ledger) const {
  const std::string& election_id = ledger.election_id();
  if (as_of.sequence() > ledger.sequence()) {
    return MakeError(reason::kSequenceMissing,
                     StrCat("it shows sequence ", as_of.sequence(), " of ", election_id,
                            ", but sent entries up to ", ledger.sequence()));
  }
  if (as_of.sequence() < 1) {
    return MakeError(reason::kLedgerDiverged,
                     StrCat("it shows sequence ", as_of.sequence(), " of ", election_id));
  }
  const std::string root = ledger::ToHex(ledger.log().RootAt(as_of.sequence()));
  if (root == as_of.root_hash()) return absl::OkStatus();
  return MakeError(reason::kLedgerDiverged,
                   StrCat("at sequence ", as_of.sequence(), " of ", election_id, " its root is ",
                          as_of.root_hash(), ", but the backup and the entries that it sent have ",
                          "the root ", root));
}

}  // namespace canvass::cli
