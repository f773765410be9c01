#include "services/station_reporter/link/known_entries.h"

#include <grpcpp/client_context.h>

#include <string>

#include "canvass/v1/report.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"

namespace canvass::station_reporter {
namespace {

// The aggregator answers from memory.
constexpr absl::Duration kEntryWithin = absl::Seconds(2);

absl::Status EntryDiffers(const std::string& election_id, const process::KnownLedger& known,
                          std::string_view found, const std::string& file) {
  return MakeError(
      reason::kLedgerDiverged,
      StrCat("A receipt told of entry ", known.sequence, " of ", election_id, " with the hash ",
             known.hash, ", but the aggregator ", found,
             ". Nothing is sent to it; to accept its ledger, stop the reporter and remove ", file));
}

absl::Status CheckEntry(aggregator::v1::AggregatorService::Stub& stub,
                        const std::string& election_id, const process::KnownLedger& known,
                        const std::string& file) {
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(election_id);
  request.set_from_sequence(known.sequence);
  request.set_page_size(1);
  aggregator::v1::ListLedgerEntriesResponse response;
  grpc::ClientContext context;
  rpc::SetDeadline(context, kEntryWithin);
  const absl::Status status =
      rpc::FromGrpcStatus(stub.ListLedgerEntries(&context, request, &response));
  if (HasReason(status, reason::kElectionUnknown)) {
    return EntryDiffers(election_id, known, "does not have the election", file);
  }
  if (!status.ok()) return status;
  if (response.entries().empty() || response.entries(0).sequence() != known.sequence) {
    return EntryDiffers(election_id, known, "does not have the entry", file);
  }
  const std::string& hash = response.entries(0).entry_hash();
  if (hash == known.hash) return absl::OkStatus();
  return EntryDiffers(election_id, known, StrCat("has one with the hash ", hash), file);
}

}  // namespace

void KnownEntries::Note(const std::vector<std::string_view>& receipts) {
  // Receipts of recorded reports come in the order of their entries; only a repeated one is older.
  // NOLINTNEXTLINE(modernize-loop-convert): Clang 14 cannot read std::views::reverse of GCC 12
  for (auto bytes = receipts.rbegin(); bytes != receipts.rend(); ++bytes) {
    v1::Receipt receipt;
    if (!receipt.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) return;
    if (receipt.sequence() < 1 || receipt.entry_hash().empty()) continue;
    const std::string& election_id = receipt.key().election_id();
    const MutexLock lock(mutex_);
    const auto known = known_.all().find(election_id);
    if (known != known_.all().end() && known->second.sequence >= receipt.sequence()) return;
    known_.Set(election_id, {.sequence = receipt.sequence(), .hash = receipt.entry_hash()});
    changed_ = true;
    return;
  }
}

absl::Status KnownEntries::Check(aggregator::v1::AggregatorService::Stub& stub) const {
  process::KnownLedgerMap all;
  std::string file;
  {
    const MutexLock lock(mutex_);
    all = known_.all();
    file = known_.file();
  }
  for (const auto& [election_id, known] : all) {
    absl::Status checked = CheckEntry(stub, election_id, known, file);
    if (!checked.ok()) return checked;
  }
  return absl::OkStatus();
}

void KnownEntries::SaveIfDue(absl::Duration steady_now) {
  {
    const MutexLock lock(mutex_);
    if (!changed_ || steady_now < next_at_) return;
    next_at_ = steady_now + kSaveEvery;
  }
  Save();
}

void KnownEntries::Save() {
  process::KnownLedgers known;
  {
    const MutexLock lock(mutex_);
    if (!changed_) return;
    known = known_;
    changed_ = false;
  }
  const absl::Status saved = known.Save();
  if (saved.ok()) return;
  telemetry::LogWarning("The newest entries are not kept: " + telemetry::Describe(saved));
  const MutexLock lock(mutex_);
  changed_ = true;
}

}  // namespace canvass::station_reporter
