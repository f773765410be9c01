#ifndef CANVASS_COMMON_SERVICE_ADMIN_PORT_H_
#define CANVASS_COMMON_SERVICE_ADMIN_PORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/service/admin_server.h"

namespace canvass::service {

// Starts the server of --admin_listen, a flag of every service. Returns null if the flag is empty.
// Returns the errors of AdminServer::Start. Must be called after the flags were parsed.
absl::StatusOr<std::unique_ptr<AdminServer>> StartAdminPort(AdminPages pages);

}  // namespace canvass::service

#endif  // CANVASS_COMMON_SERVICE_ADMIN_PORT_H_
