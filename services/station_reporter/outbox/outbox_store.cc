#include "services/station_reporter/outbox/outbox_store.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/ledger/bytes.h"

namespace canvass::station_reporter {

ledger::Hash RowDigest(const NewReport& report) {
  const QueuedReport& queued = report.queued;
  std::string bytes;
  bytes.reserve(report.submitted.size() + 512);
  ledger::ByteWriter writer(bytes);
  writer.Signed(queued.number);
  writer.Text(queued.key.election_id);
  writer.Text(queued.key.contest_id);
  writer.Text(queued.key.source_id);
  writer.Text(queued.key.station_id);
  writer.Signed(queued.key.revision);
  writer.Signed(absl::ToUnixMicros(queued.queued_at));
  bytes.append(queued.digest.begin(), queued.digest.end());
  writer.Text(report.submitted);
  return ledger::Sha256(bytes);
}

}  // namespace canvass::station_reporter
