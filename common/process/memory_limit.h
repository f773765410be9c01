#ifndef CANVASS_COMMON_PROCESS_MEMORY_LIMIT_H_
#define CANVASS_COMMON_PROCESS_MEMORY_LIMIT_H_

#include <cstdint>
#include <optional>
#include <string>

namespace canvass::process {

// Bytes that the control groups of this process let it use: the smallest limit from its own group
// up to the highest one that is mounted. Version 2 has memory.max and memory.high, version 1
// memory.limit_in_bytes; with both mounted, both count. nullopt if there is no limit, or none that
// can be read. `root` is the folder in which proc and sys lie; tests name another one.
std::optional<std::int64_t> MemoryLimit(const std::string& root = "");

// The memory of the machine, or the limit of this process if that is less; in bytes.
std::int64_t MemoryOfMachine();

}  // namespace canvass::process

#endif  // CANVASS_COMMON_PROCESS_MEMORY_LIMIT_H_
