#ifndef CANVASS_SERVICES_CANVASS_VIEWS_RECEIPT_VIEW_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_RECEIPT_VIEW_H_

#include <string>
#include <vector>

#include "canvass/v1/report.pb.h"
#include "services/canvass/terminal/table.h"

// Receipts for people. Pure.
namespace canvass::cli {

// Returns "recorded", "held", "refused" or "queued".
std::string StateText(v1::ReceiptState state);

std::vector<Column> ReceiptColumns();
Row ReceiptRow(const v1::Receipt& receipt);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_RECEIPT_VIEW_H_
