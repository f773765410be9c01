#ifndef CANVASS_SERVICES_CANVASS_VIEWS_COMPARISON_VIEW_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_COMPARISON_VIEW_H_

#include <string>

#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/canvass/terminal/table.h"
#include "services/canvass/views/election_names.h"

// Views of a comparison of sources. Pure.
namespace canvass::cli {

// Returns "+1.78" for "1.78", because people expect a sign on differences. "", "0.00" and negative
// numbers stay unchanged.
std::string Signed(const std::string& points);

// Returns one row for each source and each candidate for which the source has a share.
Table ComparisonTable(const publisher::v1::CompareSourcesResponse& response,
                      const ElectionNames& names);

// Returns the official result's heading and one table for each source.
std::string ComparisonText(const publisher::v1::CompareSourcesResponse& response,
                           const ElectionNames& names, bool colours);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_COMPARISON_VIEW_H_
