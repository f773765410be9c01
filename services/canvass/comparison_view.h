#ifndef CANVASS_SERVICES_CANVASS_COMPARISON_VIEW_H_
#define CANVASS_SERVICES_CANVASS_COMPARISON_VIEW_H_

#include <string>

#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/canvass/election_names.h"
#include "services/canvass/table.h"

// Every source beside the official one. Pure.
namespace canvass {

// "+1.78" of "1.78": people read differences with their sign. "" and "0.00" stay as they are.
std::string Signed(const std::string& points);

// A line for each source and candidate that it says something of.
Table ComparisonTable(const publisher::v1::CompareSourcesResponse& response,
                      const ElectionNames& names);

// The official result's head, then a table a source.
std::string ComparisonText(const publisher::v1::CompareSourcesResponse& response,
                           const ElectionNames& names, bool colours);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_COMPARISON_VIEW_H_
