#include "services/canvass/backup/backup_folder.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/merkle.h"
#include "common/postgres/dump.h"
#include "common/postgres/installation.h"
#include "common/process/folder.h"
#include "services/aggregator/store/ledger_snapshot.h"
#include "services/aggregator/store/schema.h"

namespace canvass::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDumpName = "ledger.dump";
constexpr const char* kManifestName = "manifest.json";
// Ten thousand elections have a tenth of it.
constexpr std::size_t kManifestBytesMax = std::size_t{16} << 20U;

absl::Status UnusableBackup(std::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message = StrCat("Cannot ", what, " ", path, ": ", std::strerror(error));
  return MakeError(error == ENOSPC ? reason::kDiskFull : reason::kBackupUnusable, message);
}

// A folder beside the backup, under a random name, until it is complete.
class UnfinishedFolder {
 public:
  static absl::StatusOr<UnfinishedFolder> Make(const std::string& finished) {
    std::string path = StrCat(finished, ".unfinished-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) return UnusableBackup("make the folder", path);
    return UnfinishedFolder(std::move(path));
  }
  ~UnfinishedFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  UnfinishedFolder(UnfinishedFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;

  const std::string& path() const { return path_; }
  // Gives it its name.
  absl::Status Finish(const std::string& finished) {
    if (rename(path_.c_str(), finished.c_str()) != 0) {
      return UnusableBackup("rename the finished backup to", finished);
    }
    path_.clear();
    return absl::OkStatus();
  }

 private:
  explicit UnfinishedFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

absl::Status SyncToDisk(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const absl::Cleanup close_file = [fd] { close(fd); };
  if (fd < 0 || fsync(fd) != 0) return UnusableBackup("write to disk", path);
  return absl::OkStatus();
}

struct FileDigest {
  std::uint64_t bytes = 0;
  std::string sha256{};
};

absl::StatusOr<FileDigest> DigestOf(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return UnusableBackup("read", path);
  const absl::Cleanup close_file = [fd] { close(fd); };
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  FileDigest digest;
  std::vector<char> block(std::size_t{1} << 20U);
  ssize_t count = 0;
  while ((count = read(fd, block.data(), block.size())) > 0) {
    EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(count));
    digest.bytes += static_cast<std::uint64_t>(count);
  }
  if (count < 0) return UnusableBackup("read", path);
  ledger::Hash hash{};
  EVP_DigestFinal_ex(context.get(), hash.data(), nullptr);
  digest.sha256 = ledger::ToHex(hash);
  return digest;
}

std::string AbsolutePath(const std::string& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path.string() : path.parent_path().string();
}

absl::Status CheckFree(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return absl::OkStatus();
  return MakeError(reason::kBackupUnusable,
                   StrCat("There is something called ", folder,
                          " already; a backup never replaces anything. Choose another name"));
}

BackupManifest ManifestOf(const aggregator::LedgerSnapshot& snapshot, absl::Time taken_at) {
  BackupManifest manifest{.canvass = CANVASS_VERSION,
                          .schema_version = aggregator::SchemaVersion(),
                          .postgres_version = snapshot.server_version(),
                          .ledger_id = snapshot.ledger_id(),
                          .taken_at = absl::FromUnixSeconds(absl::ToUnixSeconds(taken_at))};
  for (const aggregator::LedgerEnd& end : snapshot.elections()) {
    manifest.elections.push_back({.election_id = end.election_id,
                                  .sequence = end.sequence,
                                  .root = ledger::ToHex(end.root)});
  }
  return manifest;
}

absl::Status WriteFiles(const std::string& connection, const aggregator::LedgerSnapshot& snapshot,
                        const std::string& folder, BackupManifest& manifest) {
  const auto programs = postgres::FindDumpPrograms(snapshot.server_version());
  if (!programs.ok()) return programs.status();
  const std::string file = StrCat(folder, "/", kDumpName);
  absl::Status status = postgres::DumpSchema(
      {.program_folder = *programs, .connection = connection}, snapshot.name(), file);
  if (status.ok()) status = SyncToDisk(file);
  if (!status.ok()) return status;
  const absl::StatusOr<FileDigest> digest = DigestOf(file);
  if (!digest.ok()) return digest.status();
  manifest.dump_bytes = digest->bytes;
  manifest.dump_sha256 = digest->sha256;
  const absl::StatusOr<process::Folder> opened = process::Folder::Open(folder);
  return opened.ok() ? opened->Write(kManifestName, ToJson(manifest)) : opened.status();
}

}  // namespace

std::string DumpFileOf(const std::string& folder) {
  return StrCat(AbsolutePath(folder), "/", kDumpName);
}

absl::StatusOr<BackupManifest> MakeBackup(const std::string& connection,
                                          const std::string& folder) {
  const std::string finished = AbsolutePath(folder);
  absl::Status status = CheckFree(finished);
  if (!status.ok()) return status;
  absl::StatusOr<UnfinishedFolder> unfinished = UnfinishedFolder::Make(finished);
  if (!unfinished.ok()) return unfinished.status();
  const absl::Time taken_at = absl::Now();
  const auto snapshot = aggregator::LedgerSnapshot::Take(connection);
  if (!snapshot.ok()) return snapshot.status();
  BackupManifest manifest = ManifestOf(**snapshot, taken_at);
  status = WriteFiles(connection, **snapshot, unfinished->path(), manifest);
  if (status.ok()) status = CheckFree(finished);
  if (status.ok()) status = unfinished->Finish(finished);
  if (status.ok()) status = SyncToDisk(fs::path(finished).parent_path().string());
  if (!status.ok()) return status;
  return manifest;
}

absl::StatusOr<BackupManifest> OpenBackup(const std::string& folder) {
  const absl::StatusOr<process::Folder> opened = process::Folder::Open(AbsolutePath(folder));
  if (!opened.ok()) return opened.status();
  if (!opened->Has(kManifestName)) {
    return MakeError(reason::kBackupUnusable,
                     StrCat(folder, " is not a backup: it has no ", kManifestName));
  }
  const absl::StatusOr<std::string> text = opened->Read(kManifestName, kManifestBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<BackupManifest> manifest = ReadManifest(*text);
  if (!manifest.ok()) return manifest.status();
  const absl::StatusOr<FileDigest> digest = DigestOf(DumpFileOf(folder));
  if (!digest.ok()) return digest.status();
  if (digest->bytes != manifest->dump_bytes) {
    return MakeError(reason::kBackupDamaged,
                     StrCat(kDumpName, " has ", digest->bytes, " bytes, but the manifest says ",
                            manifest->dump_bytes));
  }
  if (digest->sha256 == manifest->dump_sha256) return manifest;
  return MakeError(reason::kBackupDamaged,
                   StrCat(kDumpName, " has the SHA-256 ", digest->sha256,
                          ", but the manifest says ", manifest->dump_sha256));
}

}  // namespace canvass::cli
