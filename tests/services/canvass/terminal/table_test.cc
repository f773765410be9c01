#include "services/canvass/terminal/table.h"

#include <string>

#include "gtest/gtest.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

TEST(DisplayWidthTest, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("Əli"), 3);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // a combining mark
  EXPECT_EQ(DisplayWidth("東京"), 4);
  EXPECT_EQ(DisplayWidth("a\xFF"), 2);  // not UTF-8
}

TEST(PrintableTest, LeavesNothingThatMovesTheCursor) {
  EXPECT_EQ(Printable("a\nb\x1b[31mc\x7f"), "a b [31mc ");
  EXPECT_EQ(Printable("Şəki"), "Şəki");
  EXPECT_EQ(Printable("45\u202E06"), "45\uFFFD06");
}

TEST(GroupThousandsTest, GroupsFromTheRight) {
  EXPECT_EQ(GroupThousands("0"), "0");
  EXPECT_EQ(GroupThousands("999"), "999");
  EXPECT_EQ(GroupThousands("4567458"), "4 567 458");
  EXPECT_EQ(GroupThousands("-1078"), "-1 078");
  EXPECT_EQ(GroupThousands("-107"), "-107");
  EXPECT_EQ(GroupThousands(""), "");
}

TEST(CountedTest, TakesTheSingularForOne) {
  EXPECT_EQ(Counted(0, "station", "stations"), "0 stations");
  EXPECT_EQ(Counted(1, "station", "stations"), "1 station");
  EXPECT_EQ(Counted(6537, "station", "stations"), "6 537 stations");
}

Table Votes() {
  return {
      .columns = {{"candidate", "candidate", ColumnKind::kText},
                  {"votes", "votes", ColumnKind::kCount},
                  {"share_percent", "share %", ColumnKind::kDecimal}},
      .rows = {{"Əliyev, İlham", "4567458", "92.12"}, {"Oruc", "107632", "2.17"}, {"", "", ""}}};
}

TEST(TableTest, AlignsNumbersRightAndGroupsCountsOnly) {
  EXPECT_EQ(RenderTable(Votes()),
            "candidate          votes  share %\n"
            "Əliyev, İlham  4 567 458    92.12\n"
            "Oruc             107 632     2.17\n"
            "\n");
}

TEST(TableTest, CsvHasPlainNumbersAndQuotesWhereItMust) {
  EXPECT_EQ(RenderCsv(Votes()),
            "candidate,votes,share_percent\n"
            "\"Əliyev, İlham\",4567458,92.12\n"
            "Oruc,107632,2.17\n"
            ",,\n");
  EXPECT_EQ(CsvLine({"say \"no\"", "two\nlines"}), "\"say \"\"no\"\"\",\"two\nlines\"\n");
}

TEST(TableLayoutTest, KeepsItsWidthsOverPortions) {
  TableLayout layout({{"a", "a", ColumnKind::kText}, {"n", "n", ColumnKind::kCount}});
  EXPECT_EQ(layout.Render({{"long name", "1"}}), "a          n\nlong name  1\n");
  EXPECT_EQ(layout.Render({{"x", "2"}}), "x          2\n");
}

}  // namespace
}  // namespace canvass::cli
