#ifndef CANVASS_COMMON_BASE_TEXT_FORM_H_
#define CANVASS_COMMON_BASE_TEXT_FORM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Which characters a text may have, by the properties that Unicode 15 gives them.
namespace canvass {

// Texts that people read must not look like other texts. So in every form a character must be
// assigned, and must be visible or a blank. Not allowed are control characters, line separators,
// format signs (zero-width signs, marks and overrides of the writing direction, soft hyphens,
// tags), blank letters (Hangul fillers) and characters for private use. Spelling needs these
// exceptions:
//   - U+200C and U+200D between two letters or marks of scripts that join letters (Arabic,
//   Devanagari,
//     Sinhala, ...), and after a virama also at the end of a word; U+180E in Mongolian;
//   - U+200B between two letters or marks of scripts that write no blanks (Khmer, Lao, Myanmar,
//     Thai);
//   - variation selectors after a visible character, as in Han and Mongolian;
//   - the signs that stand above or around Arabic, Syriac and Kaithi numbers.
enum class TextForm : std::uint8_t {
  // One line in normalization form NFC that begins with neither a blank nor a combining mark and
  // does not end with a blank. Not empty.
  kName,
  kLine,   // one line, which may be empty
  kProse,  // several lines: also tabs and line ends (LF or CR LF)
};

enum class CharacterFaultKind : std::uint8_t {
  kNotUtf8,
  kEmpty,       // or only blanks
  kNotAllowed,  // a character that no text of this form may have
  kEdge,        // a blank or mark at the beginning, or a blank at the end
  kNotNfc,      // the first character that NFC writes differently
};

// The first fault of a text.
struct CharacterFault {
  CharacterFaultKind kind = CharacterFaultKind::kNotUtf8;
  char32_t character = 0;  // 0 if the fault is not that of one character
  std::size_t place = 0;   // of the character, counted in code points from 1

  bool operator==(const CharacterFault&) const = default;
};

std::optional<CharacterFault> FindCharacterFault(std::string_view text, TextForm form);

// Continues a sentence that starts with the name of a field, e.g. "has U+202E RIGHT-TO-LEFT
// OVERRIDE as character 5, which is invisible or changes how the text around it is shown".
std::string DescribeFault(const CharacterFault& fault);

// Returns `text` with U+FFFD for every character that FindCharacterFault does not allow in a line,
// and with a blank for every control character and every byte that is not UTF-8. Its ends and its
// normalization form stay as they are.
std::string WithoutFaults(std::string_view text);

// Returns the same text for names that look the same because they differ only in their
// normalization form, in invisible characters or in kind and number of blanks. Letters of different
// scripts that look alike stay different, and so do capital and small letters.
std::string NameSkeleton(std::string_view name);

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_TEXT_FORM_H_
