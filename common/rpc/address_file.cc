#include "common/rpc/address_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::rpc {
namespace {

absl::Status FileError(const std::string& path) {
  return MakeError(reason::kAddressFileUnwritable,
                   absl::StrCat("Cannot write the address file ", path, ": ",
                                std::generic_category().message(errno)),
                   {.metadata = {{"path", path}}});
}

}  // namespace

absl::Status WriteAddressFile(const std::string& path, const std::string& address) {
  const std::string line = address + "\n";
  const std::string draft = absl::StrCat(path, ".", getpid(), ".tmp");
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return FileError(draft);
  const bool written = write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (close(fd) != 0 || !written) return FileError(draft);
  if (rename(draft.c_str(), path.c_str()) != 0) return FileError(path);
  return absl::OkStatus();
}

}  // namespace canvass::rpc
