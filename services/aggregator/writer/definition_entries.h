#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_DEFINITION_ENTRIES_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_DEFINITION_ENTRIES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/entry_builder.h"

namespace canvass::aggregator {

// Limits of one entry of a definition, so that it fits into one message to watchers and readers.
inline constexpr std::size_t kPartsPerEntryMax = 10'000;
inline constexpr std::size_t kDefinitionEntryBytesMax = 1 << 20;  // approximate size of the texts

// Splits `change` into pieces within the limits above. Applied in order, they have the same effect.
std::vector<election::DefinitionChange> SplitDefinition(election::DefinitionChange change);

// Returns the entries that record `change`: its pieces and their seal.
std::vector<AppendedEntry> DefinitionEntries(EntryBuilder& builder, const std::string& actor,
                                             election::DefinitionChange change);
// Returns the change that such entries record.
election::DefinitionChange JoinDefinition(std::vector<AppendedEntry> entries);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_DEFINITION_ENTRIES_H_
