// The file of an outbox and its mark, on a disk that changes bytes.
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/report_proto.h"
#include "services/canvass/terminal/input_file.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/outbox/sqlite_outbox_store.h"
#include "services/station_reporter/outbox/sqlite_statement.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"
#include "tests/support/manual_clock.h"
#include "tests/support/report_builder.h"
#include "tests/support/temporary_folder.h"

namespace canvass::fuzz {
namespace {

using station_reporter::NewReport;
using station_reporter::SqliteOutboxStore;
using station_reporter::SqliteStatement;

// Columns that a step may change: an integer of up to eight bytes, or the bytes.
struct Column {
  const char* update = nullptr;
  bool is_number = false;
  bool is_text = false;
};
constexpr Column kColumns[] = {
    {.update = "UPDATE report SET number = ? WHERE number = 1", .is_number = true},
    {.update = "UPDATE report SET election_id = ? WHERE number = 1", .is_text = true},
    {.update = "UPDATE report SET contest_id = ? WHERE number = 1", .is_text = true},
    {.update = "UPDATE report SET source_id = ? WHERE number = 1", .is_text = true},
    {.update = "UPDATE report SET station_id = ? WHERE number = 1", .is_text = true},
    {.update = "UPDATE report SET revision = ? WHERE number = 1", .is_number = true},
    {.update = "UPDATE report SET queued_at = ? WHERE number = 1", .is_number = true},
    {.update = "UPDATE report SET digest = ? WHERE number = 1"},
    {.update = "UPDATE report SET row_digest = ? WHERE number = 1"},
    {.update = "UPDATE report SET submitted = ? WHERE number = 1"},
    {.update = "UPDATE refusal SET queued_at = ?", .is_number = true},
    {.update = "UPDATE refusal SET refused_at = ?", .is_number = true},
    {.update = "UPDATE refusal SET receipt = ?"},
    {.update = "UPDATE election SET election_id = ?", .is_text = true},
    {.update = "UPDATE state SET changes = ?", .is_number = true}};
// Further kinds of steps: the mark is replaced; bytes of the file are, at the offset that the first
// two bytes say.
constexpr std::size_t kMark = std::size(kColumns);
constexpr std::size_t kOverwrite = kMark + 1;
constexpr std::size_t kKinds = kOverwrite + 1;

std::vector<NewReport> Reports() {
  std::vector<NewReport> reports;
  for (std::int64_t number = 1; number <= 2; ++number) {
    const auto report =
        rpc::ToProto(testing::ReportBuilder().WithStation("s-" + std::to_string(number)).Build());
    reports.push_back(station_reporter::ForOutbox(report, number, testing::ManualClock().Now()));
    reports.back().queued.queued_at = testing::ManualClock().Now();
  }
  return reports;
}

// The files of an outbox with two reports and a refusal, and where inputs get copies of them.
class OutboxFile {
 public:
  OutboxFile() {
    auto store = SqliteOutboxStore::Open(file());
    Require(store.ok(), "an outbox can be made");
    station_reporter::OutboxRefusal refusal{.number = 7};
    refusal.receipt.set_state(v1::RECEIPT_STATE_REFUSED);
    Require((*store)->Apply({.added = Reports(), .refused = {refusal}, .elections = {"e-1"}}).ok(),
            "an outbox can be filled");
    store->reset();
    content_ = *cli::ReadInput(file());
    mark_ = *cli::ReadInput(file() + "-mark");
  }

  std::string file() const { return folder_.path() + "/outbox"; }
  const std::string& content() const { return content_; }
  const std::string& mark() const { return mark_; }

  static void Write(const std::string& name, std::string_view content) {
    std::ofstream(name, std::ios::binary | std::ios::trunc)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }

 private:
  testing::TemporaryFolder folder_;
  std::string content_;
  std::string mark_;
};

void Update(sqlite3* database, const Column& column, const std::string& bytes) {
  SqliteStatement update(database, column.update);
  if (column.is_number) {
    std::int64_t number = 0;
    std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof(number)));
    update.Bind(number);
  } else if (column.is_text) {
    update.BindText(bytes);
  } else {
    update.BindBlob(bytes);
  }
  update.Run();
}

void Change(const OutboxFile& outbox, const std::vector<Step>& steps) {
  std::string content = outbox.content();
  std::string mark = outbox.mark();
  for (const Step& step : steps) {
    if (step.kind % kKinds == kMark) mark = step.bytes;
    if (step.kind % kKinds != kOverwrite || step.bytes.size() < 2) continue;
    const std::size_t offset = (static_cast<std::uint8_t>(step.bytes[0]) |
                                std::size_t{static_cast<std::uint8_t>(step.bytes[1])} << 8U) %
                               content.size();
    const std::string_view bytes = std::string_view(step.bytes).substr(2, content.size() - offset);
    content.replace(offset, bytes.size(), bytes);
  }
  OutboxFile::Write(outbox.file(), content);
  OutboxFile::Write(outbox.file() + "-mark", mark);
  sqlite3* database = nullptr;
  if (sqlite3_open(outbox.file().c_str(), &database) == SQLITE_OK) {
    sqlite3_exec(database, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
    for (const Step& step : steps) {
      if (step.kind % kKinds < kMark) Update(database, kColumns[step.kind % kKinds], step.bytes);
    }
  }
  sqlite3_close(database);
}

bool IsOneOf(const std::vector<NewReport>& reports, const station_reporter::QueuedReport& queued,
             const std::string& submitted) {
  return std::any_of(reports.begin(), reports.end(), [&](const NewReport& report) {
    return report.queued.number == queued.number && report.queued.key == queued.key &&
           report.queued.digest == queued.digest && report.submitted == submitted;
  });
}

void RunOutboxFile(std::string_view bytes) {
  static const auto* const kOutbox = new OutboxFile;
  static const auto* const kReports = new std::vector<NewReport>(Reports());
  Change(*kOutbox, SplitSession(bytes));
  const auto store = SqliteOutboxStore::Open(kOutbox->file());
  if (!store.ok()) return RequireReason(store.status());
  const absl::StatusOr<station_reporter::OutboxContent> content = (*store)->Read();
  if (!content.ok()) return RequireReason(content.status());
  std::vector<std::int64_t> numbers;
  for (const auto& queued : content->queued) numbers.push_back(queued.number);
  const auto submitted = (*store)->ReadSubmitted(numbers);
  if (!submitted.ok()) return RequireReason(submitted.status());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Require(IsOneOf(*kReports, content->queued[i], (*submitted)[i]),
            "a report that was changed is not sent");
  }
}

std::vector<std::string> OutboxFileSeeds() {
  std::vector<std::string> seeds = {""};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    seeds.push_back(JoinSession({{.kind = static_cast<std::uint8_t>(kind), .bytes = "\x02"}}));
  }
  seeds.push_back(JoinSession({{.kind = kMark, .bytes = OutboxFile().mark()}}));
  seeds.push_back(JoinSession({{.kind = kOverwrite, .bytes = std::string("\x64\0\xFF\xFF", 4)}}));
  return seeds;
}

const Registration kOutboxFile({.name = "outbox_file",
                                .run = RunOutboxFile,
                                .seeds = OutboxFileSeeds,
                                .steps = std::vector<const google::protobuf::Message*>(kKinds,
                                                                                       nullptr)});

}  // namespace
}  // namespace canvass::fuzz
