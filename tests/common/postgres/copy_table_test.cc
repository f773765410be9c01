#include "common/postgres/copy_table.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/postgres/copy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

constexpr std::array<Column, 2> kColumns = {
    {{"sequence", ColumnType::kInt64}, {"actor", ColumnType::kText}}};
constexpr CopyTable kTable = {.name = "canvass.entries", .columns = kColumns};

// The only row of an encoder.
std::string RowOf(CopyEncoder& rows) {
  std::string_view stream = rows.Finish();
  stream.remove_prefix(kCopyHeader.size());
  stream.remove_suffix(2);
  return std::string(stream);
}

TEST(CopyTableTest, NamesItsColumnsInTheStatement) {
  EXPECT_EQ(ColumnNames(kTable), "sequence, actor");
  EXPECT_EQ(CopyInto(kTable), "COPY canvass.entries (sequence, actor) FROM STDIN (FORMAT binary);");
}

TEST(CopyTableTest, ShowsAFieldOfEachType) {
  CopyEncoder rows;
  rows.StartRow(10);
  rows.Bool(true);
  rows.Int16(-2);
  rows.Int32(-70'000);
  rows.Int64(5'000'000'000);
  rows.Text("Bakı");
  rows.Bytes("\x01\xff");
  rows.Timestamp(absl::FromUnixMicros(1'707'307'200'123'456));
  rows.Int32Array({9, -1, 0}, -1);
  rows.TextArray({"TURNOUT_HIGH", "x"});
  rows.Null();
  const std::string row = RowOf(rows);
  std::vector<CopyField> fields;
  ASSERT_TRUE(SplitRow(row, fields));
  std::vector<std::string> texts;
  constexpr std::array kTypes = {ColumnType::kBool,      ColumnType::kInt16,
                                 ColumnType::kInt32,     ColumnType::kInt64,
                                 ColumnType::kText,      ColumnType::kBytes,
                                 ColumnType::kTimestamp, ColumnType::kInt32Array,
                                 ColumnType::kTextArray, ColumnType::kInt32Array};
  ASSERT_EQ(fields.size(), kTypes.size());
  for (std::size_t i = 0; i < kTypes.size(); ++i) texts.push_back(FieldText(kTypes[i], fields[i]));
  EXPECT_THAT(texts, ElementsAre("true", "-2", "-70000", "5000000000", "\"Bakı\"", "\\x01ff",
                                 "2024-02-07T12:00:00.123456+00:00", "{9,NULL,0}",
                                 "{TURNOUT_HIGH,x}", "NULL"));
}

TEST(CopyTableTest, CutsALongValue) {
  EXPECT_THAT(FieldText(ColumnType::kText, std::string(5'000, 'x')), EndsWith("xxx..."));
  EXPECT_LT(FieldText(ColumnType::kBytes, std::string(5'000, 'x')).size(), 500U);
}

TEST(CopyTableTest, RefusesARowThatIsCut) {
  CopyEncoder rows;
  rows.StartRow(2);
  rows.Int64(7);
  rows.Text("clerk");
  const std::string row = RowOf(rows);
  std::vector<CopyField> fields;
  EXPECT_TRUE(SplitRow(row, fields));
  for (std::size_t size = 0; size < row.size(); ++size) {
    EXPECT_FALSE(SplitRow(std::string_view(row).substr(0, size), fields)) << size;
  }
  EXPECT_FALSE(SplitRow(row + "x", fields));
}

}  // namespace
}  // namespace canvass::postgres
