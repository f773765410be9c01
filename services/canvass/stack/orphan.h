#ifndef CANVASS_SERVICES_CANVASS_STACK_ORPHAN_H_
#define CANVASS_SERVICES_CANVASS_STACK_ORPHAN_H_

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace canvass::cli {

// Returns a process of this user whose command line has `argument` as one of its words.
std::optional<pid_t> FindProcessWith(const std::string& argument);

// Waits up to `patience` for the process to end, then kills it. Returns at once if `interrupted`
// returns true, which is polled.
void EndProcess(pid_t pid, absl::Duration patience, const std::function<bool()>& interrupted);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_STACK_ORPHAN_H_
