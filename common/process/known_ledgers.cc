#include "common/process/known_ledgers.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/hash_text.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/process/folder.h"

namespace canvass::process {
namespace {

constexpr std::string_view kFirstLine = "canvass known ledgers 1";
constexpr std::string_view kNoLedgerId = "-";
// A thousand elections have a tenth of it.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

struct FilePlace {
  std::string folder;
  std::string name;
};

FilePlace PlaceOf(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return {.folder = ".", .name = file};
  return {.folder = file.substr(0, slash + 1), .name = file.substr(slash + 1)};
}

// Reads "election ledger-id sequence hash". Returns false for anything else.
bool ReadLine(const std::string& line, KnownLedgerMap& known) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  if (words.size() != 4 || words[0].empty() || !IsHashText(words[3])) return false;
  KnownLedger ledger{.ledger_id = words[1] == kNoLedgerId ? "" : words[1], .hash = words[3]};
  if (!absl::SimpleAtoi(words[2], &ledger.sequence) || ledger.sequence < 1) return false;
  return known.emplace(words[0], std::move(ledger)).second;
}

}  // namespace

absl::StatusOr<KnownLedgers> KnownLedgers::Open(const std::string& file) {
  KnownLedgers ledgers(file);
  const FilePlace place = PlaceOf(file);
  const absl::StatusOr<Folder> folder = Folder::Open(place.folder);
  if (!folder.ok()) return folder.status();
  if (!folder->Has(place.name)) return ledgers;
  const absl::StatusOr<std::string> text = folder->Read(place.name, kFileBytesMax);
  if (!text.ok()) return text.status();
  std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  bool is_whole = lines.front() == kFirstLine && lines.size() > 1 && lines.back().empty();
  for (std::size_t i = 1; is_whole && i + 1 < lines.size(); ++i) {
    is_whole = ReadLine(lines[i], ledgers.known_);
  }
  if (is_whole) return ledgers;
  return MakeError(reason::kDataFolderUnusable,
                   StrCat(file,
                          " is not a file of known ledgers, or is damaged. Remove it to go on "
                          "without what it knew"));
}

absl::Status KnownLedgers::Save() const {
  std::string text = StrCat(kFirstLine, "\n");
  for (const auto& [election_id, ledger] : known_) {
    text += StrCat(election_id, " ", ledger.ledger_id.empty() ? kNoLedgerId : ledger.ledger_id, " ",
                   ledger.sequence, " ", ledger.hash, "\n");
  }
  const FilePlace place = PlaceOf(file_);
  const absl::StatusOr<Folder> folder = Folder::Open(place.folder);
  if (!folder.ok()) return folder.status();
  return folder->Write(place.name, text);
}

}  // namespace canvass::process
