#include "services/canvass/terminal/input_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <system_error>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

absl::Status FileError(std::string_view doing, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, ToAbsl(fmt::format("Cannot {} {}", doing, path)));
}

absl::Status TooLarge(const std::string& path, std::size_t bytes_max) {
  return MakeError(reason::kInputTooLarge,
                   fmt::format("{} has more than {} bytes, which is the limit for an input",
                               path == "-" ? "Standard input" : path, bytes_max));
}

// Reads all of `input`, which is at its beginning.
absl::StatusOr<std::string> ReadAll(std::FILE* input, const std::string& path,
                                    std::size_t bytes_max) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;
  std::string content;
  for (;;) {
    const std::size_t before = content.size();
    content.resize(before + kPieceBytes);
    const std::size_t read = std::fread(content.data() + before, 1, kPieceBytes, input);
    content.resize(before + read);
    if (content.size() > bytes_max) return TooLarge(path, bytes_max);
    if (read < kPieceBytes) break;
  }
  // The C++ streams would throw here, e.g. for a directory.
  if (std::ferror(input) != 0) return FileError("read", path, errno);
  return content;
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return ReadAll(stdin, path, bytes_max);
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return FileError("read", path, errno);
  return ReadAll(file.get(), path, bytes_max);
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
