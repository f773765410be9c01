#include "services/canvass/terminal/terminal_stream.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

constexpr std::array kOwnSequences = {kBold, kYellow,    kPlain,      kClearScreen,
                                      kHome, kClearLine, kClearBelow, kToLineStart};

// Returns what `text` starts with: a line end, one of the own sequences, or nothing.
std::string_view LeadingSequence(std::string_view text) {
  if (text.starts_with('\n')) return text.substr(0, 1);
  const auto* const found =
      std::find_if(kOwnSequences.begin(), kOwnSequences.end(),
                   [text](std::string_view sequence) { return text.starts_with(sequence); });
  return found == kOwnSequences.end() ? std::string_view() : *found;
}

std::string ForTerminal(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::string_view sequence = LeadingSequence(text);
    shown += sequence;
    text.remove_prefix(sequence.size());
    if (!sequence.empty()) continue;
    // A character that may begin a sequence, but does not, is part of the text.
    const std::string_view plain = text.substr(0, text.find_first_of("\n\r\x1b", 1));
    shown += Printable(plain);
    text.remove_prefix(plain.size());
  }
  return shown;
}

}  // namespace

TerminalStream::Buffer::int_type TerminalStream::Buffer::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof()))
    return traits_type::not_eof(character);
  const char c = traits_type::to_char_type(character);
  return xsputn(&c, 1) == 1 ? character : traits_type::eof();
}

std::streamsize TerminalStream::Buffer::xsputn(const char* text, std::streamsize size) {
  const std::string_view added(text, static_cast<std::size_t>(size));
  const std::size_t end = added.rfind('\n');
  if (end == std::string_view::npos) {
    waiting_ += added;
    return size;
  }
  waiting_ += added.substr(0, end + 1);
  if (!WriteWaiting()) return 0;
  waiting_ = added.substr(end + 1);
  return size;
}

int TerminalStream::Buffer::sync() { return WriteWaiting() && terminal_->pubsync() == 0 ? 0 : -1; }

bool TerminalStream::Buffer::WriteWaiting() {
  const std::string shown = ForTerminal(std::exchange(waiting_, {}));
  const auto size = static_cast<std::streamsize>(shown.size());
  return terminal_->sputn(shown.data(), size) == size;
}

}  // namespace canvass::cli
