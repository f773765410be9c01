#include "services/station_reporter/outbox/outbox_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace canvass::station_reporter {
namespace {

constexpr std::size_t kMarkBytesMax = 4'096;

// Every mark has the same size, so that a new one covers the one before. The last line is the
// SHA-256 of the others.
std::string MarkText(const MarkedState& state) {
  const std::string text =
      absl::StrFormat("canvass outbox mark 1\nchanges %020d\nreports %020d\ndigest %s\n",
                      state.changes, state.reports, ledger::ToHex(state.digest));
  return StrCat(text, "sha256 ", ledger::ToHex(ledger::Sha256(text)), "\n");
}

// The number or digest that follows the word in a line of a mark.
std::string WordBehind(const std::string& line) {
  const std::size_t space = line.find(' ');
  return space == std::string::npos ? std::string() : line.substr(space + 1);
}

std::optional<MarkedState> ParseMark(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 4) return std::nullopt;
  MarkedState state;
  const std::string digest = WordBehind(lines[3]);
  if (!absl::SimpleAtoi(WordBehind(lines[1]), &state.changes) ||
      !absl::SimpleAtoi(WordBehind(lines[2]), &state.reports) ||
      digest.size() != 2 * state.digest.size() || state.changes < 0 || state.reports < 0) {
    return std::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes(digest);
  std::copy_n(bytes.begin(), state.digest.size(), state.digest.begin());
  return MarkText(state) == text ? std::optional(state) : std::nullopt;
}

absl::Status MarkError(const std::string& file, std::string_view what) {
  return absl::UnavailableError(StrCat(file, " cannot be ", what, ": ", std::strerror(errno)));
}

}  // namespace

OutboxMark::~OutboxMark() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<std::optional<MarkedState>> OutboxMark::Read() const {
  const int descriptor = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::nullopt;
    return MarkError(file_, "read");
  }
  std::array<char, kMarkBytesMax> buffer{};
  const ssize_t size = pread(descriptor, buffer.data(), buffer.size(), 0);
  absl::Status failure;
  if (size < 0) failure = MarkError(file_, "read");
  close(descriptor);
  if (!failure.ok()) return failure;
  const std::optional<MarkedState> state =
      ParseMark(std::string(buffer.data(), static_cast<std::size_t>(size)));
  if (!state.has_value()) {
    return absl::DataLossError(StrCat(file_, " is not the mark of an outbox, or is damaged"));
  }
  return state;
}

absl::Status OutboxMark::Write(const MarkedState& state) {
  if (descriptor_ < 0) {
    const absl::Status opened = Open();
    if (!opened.ok()) return opened;
  }
  const std::string text = MarkText(state);
  const ssize_t written = pwrite(descriptor_, text.data(), text.size(), 0);
  if (written >= 0 && static_cast<std::size_t>(written) < text.size()) errno = ENOSPC;
  if (written != static_cast<ssize_t>(text.size()) || fdatasync(descriptor_) != 0) {
    return MarkError(file_, "written");
  }
  return absl::OkStatus();
}

// Makes the file's name durable as well.
absl::Status OutboxMark::Open() {
  descriptor_ = open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, kOutboxFileMode);
  if (descriptor_ < 0) return MarkError(file_, "opened");
  if (ftruncate(descriptor_, static_cast<off_t>(MarkText({}).size())) != 0) {
    return MarkError(file_, "written");
  }
  const std::string folder = std::filesystem::path(file_).parent_path().string();
  const int directory =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return MarkError(file_, "made durable");
  const bool is_durable = fsync(directory) == 0;
  const absl::Status status = is_durable ? absl::OkStatus() : MarkError(file_, "made durable");
  close(directory);
  return status;
}

}  // namespace canvass::station_reporter
