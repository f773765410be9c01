#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_ADMIN_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_ADMIN_CLIENT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace canvass::cli {

// One page of a service's admin port.
struct AdminPage {
  int status = 0;  // of HTTP, e.g. 200
  std::string text{};
};

// Largest page that is read.
inline constexpr std::size_t kAdminPageBytesMax = std::size_t{16} << 20U;

// Gets `path`, e.g. "/metrics", from the admin port at `address`, host:port. Returns UNAVAILABLE
// if nothing answers in full within about `timeout`.
absl::StatusOr<AdminPage> GetAdminPage(const std::string& address, const std::string& path,
                                       absl::Duration timeout = absl::Seconds(5));

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_ADMIN_CLIENT_H_
