#include "common/service/admin_port.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"

ABSL_FLAG(std::string, admin_listen, "",
          "Address for /metrics, /healthz and /readyz over HTTP, host:port. Port 0 takes any free "
          "port. None if it is empty. Nothing there is encrypted or a secret.");
ABSL_FLAG(std::string, admin_address_file, "",
          "File to which the service writes the address of --admin_listen.");

namespace canvass::service {

absl::StatusOr<std::unique_ptr<AdminServer>> StartAdminPort(AdminPages pages) {
  const std::string listen = absl::GetFlag(FLAGS_admin_listen);
  if (listen.empty()) return nullptr;
  return AdminServer::Start({.listen_address = listen,
                             .address_file = absl::GetFlag(FLAGS_admin_address_file),
                             .version = CANVASS_VERSION},
                            std::move(pages));
}

}  // namespace canvass::service
