#ifndef CANVASS_SERVICES_CANVASS_ENTRY_VIEW_H_
#define CANVASS_SERVICES_CANVASS_ENTRY_VIEW_H_

#include <google/protobuf/repeated_field.h>

#include <string>
#include <vector>

#include "canvass/v1/ledger.pb.h"
#include "services/canvass/election_names.h"
#include "services/canvass/table.h"

// Ledger entries and findings as people read them. Pure.
namespace canvass {

// "report recorded", "report held", "report annulled", "under embargo", ...
std::string EventKind(const v1::LedgerEntry& entry);
// What the entry is about: a station and revision, a contest, the parts of a definition.
std::string EventSubject(const v1::LedgerEntry& entry);
// Why, in the words of whoever decided; for a report what was found in it.
std::string EventReason(const v1::LedgerEntry& entry);

std::vector<Column> EntryColumns();
Row EntryRow(const v1::LedgerEntry& entry, const ElectionNames& names);

// "election, 2 contests, 125 areas, 4 000 stations"; "nothing" for no parts.
std::string PartsText(const v1::DefinitionChange& change);

// "VOTES_NOT_BALANCED, CAST_ABOVE_REGISTERED" and the sentences about them, separated by blanks.
std::string RulesText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings);
std::string FindingsText(const google::protobuf::RepeatedPtrField<v1::Finding>& findings);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ENTRY_VIEW_H_
