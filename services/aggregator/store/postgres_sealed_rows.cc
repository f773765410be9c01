#include "services/aggregator/store/postgres_sealed_rows.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/seal.h"

namespace canvass::aggregator {

namespace {

constexpr std::size_t kSizeMin = 1'024;
constexpr char kEnd = '\x80';

}  // namespace

std::string PadContent(const election::SealedContent& content) {
  std::string padded = ledger::EncodeSealed(content) + kEnd;
  std::size_t size = kSizeMin;
  while (size < padded.size()) size *= 2;
  padded.resize(size, '\0');
  return padded;
}

absl::StatusOr<election::SealedContent> ReadPadded(std::string_view padded) {
  const std::size_t end = padded.find_last_not_of('\0');
  if (end == std::string_view::npos || padded[end] != kEnd) {
    return MakeError(reason::kEntryDamaged, "The padding of a sealed content is damaged");
  }
  return ledger::DecodeSealed(padded.substr(0, end));
}

void PutSealed(postgres::CopyEncoder& rows, int election_no, const SealedItem& item) {
  rows.StartRow(4);
  rows.Int32(election_no);
  rows.Int64(item.sequence);
  rows.Bytes({reinterpret_cast<const char*>(item.nonce.data()), item.nonce.size()});
  rows.Bytes(PadContent(item.content));
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
  absl::StatusOr<election::SealedContent> decoded = ReadPadded(content);
  if (!decoded.ok()) return decoded.status();
  item.content = *std::move(decoded);
  return item;
}

}  // namespace canvass::aggregator
