#include <memory>
#include <string>

#include "services/canvass/command.h"
#include "services/canvass/commands.h"
#include "services/canvass/election_names.h"
#include "services/canvass/list_output.h"
#include "services/canvass/pages.h"
#include "services/canvass/publisher_client.h"

namespace canvass {
namespace {

absl::Status Run(const Session& session) {
  const PublisherClient publisher(session.options);
  ListOutput list(session, {{"election_id", "election", ColumnKind::kText},
                            {"polling_date", "date", ColumnKind::kText},
                            {"name", "name", ColumnKind::kText},
                            {"rehearsal", "rehearsal", ColumnKind::kText}});
  const absl::Status status = ForEachPage(
      publisher::v1::ListElectionsRequest(),
      [&](const auto& page) { return publisher.ListElections(page); },
      [&](const publisher::v1::ListElectionsResponse& page) {
        for (const v1::Election& election : page.elections()) {
          const ElectionNames names(election, {}, {}, session.options.language);
          list.Add({election.election_id(), election.polling_date(), names.Election(),
                    election.rehearsal() ? "yes" : ""},
                   election);
        }
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddElections(CommandLine& commands) {
  commands.Add("elections", "Lists the elections that are counted or were.", "canvass elections",
               Run);
}

}  // namespace canvass
