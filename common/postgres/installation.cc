#include "common/postgres/installation.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/process/child_process.h"

namespace canvass::postgres {
namespace {

constexpr absl::Duration kVersionPatience = absl::Seconds(10);

// Two programs that are installed together. The first one tells their version.
using Programs = std::array<const char*, 2>;
constexpr Programs kServerPrograms = {"postgres", "initdb"};
constexpr Programs kDumpPrograms = {"pg_dump", "pg_restore"};

bool HasPrograms(const std::string& folder, const Programs& programs) {
  return std::all_of(programs.begin(), programs.end(), [&folder](const char* program) {
    return access(StrCat(folder, "/", program).c_str(), X_OK) == 0;
  });
}

// Path of the program that a shell would find, or "" if there is none.
std::string FindOnPath(const std::string& program) {
  const char* const path = std::getenv("PATH");
  if (path == nullptr) return "";
  for (const absl::string_view folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
    std::string candidate = absl::StrCat(folder, "/", program);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// Folders where packages install the programs: Debian, Red Hat and PostgreSQL's own default.
std::vector<std::string> UsualFolders() {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const std::string parent : {"/usr/lib/postgresql", "/usr"}) {
    for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
      const std::string name = entry.path().filename().string();
      if (parent == "/usr" && !name.starts_with("pgsql-")) continue;
      folders.push_back(entry.path().string() + "/bin");
    }
  }
  std::sort(folders.rbegin(), folders.rend());  // newest first
  folders.emplace_back("/usr/local/pgsql/bin");
  folders.emplace_back("/usr/local/bin");
  folders.emplace_back("/usr/bin");
  return folders;
}

std::vector<std::string> CandidateFolders() {
  std::vector<std::string> folders;
  if (const std::string pg_config = FindOnPath("pg_config"); !pg_config.empty()) {
    const auto folder =
        process::RunProgram({pg_config, "--bindir"}, std::nullopt, kVersionPatience);
    if (folder.ok()) folders.emplace_back(absl::StripAsciiWhitespace(*folder));
  }
  for (std::string& folder : UsualFolders()) folders.push_back(std::move(folder));
  return folders;
}

// 15 of "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)".
std::optional<int> MajorVersionOf(const std::string& program) {
  const auto answer = process::RunProgram({program, "--version"}, std::nullopt, kVersionPatience);
  if (!answer.ok()) return std::nullopt;
  const std::vector<std::string> words = absl::StrSplit(*answer, ' ');
  if (words.size() < 3) return std::nullopt;
  int major = 0;
  const std::string digits = words[2].substr(0, words[2].find_first_not_of("0123456789"));
  if (!absl::SimpleAtoi(digits, &major)) return std::nullopt;
  return major;
}

std::vector<Installation> FindInstallations(const std::string& program_folder,
                                            const Programs& programs) {
  std::vector<std::string> folders;
  if (program_folder.empty()) {
    folders = CandidateFolders();
  } else {
    folders.push_back(program_folder);
  }
  std::vector<Installation> found;
  for (const std::string& folder : folders) {
    const bool seen = std::any_of(
        found.begin(), found.end(),
        [&](const Installation& installation) { return installation.program_folder == folder; });
    if (seen || !HasPrograms(folder, programs)) continue;
    const auto version = MajorVersionOf(StrCat(folder, "/", programs.front()));
    if (version) found.push_back({folder, *version});
  }
  return found;
}

std::string Describe(const std::vector<Installation>& installations) {
  return absl::StrJoin(
      installations, ", ", [](std::string* text, const Installation& installation) {
        StrAppend(text, installation.major_version, " in ", installation.program_folder);
      });
}

}  // namespace

absl::StatusOr<Installation> FindInstallation(const std::string& program_folder,
                                              std::optional<int> major_version) {
  const std::vector<Installation> found = FindInstallations(program_folder, kServerPrograms);
  if (found.empty()) {
    return MakeError(
        reason::kPostgresNotFound,
        StrCat("No PostgreSQL server is installed",
               program_folder.empty() ? "" : StrCat(" in ", program_folder),
               ": neither `postgres` nor `initdb` was found. On Debian: apt install postgresql-",
               kMajorVersionMin));
  }
  for (const Installation& installation : found) {
    const bool fits = major_version ? installation.major_version == *major_version
                                    : installation.major_version >= kMajorVersionMin;
    if (fits) return installation;
  }
  return MakeError(reason::kPostgresVersion,
                   StrCat("PostgreSQL ", major_version.value_or(kMajorVersionMin),
                          major_version ? "" : " or newer", " is needed, but this machine has ",
                          Describe(found)));
}

absl::StatusOr<std::string> FindDumpPrograms(int major_version) {
  const std::vector<Installation> found = FindInstallations("", kDumpPrograms);
  if (found.empty()) {
    return MakeError(reason::kPostgresNotFound,
                     StrCat("Neither `pg_dump` nor `pg_restore` was found. On Debian: apt install "
                            "postgresql-client-",
                            major_version));
  }
  const Installation* best = nullptr;
  for (const Installation& installation : found) {
    if (installation.major_version < major_version) continue;
    if (best == nullptr || installation.major_version < best->major_version) best = &installation;
  }
  if (best != nullptr) return best->program_folder;
  return MakeError(reason::kPostgresVersion,
                   StrCat("pg_dump and pg_restore of PostgreSQL ", major_version,
                          " or newer are needed, but this machine has ", Describe(found)));
}

}  // namespace canvass::postgres
