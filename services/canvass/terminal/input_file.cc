#include "services/canvass/terminal/input_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "common/base/text.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

absl::Status FileError(std::string_view doing, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, ToAbsl(fmt::format("Cannot {} {}", doing, path)));
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  errno = 0;
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& input = path == "-" ? std::cin : file;
  if (!input) return FileError("read", path, errno);
  std::string content{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  if (input.bad() || errno == EISDIR) return FileError("read", path, errno);
  return content;
}

absl::Status WriteOutput(const std::string& path, std::string_view content) {
  const std::string draft = path + ".tmp";
  errno = 0;
  std::ofstream file(draft, std::ios::binary);
  file << content;
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(draft.c_str());
    return FileError("write", path, error);
  }
  return absl::OkStatus();
}

}  // namespace canvass::cli
