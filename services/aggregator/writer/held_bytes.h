#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_HELD_BYTES_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_HELD_BYTES_H_

#include <cstddef>
#include <vector>

#include "common/election/definition.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"

// How much memory a request holds until it is answered. A report of 16 candidates takes 200 bytes
// on the wire and 1.5 KB in memory, so a limit on bytes counts the latter.
namespace canvass::aggregator {

// Includes the receipts to come, without their findings.
std::size_t HeldBytes(const std::vector<SubmittedReport>& reports);

std::size_t HeldBytes(const election::DefinitionChange& change);

// Until the receipt is written, about.
std::size_t HeldBytes(const Receipt& receipt);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_HELD_BYTES_H_
