#include "common/postgres/copy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The bytes of an encoder's rows in hex, without header and end.
std::string HexOf(CopyEncoder& rows) {
  std::string_view stream = rows.Finish();
  EXPECT_TRUE(stream.starts_with(kCopyHeader));
  EXPECT_TRUE(stream.ends_with(std::string_view("\xff\xff")));
  stream.remove_prefix(kCopyHeader.size());
  stream.remove_suffix(2);
  return absl::BytesToHexString(ToAbsl(stream));
}

// The bytes below were taken from `COPY (SELECT ...) TO STDOUT (FORMAT binary)` of PostgreSQL 15.

TEST(CopyEncoderTest, WritesIntegersBigEndian) {
  CopyEncoder rows;
  rows.StartRow(4);
  rows.Int16(-2);
  rows.Int32(258);
  rows.Int64(-3);
  rows.Null();
  EXPECT_EQ(HexOf(rows),
            "0004"
            "00000002fffe"
            "0000000400000102"
            "00000008fffffffffffffffd"
            "ffffffff");
}

TEST(CopyEncoderTest, WritesBoolsTextAndBytes) {
  CopyEncoder rows;
  rows.StartRow(4);
  rows.Bool(true);
  rows.Bool(false);
  rows.Text("Bak\xC4\xB1");
  rows.Bytes(std::string_view("\0\xff", 2));
  EXPECT_EQ(HexOf(rows),
            "0004"
            "0000000101"
            "0000000100"
            "0000000542616bc4b1"
            "0000000200ff");
}

TEST(CopyEncoderTest, WritesTimesFromTheYear2000) {
  CopyEncoder rows;
  rows.StartRow(3);
  rows.Timestamp(absl::FromUnixMicros(946'684'800'000'001));  // 2000-01-01T00:00:00.000001Z
  rows.Timestamp(absl::InfiniteFuture());
  rows.Timestamp(absl::FromUnixSeconds(-100'000'000'000));  // 1200 years before the year 1
  EXPECT_EQ(HexOf(rows),
            "0003"
            "000000080000000000000001"
            "000000087fffffffffffffff"
            "000000088000000000000000");
}

TEST(CopyEncoderTest, WritesArraysWithNulls) {
  CopyEncoder rows;
  rows.StartRow(2);
  rows.Int32Array({7, -1}, -1);
  rows.Int32Array({}, -1);
  EXPECT_EQ(HexOf(rows),
            "0002"
            "00000020"
            "00000001"
            "00000001"
            "00000017"
            "00000002"
            "00000001"
            "0000000400000007"
            "ffffffff"
            "0000000c"
            "00000000"
            "00000000"
            "00000017");
}

TEST(CopyEncoderTest, ReplacesWhatATextCannotHold) {
  CopyEncoder rows;
  rows.StartRow(3);
  rows.Text(std::string_view("a\0b", 3));
  rows.Text("\xff\xC4\xB1\xC4");  // a lone byte, a letter, half a letter
  rows.Text("\xED\xA0\x80");      // a surrogate
  EXPECT_EQ(HexOf(rows),
            "0003"
            "0000000561efbfbd62"
            "00000008efbfbdc4b1efbfbd"
            "00000009efbfbdefbfbdefbfbd");
}

TEST(CopyEncoderTest, PartsMakeTheStream) {
  CopyEncoder whole;
  CopyEncoder rows;
  std::string parts;
  for (const bool value : {true, false}) {
    for (CopyEncoder* const encoder : {&whole, &rows}) {
      encoder->StartRow(1);
      encoder->Bool(value);
    }
    parts += rows.bytes();
    rows.DropSent();
  }
  parts += rows.Finish();
  EXPECT_EQ(parts, whole.Finish());
  EXPECT_EQ(rows.rows(), 2);
}

// What `fill` writes, as one row.
template <typename Fill>
std::string RowOf(Fill fill) {
  CopyEncoder rows;
  fill(rows);
  const std::string stream(rows.Finish());
  return stream.substr(kCopyHeader.size(), stream.size() - kCopyHeader.size() - 2);
}

TEST(CopyRowTest, ReadsWhatWasWritten) {
  const absl::Time time = absl::FromUnixMicros(1'707'307'200'123'456);
  const std::string bytes = RowOf([&](CopyEncoder& rows) {
    rows.StartRow(9);
    rows.Bool(true);
    rows.Int32(-5);
    rows.Int64(std::int64_t{1} << 40);
    rows.Text("text");
    rows.Timestamp(time);
    rows.Null();
    rows.Int64Array({1, std::nullopt, -1});
    rows.TextArray({"a", ""});
    rows.PairArray({{"az", "B"}, {"en", "C"}});
  });
  CopyRow row(bytes);
  EXPECT_EQ(row.Bool(), true);
  EXPECT_EQ(row.Int32(), -5);
  EXPECT_EQ(row.Int64(), std::int64_t{1} << 40);
  EXPECT_EQ(row.Text(), "text");
  EXPECT_EQ(row.Timestamp(), time);
  EXPECT_EQ(row.Text(), std::nullopt);
  EXPECT_THAT(row.Int64Array(), ElementsAre(1, std::nullopt, -1));
  EXPECT_THAT(row.TextArray(), ElementsAre("a", ""));
  EXPECT_THAT(row.TextArray(), ElementsAre("az", "B", "en", "C"));
  EXPECT_EQ(row.status(), absl::OkStatus());
}

TEST(CopyRowTest, SaysWhenAFieldIsOfAnotherType) {
  const std::string bytes = RowOf([](CopyEncoder& rows) {
    rows.StartRow(1);
    rows.Int32(5);
  });
  CopyRow row(bytes);
  EXPECT_EQ(row.Int64(), std::nullopt);
  EXPECT_EQ(row.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DetailOf(row.status()).reason, "COPY_MALFORMED");
}

TEST(CopyRowTest, SaysWhenAFieldIsMissing) {
  const std::string bytes = RowOf([](CopyEncoder& rows) {
    rows.StartRow(1);
    rows.Int32(5);
  });
  CopyRow row(bytes);
  EXPECT_EQ(row.Int32(), 5);
  EXPECT_EQ(row.Int32(), std::nullopt);
  EXPECT_FALSE(row.status().ok());
}

TEST(CopyRowTest, EveryRowThatIsCutOffIsNoticed) {
  const std::string bytes = RowOf([](CopyEncoder& rows) {
    rows.StartRow(3);
    rows.Int64(5);
    rows.TextArray({"a", "b"});
    rows.Int64Array({1, 2});
  });
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CopyRow row(std::string_view(bytes).substr(0, length));
    row.Int64();
    row.TextArray();
    row.Int64Array();
    EXPECT_FALSE(row.status().ok()) << length;
  }
}

TEST(CopyRowTest, AnArrayThatClaimsToBeHugeTakesNoMemory) {
  std::string bytes = RowOf([](CopyEncoder& rows) {
    rows.StartRow(1);
    rows.Int64Array({1});
  });
  bytes.replace(2 + 4 + 12, 4, "\x7f\xff\xff\xff");  // number of elements
  CopyRow row(bytes);
  EXPECT_LE(row.Int64Array().size(), 2U);
  EXPECT_FALSE(row.status().ok());
}

}  // namespace
}  // namespace canvass::postgres
