#ifndef CANVASS_SERVICES_AGGREGATOR_DEFINITION_ENTRIES_H_
#define CANVASS_SERVICES_AGGREGATOR_DEFINITION_ENTRIES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "services/aggregator/entry_builder.h"
#include "services/aggregator/ledger.h"

namespace canvass::aggregator {

// What one entry of a definition may hold, so that it passes as one message to watchers and
// readers.
inline constexpr std::size_t kPartsPerEntryMax = 10'000;
inline constexpr std::size_t kDefinitionEntryBytesMax = 1 << 20;  // of texts, about

// `change` in pieces within the limits above, which take effect the same way one after the other.
std::vector<election::DefinitionChange> SplitDefinition(election::DefinitionChange change);

// The entries that put `change` into the ledger: its pieces and their seal.
std::vector<AppendedEntry> DefinitionEntries(EntryBuilder& builder, const std::string& actor,
                                             election::DefinitionChange change);
// The change that such entries put into the ledger.
election::DefinitionChange JoinDefinition(std::vector<AppendedEntry> entries);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_DEFINITION_ENTRIES_H_
