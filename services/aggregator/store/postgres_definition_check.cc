#include "services/aggregator/store/postgres_definition_check.h"

#include <string>
#include <string_view>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "common/base/big_endian.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/postgres/copy_table.h"
#include "services/aggregator/store/postgres_row_check.h"

namespace canvass::aggregator {
namespace {

// In a row in binary: the number of fields, then a length before each field.
constexpr std::size_t kCountBytes = 2;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = kLengthBytes + 4;
constexpr std::size_t kSequenceBytes = kLengthBytes + 8;

// The election, the sequence and the numbers of the part, which are never NULL.
std::string_view KeyOf(const DefinitionTable& table, std::string_view row) {
  return row.substr(0, kCountBytes + kNumberBytes + kSequenceBytes + table.numbers * kNumberBytes);
}

// The bytes of the first row of `rows`, whole rows that we encoded.
std::size_t FirstRowBytes(const DefinitionTable& table, std::string_view rows) {
  std::size_t bytes = kCountBytes;
  for (std::size_t i = 0; i < table.copy.columns.size(); ++i) {
    const auto length = ReadBigEndian<std::int32_t>(rows.substr(bytes));
    bytes += kLengthBytes + (length < 0 ? 0 : static_cast<std::size_t>(length));
  }
  return bytes;
}

using RowsByKey = absl::flat_hash_map<std::string_view, std::string_view>;

RowsByKey ByKey(const DefinitionTable& table, std::string_view rows) {
  RowsByKey by_key;
  while (!rows.empty()) {
    const std::string_view row = rows.substr(0, FirstRowBytes(table, rows));
    by_key.emplace(KeyOf(table, row), row);
    rows.remove_prefix(row.size());
  }
  return by_key;
}

// The row with its sequence and the text of its part's numbers.
CheckedRow NameRow(const DefinitionTable& table, std::string_view row) {
  CheckedRow named{.table = table.copy};
  std::vector<postgres::CopyField> fields;
  postgres::SplitRow(row, fields);
  fields.resize(table.copy.columns.size());
  for (const char byte : fields[1].value_or("")) {
    named.sequence = named.sequence << 8 | static_cast<std::uint8_t>(byte);
  }
  for (std::size_t i = 2; i < 2 + table.numbers; ++i) {
    const postgres::Column& column = table.copy.columns[i];
    named.part +=
        StrCat(named.part.empty() ? "" : ", ", column.name, " ", FieldText(column.type, fields[i]));
  }
  return named;
}

void AddWhole(const DefinitionTable& table, std::string_view row, std::string_view stored,
              std::string_view expected, RowDifferences& differences) {
  const CheckedRow named = NameRow(table, row);
  differences.Add({.table = std::string(table.copy.name),
                   .sequence = named.sequence,
                   .part = named.part,
                   .stored = std::string(stored),
                   .expected = std::string(expected)});
}

absl::Status CompareTable(postgres::Session& session, const DefinitionTable& table,
                          const std::string& where, std::string_view recorded,
                          RowDifferences& differences) {
  RowsByKey expected = ByKey(table, recorded);
  absl::Status status =
      session.CopyOut(StrCat("COPY (SELECT ", ColumnNames(table.copy), " FROM ", table.copy.name,
                             " WHERE ", where, ") TO STDOUT (FORMAT binary)"),
                      [&](std::string_view row) {
                        const auto found = expected.find(KeyOf(table, row));
                        if (found == expected.end()) {
                          AddWhole(table, row, "there", "missing: no entry says so", differences);
                        } else {
                          if (row != found->second) {
                            CompareRows(NameRow(table, row), row, found->second, differences);
                          }
                          expected.erase(found);
                        }
                        return absl::OkStatus();
                      });
  if (!status.ok()) return status;
  for (const auto& [key, row] : expected) AddWhole(table, row, "missing", "there", differences);
  return absl::OkStatus();
}

}  // namespace

void DefinitionCheck::Add(election::Entry&& entry) {
  auto* const change = std::get_if<election::DefinitionChange>(&entry.event);
  if (change != nullptr) changes_.emplace_back(entry.sequence, std::move(*change));
}

// Parts are numbered in the order of their first appearance, whether they were defined together or
// one after the other.
DefinitionRows DefinitionCheck::MakeRows() {
  std::vector<SequencedChange> sequenced;
  sequenced.reserve(changes_.size());
  for (const auto& [sequence, change] : changes_) {
    sequenced.push_back({.sequence = sequence, .change = &change});
  }
  DefinitionRows rows;
  rows.Add(election_no_, nullptr, sequenced);
  changes_.clear();
  return rows;
}

absl::Status DefinitionCheck::Compare(postgres::Session& session,
                                      std::optional<std::int64_t> last_sequence,
                                      RowDifferences& differences) {
  DefinitionRows rows = MakeRows();
  const std::string where =
      StrCat("election_no = ", election_no_,
             last_sequence.has_value() ? StrCat(" AND sequence <= ", *last_sequence) : "");
  for (std::size_t table = 0; table < kDefinitionTables; ++table) {
    absl::Status status =
        CompareTable(session, DefinitionTables()[table], where, rows.RowsOf(table), differences);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace canvass::aggregator
