#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_TEXT_WIDTH_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_TEXT_WIDTH_H_

#include <cstdint>
#include <string>
#include <string_view>

// Width and layout of text on a terminal.
namespace canvass::cli {

// Returns the number of terminal columns of UTF-8 `text`: 1 for 'Ə', 2 for wide East Asian
// characters, 0 for combining marks. A byte that is not UTF-8 counts as 1.
int DisplayWidth(std::string_view text);

// Fills `text` with blanks up to `width` columns, after or before it. Longer text is returned
// unchanged.
std::string PadRight(std::string_view text, int width);
std::string PadLeft(std::string_view text, int width);

// Returns the beginning of `line` that fits into `width` columns. Sequences that style the text
// take no column, and none stays in effect after the end.
std::string CutRight(std::string_view line, int width);

// Makes `text` safe for one line of a terminal, see WithoutFaults: control characters, including
// escapes that change colours or move the cursor, become blanks, and what is invisible or changes
// the writing direction becomes U+FFFD.
std::string Printable(std::string_view text);

// Inserts a blank before each group of three digits of an integer: "-4567458" becomes "-4 567 458".
std::string GroupThousands(std::string_view digits);
// The same of a number.
std::string Grouped(std::int64_t number);

// Returns "1 station" or "6 537 stations".
std::string Counted(std::int64_t count, std::string_view one, std::string_view several);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_TEXT_WIDTH_H_
