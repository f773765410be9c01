#include "services/canvass/import/csv.h"

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Fields = std::vector<std::string>;

// Every record of a text that is CSV.
std::vector<Fields> ReadAll(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  std::vector<Fields> records;
  CsvRecord record;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(record);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return records;
    records.push_back(record.fields);
  }
}

// The error at which reading a text ends.
absl::Status ErrorOf(std::string_view text) {
  CsvReader reader(text);
  CsvRecord record;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(record);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

TEST(CsvReaderTest, ReadsTheExamplesOfRfc4180) {
  EXPECT_THAT(ReadAll("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
              ElementsAre(Fields{"aaa", "bbb", "ccc"}, Fields{"zzz", "yyy", "xxx"}));
  EXPECT_THAT(ReadAll("aaa,bbb,ccc\r\nzzz,yyy,xxx"),
              ElementsAre(Fields{"aaa", "bbb", "ccc"}, Fields{"zzz", "yyy", "xxx"}));
  EXPECT_THAT(ReadAll("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
              ElementsAre(Fields{"aaa", "b\r\nbb", "ccc"}, Fields{"zzz", "yyy", "xxx"}));
  EXPECT_THAT(ReadAll("\"aaa\",\"b\"\"bb\",\"ccc\""), ElementsAre(Fields{"aaa", "b\"bb", "ccc"}));
}

TEST(CsvReaderTest, LeavesOutByteOrderMarkAndEmptyLinesAtTheEnd) {
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF"
                      "a,b\n1,2\n\n\r\n"),
              ElementsAre(Fields{"a", "b"}, Fields{"1", "2"}));
}

TEST(CsvReaderTest, KeepsEmptyFieldsAndBlanks) {
  EXPECT_THAT(ReadAll("a,b,c\n,,\n 1 ,\"\",x\n"),
              ElementsAre(Fields{"a", "b", "c"}, Fields{"", "", ""}, Fields{" 1 ", "", "x"}));
}

TEST(CsvReaderTest, SeparatesByTheDelimiterThatItIsGiven) {
  EXPECT_THAT(ReadAll("a;b\n1,5;\"x;y\"\n", ';'),
              ElementsAre(Fields{"a", "b"}, Fields{"1,5", "x;y"}));
  EXPECT_THAT(ReadAll("a\tb\n1\t2\n", '\t'), ElementsAre(Fields{"a", "b"}, Fields{"1", "2"}));
}

TEST(CsvReaderTest, SaysWhereEachRecordIs) {
  const std::string text = "\xEF\xBB\xBFid,note\n1,\"two\nlines\"\n2,x\r\n";
  CsvReader reader(text);
  CsvRecord record;
  std::vector<int> lines;
  std::vector<std::string> bytes;
  while (*reader.Next(record)) {
    lines.push_back(record.line);
    bytes.push_back(text.substr(record.offset, record.length));
  }
  EXPECT_THAT(lines, ElementsAre(1, 2, 4));
  EXPECT_THAT(bytes, ElementsAre("id,note", "1,\"two\nlines\"", "2,x"));
}

struct Broken {
  std::string name{};
  std::string text{};
  std::string reason{};
  std::string message{};
};

class BrokenCsvTest : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenCsvTest, SaysWhereAndWhat) {
  const absl::Status status = ErrorOf(GetParam().text);
  EXPECT_EQ(DetailOf(status).reason, GetParam().reason);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenCsvTest,
    ::testing::Values(
        Broken{"Empty", "", "CSV_EMPTY", "The file is empty"},
        Broken{"OnlyAByteOrderMark", "\xEF\xBB\xBF", "CSV_EMPTY", "The file is empty"},
        Broken{"QuoteInsideAField", "a,b\n1,x\"y\n", "CSV_QUOTE_BROKEN", "Line 2, column 4"},
        Broken{"TextAfterAQuotedField", "a,b\n\"1\"2,3\n", "CSV_QUOTE_BROKEN", "Line 2, column 4"},
        Broken{"QuoteWithoutEnd", "a,b\n1,2\n3,\"4\n5,6\n", "CSV_TRUNCATED", "Line 3, column 3"},
        Broken{"LastRowCutOff", "a,b,c\n1,2,3\n4,5", "CSV_TRUNCATED",
               "Line 3, column 4: the last row ends after 2 of 3 fields"},
        Broken{"TooFewFields", "a,b,c\n1,2\n3,4,5\n", "CSV_FIELD_COUNT",
               "Line 2, column 4: the row has 2 of 3 fields"},
        Broken{"TooManyFields", "a,b\n1,2,3\n", "CSV_FIELD_COUNT", "the row has 3 of 2 fields"},
        Broken{"EmptyLineBetweenRows", "a,b\n\n1,2\n", "CSV_FIELD_COUNT",
               "Line 2, column 1: an empty line"},
        Broken{"Nul", std::string("a,b\n1,x\0y\n", 10), "CSV_NUL", "Line 2, column 4: a NUL byte"},
        Broken{"NotUtf8", "a,b\nC\xF3rdoba,1\n", "CSV_NOT_UTF8",
               "Line 2, column 2: the byte 0xF3 is not UTF-8"},
        Broken{"LoneCarriageReturn", "a,b\r1,2\r", "CSV_LINE_END", "Line 1, column 4"},
        // Columns are characters, not bytes.
        Broken{"AfterLettersOfSeveralBytes", "a,b\nÇəş,x\"\n", "CSV_QUOTE_BROKEN",
               "Line 2, column 6"}),
    [](const ::testing::TestParamInfo<Broken>& instance) { return instance.param.name; });

}  // namespace
}  // namespace canvass::cli
