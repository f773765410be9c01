#include "services/aggregator/store/postgres_definition_check.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/big_endian.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/postgres/copy_table.h"
#include "services/aggregator/store/postgres_row_check.h"

namespace canvass::aggregator {
namespace {

// In a row in binary: the number of fields, then a length before each field.
constexpr std::size_t kCountBytes = 2;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = kLengthBytes + 4;

// The bytes of the first row of `rows`, whole rows that we encoded.
std::size_t FirstRowBytes(const DefinitionTable& table, std::string_view rows) {
  std::size_t bytes = kCountBytes;
  for (std::size_t i = 0; i < table.copy.columns.size(); ++i) {
    const auto length = ReadBigEndian<std::int32_t>(rows.substr(bytes));
    bytes += kLengthBytes + (length < 0 ? 0 : static_cast<std::size_t>(length));
  }
  return bytes;
}

// The order in which tables are read: their key, but for the election.
struct Place {
  std::array<std::int32_t, 2> numbers{};  // of the part; 0 where it has fewer
  std::int64_t sequence = 0;

  auto operator<=>(const Place&) const = default;
};

// Takes a field from the front of a row. Returns false if it is no such number.
template <typename Number>
bool TakeNumber(std::string_view& row, Number& number) {
  if (row.size() < kLengthBytes + sizeof(number)) return false;
  if (ReadBigEndian<std::int32_t>(row) != static_cast<std::int32_t>(sizeof(number))) return false;
  number = ReadBigEndian<Number>(row.substr(kLengthBytes));
  row.remove_prefix(kLengthBytes + sizeof(number));
  return true;
}

// Returns nullopt if a part of the key is NULL or has another type, which the owner of the table
// may have made possible.
std::optional<Place> PlaceOf(const DefinitionTable& table, std::string_view row) {
  if (row.size() < kCountBytes + kNumberBytes) return std::nullopt;
  row.remove_prefix(kCountBytes + kNumberBytes);
  Place place;
  if (!TakeNumber(row, place.sequence)) return std::nullopt;
  assert(table.numbers <= place.numbers.size());
  for (std::size_t i = 0; i < table.numbers; ++i) {
    if (!TakeNumber(row, place.numbers[i])) return std::nullopt;
  }
  return place;
}

std::string OrderOf(const DefinitionTable& table) {
  std::string order;
  for (std::size_t i = 2; i < 2 + table.numbers; ++i) {
    order += StrCat(table.copy.columns[i].name, ", ");
  }
  return StrCat("election_no, ", order, "sequence");
}

std::vector<std::string_view> InOrder(const DefinitionTable& table,
                                      const std::vector<std::string_view>& recorded) {
  std::vector<std::string_view> ordered;
  for (std::string_view rows : recorded) {
    while (!rows.empty()) {
      ordered.push_back(rows.substr(0, FirstRowBytes(table, rows)));
      rows.remove_prefix(ordered.back().size());
    }
  }
  const auto is_before = [&table](std::string_view a, std::string_view b) {
    return PlaceOf(table, a) < PlaceOf(table, b);
  };
  // Only changes of a definition are out of order.
  if (!std::is_sorted(ordered.begin(), ordered.end(), is_before)) {
    std::sort(ordered.begin(), ordered.end(), is_before);
  }
  return ordered;
}

// The row with its sequence and the text of its part's numbers.
CheckedRow NameRow(const DefinitionTable& table, std::string_view row) {
  CheckedRow named{.table = table.copy};
  std::vector<postgres::CopyField> fields;
  postgres::SplitRow(row, fields);
  fields.resize(table.copy.columns.size());
  named.sequence = PlaceOf(table, row).value_or(Place()).sequence;
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
                          const std::string& where, const std::vector<std::string_view>& recorded,
                          const std::function<absl::Status()>& after_row,
                          RowDifferences& differences) {
  const std::vector<std::string_view> expected = InOrder(table, recorded);
  auto next = expected.begin();
  const auto compare = [&](std::string_view row) {
    const std::optional<Place> place = PlaceOf(table, row);
    for (; place && next != expected.end() && PlaceOf(table, *next) < place; ++next) {
      AddWhole(table, *next, "missing", "there", differences);
    }
    if (!place || next == expected.end() || PlaceOf(table, *next) != place) {
      AddWhole(table, row, "there", "missing: no entry says so", differences);
      return after_row();
    }
    if (row != *next) CompareRows(NameRow(table, row), row, *next, differences);
    ++next;
    return after_row();
  };
  absl::Status status = session.CopyOut(
      StrCat("COPY (SELECT ", ColumnNames(table.copy), " FROM ", table.copy.name, " WHERE ", where,
             " ORDER BY ", OrderOf(table), ") TO STDOUT (FORMAT binary)"),
      compare);
  if (!status.ok()) return status;
  for (; next != expected.end(); ++next) {
    AddWhole(table, *next, "missing", "there", differences);
  }
  return absl::OkStatus();
}

}  // namespace

void DefinitionCheck::Add(const election::Entry& entry, std::string_view bytes) {
  const auto* const change = std::get_if<election::DefinitionChange>(&entry.event);
  if (change == nullptr) return;
  numbers_->Assign(*change);
  changes_.emplace_back(bytes);
}

absl::Status DefinitionCheck::MakeRows(const std::function<absl::Status()>& after_change) {
  DefinitionRows::Languages languages;
  for (std::string& bytes : changes_) {
    const absl::StatusOr<election::Entry> entry = ledger::Decode(bytes);
    assert(entry.ok());
    const auto& change = std::get<election::DefinitionChange>(entry->event);
    rows_.emplace_back().Add(election_no_, *numbers_, languages,
                             {{.sequence = entry->sequence, .change = &change}});
    bytes = std::string();
    if (absl::Status status = after_change(); !status.ok()) return status;
  }
  changes_.clear();
  numbers_.reset();
  return absl::OkStatus();
}

absl::Status DefinitionCheck::Compare(postgres::Session& session, std::size_t table,
                                      const SequenceRange& left_out,
                                      const std::function<absl::Status()>& after_row,
                                      RowDifferences& differences) {
  std::vector<std::string_view> recorded;
  recorded.reserve(rows_.size());
  for (DefinitionRows& of_change : rows_) recorded.push_back(of_change.RowsOf(table));
  // A sequence that is missing is not left out.
  return CompareTable(session, DefinitionTables()[table],
                      StrCat("election_no = ", election_no_, " AND (sequence BETWEEN ",
                             left_out.first, " AND ", left_out.last, ") IS NOT TRUE"),
                      recorded, after_row, differences);
}

}  // namespace canvass::aggregator
