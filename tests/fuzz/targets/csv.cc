// Files of election offices.
#include "services/canvass/import/csv.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

// The records of a text; the error of the first one that is none.
absl::StatusOr<std::vector<cli::CsvRecord>> RecordsOf(std::string_view text, char delimiter) {
  cli::CsvReader reader(text, delimiter);
  std::vector<cli::CsvRecord> records;
  for (;;) {
    cli::CsvRecord record;
    const absl::StatusOr<bool> more = reader.Next(record);
    if (!more.ok()) return more.status();
    if (!*more) return records;
    records.push_back(record);
  }
}

std::string Quoted(const std::string& field) {
  std::string quoted = "\"";
  for (const char byte : field) quoted.append(byte == '"' ? 2 : 1, byte);
  return quoted + '"';
}

std::string Written(const std::vector<cli::CsvRecord>& records, char delimiter) {
  std::string text;
  for (const cli::CsvRecord& record : records) {
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      if (i > 0) text += delimiter;
      text += Quoted(record.fields[i]);
    }
    text += "\r\n";
  }
  return text;
}

// The first byte chooses the delimiter.
void RunCsv(std::string_view bytes) {
  if (bytes.empty()) return;
  constexpr std::string_view kDelimiters = ",;\t|";
  const char delimiter = kDelimiters[static_cast<unsigned char>(bytes[0]) % kDelimiters.size()];
  const std::string_view text = bytes.substr(1);
  const auto records = RecordsOf(text, delimiter);
  if (!records.ok()) return RequireReason(records.status());
  std::size_t end = 0;
  for (const cli::CsvRecord& record : *records) {
    Require(record.offset >= end && record.length <= text.size() - record.offset,
            "records follow each other within the text");
    end = record.offset + record.length;
    Require(record.fields.size() == records->front().fields.size(), "rows have the same fields");
  }
  const auto again = RecordsOf(Written(*records, delimiter), delimiter);
  Require(again.ok() && again->size() == records->size(), "what is written is read again");
  for (std::size_t i = 0; i < records->size(); ++i) {
    Require((*again)[i].fields == (*records)[i].fields, "a field that is quoted stays the same");
  }
}

std::vector<std::string> CsvSeeds() {
  return {",a,b\n1,2\n3,4\n",
          ",\xEF\xBB\xBF"
          "a,b\r\n\"1,\"\"x\"\"\",\"two\r\nlines\"\r\n\r\n",
          ",a;b\n1;2\n",
          ",a,b\n1\n",
          ",a,b\n\"open",
          ",a,b\n1,2\rx",
          std::string(",a\n\0\n", 5),
          ",\xFF\n",
          "-a;b\n\"\";\n"};
}

const Registration kCsv({.name = "csv", .run = RunCsv, .seeds = CsvSeeds});

}  // namespace
}  // namespace canvass::fuzz
