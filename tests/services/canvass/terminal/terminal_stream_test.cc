#include "services/canvass/terminal/terminal_stream.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

TEST(TerminalStreamTest, LetsOnlyItsOwnSequencesPass) {
  std::stringbuf terminal;
  TerminalStream out(&terminal);
  out << kClearScreen << kHome << kBold << "Şəki" << kPlain << kClearLine << '\n';
  out << "a\x1b]0;title\x07\x1b[31mb\rc\td\x1b[6n\xff\n";
  out << "x\u202Ey\u200Bz\n";
  EXPECT_EQ(terminal.str(),
            "\x1b[2J\x1b[H\x1b[1mŞəki\x1b[0m\x1b[K\n"
            "a ]0;title  [31mb c d [6n \n"
            "x\uFFFDy\uFFFDz\n");
}

TEST(TerminalStreamTest, KeepsCharactersWholeThatArriveInPieces) {
  std::stringbuf terminal;
  {
    TerminalStream out(&terminal);
    out << '\xC5' << '\x9E' << "\x1b"
        << "[1m";
    EXPECT_EQ(terminal.str(), "");
    out.flush();
    EXPECT_EQ(terminal.str(), "Ş\x1b[1m");
    out << "the rest";
  }
  EXPECT_EQ(terminal.str(), "Ş\x1b[1mthe rest");
}

// Takes nothing, like a terminal that is gone.
class Broken : public std::streambuf {};

TEST(TerminalStreamTest, FailsWithItsTerminal) {
  Broken broken;
  TerminalStream out(&broken);
  out << "line\n";
  EXPECT_FALSE(out.good());
}

TEST(CutRightTest, CutsAtTheWidth) {
  EXPECT_EQ(CutRight("abc", 3), "abc");
  EXPECT_EQ(CutRight("abc", 2), "ab");
  EXPECT_EQ(CutRight("東京", 3), "東");
  EXPECT_EQ(CutRight("\x1b[1mabc\x1b[0m", 2), "\x1b[1mab\x1b[0m");
  EXPECT_EQ(CutRight("abc", 0), "");
}

}  // namespace
}  // namespace canvass::cli
