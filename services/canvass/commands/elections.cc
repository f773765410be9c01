#include <memory>
#include <string>

#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/election_names.h"

namespace canvass::cli {
namespace {

absl::Status RunElections(const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  ListOutput list(invocation, {{"election_id", "election", ColumnKind::kText},
                               {"polling_date", "date", ColumnKind::kText},
                               {"name", "name", ColumnKind::kText},
                               {"rehearsal", "rehearsal", ColumnKind::kText}});
  const absl::Status status = ForEachPage(
      publisher::v1::ListElectionsRequest(),
      [&](const auto& page) { return publisher.ListElections(page); },
      [&](const publisher::v1::ListElectionsResponse& page) {
        for (const v1::Election& election : page.elections()) {
          const ElectionNames names(election, {}, {}, invocation.options.language);
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
  commands.Add("elections", "Lists all elections.", "canvass elections", RunElections);
}

}  // namespace canvass::cli
