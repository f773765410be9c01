#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_TERMINAL_STREAM_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_TERMINAL_STREAM_H_

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace canvass::cli {

// Sequences that Canvass itself writes to a terminal. No other one passes a TerminalStream.
inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kYellow = "\x1b[33m";
inline constexpr std::string_view kPlain = "\x1b[0m";
inline constexpr std::string_view kClearScreen = "\x1b[2J";
inline constexpr std::string_view kHome = "\x1b[H";
inline constexpr std::string_view kClearLine = "\x1b[K";
inline constexpr std::string_view kClearBelow = "\x1b[J";
inline constexpr std::string_view kToLineStart = "\r\x1b[K";

// The stream through which everything reaches a terminal. Texts of servers and files could hide or
// reorder what the operator reads, so each line passes through Printable; only the sequences above
// and line ends stay. A view makes the text of others printable before, so that it cannot contain
// these sequences either. A line is written when it ends or with the next flush. Not thread-safe.
class TerminalStream : public std::ostream {
 public:
  // `terminal` must outlive this.
  explicit TerminalStream(std::streambuf* terminal) : std::ostream(nullptr), buffer_(terminal) {
    rdbuf(&buffer_);
  }
  ~TerminalStream() override { flush(); }
  TerminalStream(const TerminalStream&) = delete;
  TerminalStream& operator=(const TerminalStream&) = delete;

 private:
  class Buffer : public std::streambuf {
   public:
    explicit Buffer(std::streambuf* terminal) : terminal_(terminal) {}

   protected:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

   private:
    // Writes what is waiting. Returns false if the terminal does not take it.
    bool WriteWaiting();

    std::streambuf* const terminal_;
    std::string waiting_;  // the line that has not ended
  };

  Buffer buffer_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_TERMINAL_STREAM_H_
