#include "common/ledger/bytes.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::ledger {
namespace {

using ::testing::IsNull;
using ::testing::StrEq;

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

template <typename Write>
std::string Written(const Write& write) {
  std::string bytes;
  ByteWriter writer(bytes);
  write(writer);
  return Hex(bytes);
}

// What is wrong with `hex` as one varint; null if nothing.
const char* VarintProblem(std::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(std::string(hex));
  ByteReader reader(bytes);
  reader.Varint();
  return reader.problem();
}

TEST(VarintTest, KnownSpellings) {
  // From the Protocol Buffers encoding guide (1, 150) and DWARF 4, figure 22 (2, 127, 128, 129,
  // 130, 12857), and the ends of the range.
  const std::vector<std::pair<std::uint64_t, std::string>> known{
      {0, "00"},       {1, "01"},
      {2, "02"},       {127, "7f"},
      {128, "8001"},   {129, "8101"},
      {130, "8201"},   {150, "9601"},
      {12857, "b964"}, {std::numeric_limits<std::uint64_t>::max(), "ffffffffffffffffff01"},
  };
  for (const auto& [number, hex] : known) {
    const std::uint64_t value = number;
    EXPECT_EQ(Written([&](ByteWriter& writer) { writer.Varint(value); }), hex);
    const std::string bytes = absl::HexStringToBytes(hex);
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_TRUE(reader.ok() && reader.AtEnd()) << hex;
  }
}

TEST(VarintTest, OnlyTheShortestForm) {
  EXPECT_THAT(VarintProblem("8000"), StrEq("a number is not in its shortest form"));
  EXPECT_THAT(VarintProblem("ff00"), StrEq("a number is not in its shortest form"));
  EXPECT_THAT(VarintProblem("80808000"), StrEq("a number is not in its shortest form"));
  EXPECT_THAT(VarintProblem("8080808080808080808000"), StrEq("a number has more than 64 bits"));
  EXPECT_THAT(VarintProblem("ffffffffffffffffff02"), StrEq("a number has more than 64 bits"));
  EXPECT_THAT(VarintProblem("ffffffffffffffffff81"), StrEq("a number has more than 64 bits"));
  EXPECT_THAT(VarintProblem("ffffffffffffffffff01"), IsNull());
  EXPECT_THAT(VarintProblem("80"), StrEq("the entry ends too early"));
  EXPECT_THAT(VarintProblem(""), StrEq("the entry ends too early"));
}

TEST(SignedTest, ZigZag) {
  // From the Protocol Buffers encoding guide.
  const std::vector<std::pair<std::int64_t, std::uint64_t>> known{
      {0, 0},
      {-1, 1},
      {1, 2},
      {-2, 3},
      {0x7fffffff, 0xfffffffe},
      {-0x80000000LL, 0xffffffff},
      {std::numeric_limits<std::int64_t>::max(), 0xfffffffffffffffe},
      {std::numeric_limits<std::int64_t>::min(), 0xffffffffffffffff},
  };
  for (const auto& [value, zigzag] : known) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.Signed(value);
    ByteReader as_varint(bytes);
    EXPECT_EQ(as_varint.Varint(), zigzag);
    ByteReader reader(bytes);
    std::int64_t read = 0;
    reader.Signed(read);
    EXPECT_EQ(read, value);
  }
}

TEST(WholeTest, KeepsToItsField) {
  const std::string bytes = absl::HexStringToBytes("8080808008");  // 2^31
  ByteReader reader(bytes);
  std::int64_t wide = 0;
  reader.Whole(wide);
  EXPECT_EQ(wide, 2'147'483'648);

  ByteReader again(bytes);
  std::int32_t narrow = 0;
  again.Whole(narrow);
  EXPECT_THAT(again.problem(), StrEq("a number is too large for its field"));
  EXPECT_EQ(again.problem_offset(), 0U);
}

TEST(FlagsTest, LowestBitFirst) {
  EXPECT_EQ(Written([](ByteWriter& writer) {
              writer.Flags(true, std::optional<int>(), std::optional<int>(0));
            }),
            "05");
  const std::string bytes = absl::HexStringToBytes("05");
  ByteReader reader(bytes);
  bool first = false;
  std::optional<int> second = 7;
  std::optional<int> third;
  reader.Flags(first, second, third);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(first);
  EXPECT_FALSE(second.has_value());
  EXPECT_TRUE(third.has_value());
}

TEST(FlagsTest, UnknownBitsAreRefused) {
  const std::string bytes = absl::HexStringToBytes("04");
  ByteReader reader(bytes);
  bool first = false;
  bool second = false;
  reader.Flags(first, second);
  EXPECT_THAT(reader.problem(), StrEq("an unknown flag is set"));
}

TEST(GivenTest, OnlyKnownNumbersTakeRoom) {
  constexpr std::int32_t kUnknown = -1;
  EXPECT_EQ(
      Written([&](ByteWriter& writer) { writer.Given(kUnknown, kUnknown, 0, kUnknown, 300); }),
      "0a00ac02");
  const std::string bytes = absl::HexStringToBytes("0a00ac02");
  ByteReader reader(bytes);
  std::int32_t a = 1;
  std::int32_t b = 1;
  std::int32_t c = 1;
  std::int32_t d = 1;
  reader.Given(kUnknown, a, b, c, d);
  EXPECT_TRUE(reader.ok() && reader.AtEnd());
  EXPECT_EQ(a, kUnknown);
  EXPECT_EQ(b, 0);
  EXPECT_EQ(c, kUnknown);
  EXPECT_EQ(d, 300);
}

TEST(GivenTest, UnknownBitsAreRefused) {
  const std::string bytes = absl::HexStringToBytes("100101");
  ByteReader reader(bytes);
  std::int32_t a = 0;
  std::int32_t b = 0;
  reader.Given(-1, a, b);
  EXPECT_THAT(reader.problem(), StrEq("an unknown flag is set"));
}

TEST(TextTest, LengthThenBytes) {
  EXPECT_EQ(Written([](ByteWriter& writer) { writer.Text("ab"); }), "026162");
  const std::string bytes = absl::HexStringToBytes("036162");
  ByteReader reader(bytes);
  std::string text;
  reader.Text(text);
  EXPECT_THAT(reader.problem(), StrEq("a text is longer than the entry"));
}

TEST(ByteReaderTest, KeepsItsFirstProblem) {
  const std::string bytes = absl::HexStringToBytes("01800005");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Byte(), 1);
  reader.Varint();
  EXPECT_EQ(reader.problem_offset(), 1U);
  std::string text = "old";
  reader.Text(text);
  EXPECT_EQ(reader.Byte(), 0);
  EXPECT_THAT(reader.problem(), StrEq("a number is not in its shortest form"));
  EXPECT_EQ(reader.problem_offset(), 1U);
}

}  // namespace
}  // namespace canvass::ledger
