#include "services/aggregator/store/postgres_sealed_rows.h"

#include <algorithm>
#include <string_view>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/seal.h"

namespace canvass::aggregator {

void PutSealed(postgres::CopyEncoder& rows, int election_no, const SealedItem& item) {
  rows.StartRow(4);
  rows.Int32(election_no);
  rows.Int64(item.sequence);
  rows.Bytes({reinterpret_cast<const char*>(item.nonce.data()), item.nonce.size()});
  rows.Bytes(ledger::EncodeSealed(item.content));
}

absl::StatusOr<SealedItem> ReadSealed(std::string_view bytes) {
  postgres::CopyRow row(bytes);
  SealedItem item;
  item.election_id = row.Text().value_or("");
  item.sequence = row.Int64().value_or(0);
  const std::string_view nonce = row.Text().value_or("");
  const std::string_view content = row.Text().value_or("");
  if (!row.status().ok()) return row.status();
  if (nonce.size() != item.nonce.size()) {
    return MakeError(reason::kEntryDamaged,
                     StrCat("The nonce of seal ", item.sequence, " of ", item.election_id, " has ",
                            nonce.size(), " bytes instead of ", item.nonce.size()));
  }
  std::copy(nonce.begin(), nonce.end(), item.nonce.begin());
  absl::StatusOr<election::SealedContent> decoded = ledger::DecodeSealed(content);
  if (!decoded.ok()) return decoded.status();
  item.content = *std::move(decoded);
  return item;
}

}  // namespace canvass::aggregator
