#include "common/edge/frame_reader.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/edge/frame_bytes.h"

namespace canvass::edge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "type flags stream length" of each frame that was admitted.
class Seen {
 public:
  bool operator()(const FrameHeader& frame) {
    lines.push_back(absl::StrCat(static_cast<int>(frame.type), " ", frame.flags, " ", frame.stream,
                                 " ", frame.length));
    return true;
  }
  std::vector<std::string> lines;
};

std::string SomeFrames() {
  return std::string(FrameReader::kPreface) + FrameBytes(FrameType::kSettings, 0, 0, "") +
         FrameBytes(FrameType::kHeaders, 5, 1, "head") +
         FrameBytes(FrameType::kData, 0, 0x7FFFFFFF, std::string(70'000, 'x')) +
         FrameBytes(static_cast<FrameType>(200), 255, 3, "?");
}

TEST(FrameReaderTest, FindsTheFramesWhereverTheBytesAreCut) {
  const std::string bytes = SomeFrames();
  for (const std::size_t piece : {1U, 2U, 8U, 9U, 10U, 1'000U, 100'000U}) {
    FrameReader reader(FrameReader::Sender::kClient);
    Seen seen;
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
      const std::string_view next = std::string_view(bytes).substr(i, piece);
      ASSERT_EQ(reader.Read(next, [&](const FrameHeader& frame) { return seen(frame); }),
                next.size());
    }
    EXPECT_THAT(seen.lines,
                ElementsAre("4 0 0 0", "1 5 1 4", "0 0 2147483647 70000", "200 255 3 1"))
        << piece;
    EXPECT_TRUE(reader.has_begun());
  }
}

TEST(FrameReaderTest, StopsBeforeAFrameThatIsNotAdmittedAndAsksAgain) {
  FrameReader reader(FrameReader::Sender::kServer);
  const std::string first = FrameBytes(FrameType::kData, 0, 1, "abc");
  const std::string bytes = first + FrameBytes(FrameType::kPing, 0, 0, "12345678");
  int asked = 0;
  const auto admit = [&asked](const FrameHeader& frame) {
    return frame.type == FrameType::kData || ++asked == 3;
  };
  // All but the last byte of the ping's header may pass: it says nothing without that byte.
  std::size_t read = reader.Read(bytes, admit);
  EXPECT_EQ(read, first.size() + 8);
  EXPECT_EQ(reader.Read(bytes.substr(read), admit), 0);
  EXPECT_EQ(reader.Read(bytes.substr(read), admit), bytes.size() - read);
}

TEST(FrameReaderTest, AClientThatSpeaksSomethingElseIsMalformed) {
  for (const std::string_view other :
       {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "PRI * HTTP/1.1"}) {
    FrameReader reader(FrameReader::Sender::kClient);
    Seen seen;
    EXPECT_EQ(reader.Read(other, [&](const FrameHeader& frame) { return seen(frame); }), 0);
    EXPECT_TRUE(reader.is_malformed());
    EXPECT_FALSE(reader.has_begun());
    EXPECT_THAT(seen.lines, IsEmpty());
  }
}

}  // namespace
}  // namespace canvass::edge
