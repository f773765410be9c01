#ifndef CANVASS_SERVICES_CANVASS_VIEWS_ENTRY_VIEW_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_ENTRY_VIEW_H_

#include <google/protobuf/repeated_field.h>

#include <string>
#include <vector>

#include "canvass/v1/ledger.pb.h"
#include "services/canvass/terminal/table.h"
#include "services/canvass/views/election_names.h"

// Ledger entries and findings for people. Pure.
namespace canvass::cli {

// Returns an entry with what the opening of a seal shows, as it would be without an embargo; others
// as they are.
v1::LedgerEntry Unsealed(const v1::LedgerEntry& entry);

// Returns the kind of entry: "report recorded", "report held", "report annulled", "sealed",
// ...
std::string EventKind(const v1::LedgerEntry& entry);
// Returns the subject of the entry: a station and revision, a contest, or the parts of a
// definition.
std::string EventSubject(const v1::LedgerEntry& entry);
// Returns the reason that the entry gives. For a report it adds the rules of its findings.
std::string EventReason(const v1::LedgerEntry& entry);

std::vector<Column> EntryColumns();
Row EntryRow(const v1::LedgerEntry& entry, const ElectionNames& names);

// Returns for example "election, 2 contests, 125 areas, 4 000 stations", or "nothing" if there are
// no parts.
std::string PartsText(const v1::DefinitionChange& change);

// Return the rules of the findings, "VOTES_NOT_BALANCED, CAST_ABOVE_REGISTERED", and their
// messages, separated by blanks.
std::string RulesText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings);
std::string FindingsText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_ENTRY_VIEW_H_
