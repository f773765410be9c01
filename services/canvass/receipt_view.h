#ifndef CANVASS_SERVICES_CANVASS_RECEIPT_VIEW_H_
#define CANVASS_SERVICES_CANVASS_RECEIPT_VIEW_H_

#include <string>
#include <vector>

#include "canvass/v1/report.pb.h"
#include "services/canvass/table.h"

// Receipts as people read them. Pure.
namespace canvass {

// "recorded", "held", "refused", "queued".
std::string StateText(v1::ReceiptState state);

std::vector<Column> ReceiptColumns();
Row ReceiptRow(const v1::Receipt& receipt);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_RECEIPT_VIEW_H_
