#ifndef CANVASS_SERVICES_CANVASS_TEXT_WIDTH_H_
#define CANVASS_SERVICES_CANVASS_TEXT_WIDTH_H_

#include <cstdint>
#include <string>
#include <string_view>

// How text fills the columns of a terminal.
namespace canvass {

// Columns that UTF-8 `text` takes: 1 for 'Ə', 2 for wide East Asian characters, 0 for combining
// marks. A byte that is not UTF-8 takes 1.
int DisplayWidth(std::string_view text);

// `text` with blanks up to `width` columns, after or before it; longer text stays as it is.
std::string PadRight(std::string_view text, int width);
std::string PadLeft(std::string_view text, int width);

// `text` on one line that a terminal can show: every control character (also an escape that would
// colour or move things) becomes a blank.
std::string Printable(std::string_view text);

// Inserts a blank before every three digits from the right of an integer: "-4567458" is "-4 567
// 458".
std::string GroupThousands(std::string_view digits);

// "1 station", "6 537 stations".
std::string Counted(std::int64_t count, std::string_view one, std::string_view several);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_TEXT_WIDTH_H_
