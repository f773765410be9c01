#include "services/canvass/views/receipt_view.h"

#include "services/canvass/views/entry_view.h"

namespace canvass::cli {

std::string StateText(v1::ReceiptState state) {
  switch (state) {
    case v1::RECEIPT_STATE_QUEUED:
      return "queued";
    case v1::RECEIPT_STATE_RECORDED:
      return "recorded";
    case v1::RECEIPT_STATE_HELD:
      return "held";
    case v1::RECEIPT_STATE_REFUSED:
      return "refused";
    default:
      return v1::ReceiptState_Name(state);
  }
}

std::vector<Column> ReceiptColumns() {
  return {{"station_id", "station", ColumnKind::kText},
          {"contest_id", "contest", ColumnKind::kText},
          {"source_id", "source", ColumnKind::kText},
          {"revision", "revision", ColumnKind::kCount},
          {"state", "state", ColumnKind::kText},
          {"repeated", "repeated", ColumnKind::kText},
          {"sequence", "sequence", ColumnKind::kCount},
          {"rules", "rules", ColumnKind::kText},
          {"message", "what was found", ColumnKind::kText},
          {"entry_hash", "entry hash", ColumnKind::kText}};
}

Row ReceiptRow(const v1::Receipt& receipt) {
  return {receipt.key().station_id(),
          receipt.key().contest_id(),
          receipt.key().source_id(),
          std::to_string(receipt.key().revision()),
          StateText(receipt.state()) + (receipt.sealed() ? " (sealed)" : ""),
          receipt.repeated_submission() ? "yes" : "",
          receipt.sequence() > 0 ? std::to_string(receipt.sequence()) : "",
          RulesText(receipt.findings()),
          FindingsText(receipt.findings()),
          receipt.entry_hash()};
}

}  // namespace canvass::cli
