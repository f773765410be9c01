#include "common/base/text_form.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace canvass {
namespace {

constexpr char32_t kZeroWidthSpace = 0x200B;
constexpr char32_t kZeroWidthNonJoiner = 0x200C;
constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr char32_t kMongolianVowelSeparator = 0x180E;
constexpr char32_t kBraillePatternBlank = 0x2800;  // a symbol for ICU, but it looks like a blank
constexpr std::string_view kReplacement = "\uFFFD";

// Scripts whose spelling needs U+200C, U+200D or U+180E, by Unicode's Core Specification.
constexpr std::array kJoiningScripts = {
    USCRIPT_ADLAM,    USCRIPT_ARABIC,   USCRIPT_BALINESE,        USCRIPT_BENGALI,
    USCRIPT_BRAHMI,   USCRIPT_CHAKMA,   USCRIPT_DEVANAGARI,      USCRIPT_GRANTHA,
    USCRIPT_GUJARATI, USCRIPT_GURMUKHI, USCRIPT_HANIFI_ROHINGYA, USCRIPT_JAVANESE,
    USCRIPT_KAITHI,   USCRIPT_KANNADA,  USCRIPT_KHMER,           USCRIPT_MALAYALAM,
    USCRIPT_MANDAEAN, USCRIPT_MYANMAR,  USCRIPT_MONGOLIAN,       USCRIPT_NKO,
    USCRIPT_ORIYA,    USCRIPT_SINHALA,  USCRIPT_SYRIAC,          USCRIPT_TAMIL,
    USCRIPT_TELUGU,   USCRIPT_TIBETAN,  USCRIPT_TIRHUTA,
};
// Scripts that write no blanks between words and mark with U+200B where a line may break.
constexpr std::array kUnspacedScripts = {USCRIPT_KHMER, USCRIPT_LAO, USCRIPT_MYANMAR, USCRIPT_THAI};

UChar32 Icu(char32_t c) { return static_cast<UChar32>(c); }

bool Is(char32_t c, UProperty property) { return u_hasBinaryProperty(Icu(c), property) != 0; }

bool IsMark(char32_t c) { return (U_GET_GC_MASK(Icu(c)) & U_GC_M_MASK) != 0; }

bool IsBlank(char32_t c) { return u_isUWhiteSpace(Icu(c)) != 0; }

// Whether `c` is a letter or mark of one of the scripts.
bool IsLetterOf(absl::Span<const UScriptCode> scripts, char32_t c) {
  if ((U_GET_GC_MASK(Icu(c)) & (U_GC_L_MASK | U_GC_M_MASK)) == 0) return false;
  return std::any_of(scripts.begin(), scripts.end(),
                     [c](UScriptCode script) { return uscript_hasScript(Icu(c), script) != 0; });
}

bool IsVirama(char32_t c) {
  constexpr std::uint8_t kViramaClass = 9;
  return u_getCombiningClass(Icu(c)) == kViramaClass;
}

// Whether the character is allowed in a line, wherever it stands.
bool IsVisibleOrBlank(char32_t c) {
  constexpr std::uint32_t kNever =
      U_GC_CC_MASK | U_GC_CN_MASK | U_GC_CO_MASK | U_GC_CS_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  const std::uint32_t category = U_GET_GC_MASK(Icu(c));
  if ((category & kNever) != 0 || c == kBraillePatternBlank) return false;
  if ((category & U_GC_CF_MASK) != 0) return Is(c, UCHAR_PREPENDED_CONCATENATION_MARK);
  return !Is(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

// Whether `c`, which is not visible, is allowed between its neighbours. They are 0 at the ends.
bool IsAllowedBetween(char32_t before, char32_t c, char32_t after) {
  if (before == 0) return false;
  switch (c) {
    case kZeroWidthNonJoiner:
    case kZeroWidthJoiner:
    case kMongolianVowelSeparator:
      return IsLetterOf(kJoiningScripts, before) &&
             (IsVirama(before) || IsLetterOf(kJoiningScripts, after));
    case kZeroWidthSpace:
      return IsLetterOf(kUnspacedScripts, before) && IsLetterOf(kUnspacedScripts, after);
    default:
      return Is(c, UCHAR_VARIATION_SELECTOR) && IsVisibleOrBlank(before) && !IsBlank(before);
  }
}

// Reads a text character by character, with the neighbours of each.
class Characters {
 public:
  explicit Characters(std::string_view text) : rest_(text) { Advance(); }

  bool AtEnd() const { return bytes_.empty(); }
  void Advance() {
    before_ = current_;
    place_ += 1;
    bytes_ = rest_.substr(0, 0);
    if (rest_.empty()) return;
    const std::optional<CodePoint> first = FirstCodePoint(rest_);
    is_utf8_ = first.has_value();
    current_ = first ? first->value : 0;
    bytes_ = rest_.substr(0, first ? first->bytes : 1);
    rest_.remove_prefix(bytes_.size());
  }

  bool is_utf8() const { return is_utf8_; }
  char32_t current() const { return current_; }
  std::string_view bytes() const { return bytes_; }
  std::size_t place() const { return place_; }

  bool IsAllowedInLine() const {
    constexpr char32_t kAsciiFirst = 0x20;
    constexpr char32_t kAsciiLast = 0x7E;
    if (current_ <= kAsciiLast) return current_ >= kAsciiFirst;
    return IsVisibleOrBlank(current_) || IsAllowedBetween(before_, current_, After());
  }
  // Whether it is a tab or belongs to a line end.
  bool IsLayout() const {
    return current_ == '\t' || current_ == '\n' || (current_ == '\r' && After() == '\n');
  }

 private:
  // Returns the next character; 0 at the end and before a byte that is not UTF-8.
  char32_t After() const {
    const std::optional<CodePoint> next = rest_.empty() ? std::nullopt : FirstCodePoint(rest_);
    return next ? next->value : 0;
  }

  std::string_view rest_;
  std::string_view bytes_;
  bool is_utf8_ = true;
  char32_t before_ = 0;
  char32_t current_ = 0;
  std::size_t place_ = 0;
};

icu::UnicodeString ToIcu(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

const icu::Normalizer2& Nfc() {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const nfc = icu::Normalizer2::getNFCInstance(error);
  assert(nfc != nullptr);  // its data is part of ICU's library
  return *nfc;
}

icu::UnicodeString ToNfc(const icu::UnicodeString& text) {
  UErrorCode error = U_ZERO_ERROR;
  return Nfc().normalize(text, error);
}

// Returns the first character that NFC writes differently.
std::optional<CharacterFault> FindNotNfc(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  if (IsAscii(text) ||
      Nfc().isNormalizedUTF8({text.data(), static_cast<std::int32_t>(text.size())}, error) != 0) {
    return std::nullopt;
  }
  const icu::UnicodeString given = ToIcu(text);
  const icu::UnicodeString nfc = ToNfc(given);
  std::int32_t at = 0;
  while (at < given.length() && at < nfc.length() && given.char32At(at) == nfc.char32At(at)) {
    at = given.moveIndex32(at, 1);
  }
  at = std::min(at, given.length() - 1);
  return CharacterFault{.kind = CharacterFaultKind::kNotNfc,
                        .character = static_cast<char32_t>(given.char32At(at)),
                        .place = static_cast<std::size_t>(given.countChar32(0, at)) + 1};
}

// Checks what kName adds to kLine. `last` is the last of the name's characters. REQUIRES: `name` is
// not blank.
std::optional<CharacterFault> FindNameFault(std::string_view name, char32_t last,
                                            std::size_t characters) {
  const char32_t first = FirstCodePoint(name)->value;
  if (IsBlank(first) || IsMark(first)) {
    return CharacterFault{.kind = CharacterFaultKind::kEdge, .character = first, .place = 1};
  }
  if (IsBlank(last)) {
    return CharacterFault{
        .kind = CharacterFaultKind::kEdge, .character = last, .place = characters};
  }
  return FindNotNfc(name);
}

// Returns e.g. "U+202E RIGHT-TO-LEFT OVERRIDE", or "U+000A" for a character without a name.
std::string NameOf(char32_t c) {
  constexpr std::int32_t kNameBytesMax = 128;
  std::array<char, kNameBytesMax> name{};
  UErrorCode error = U_ZERO_ERROR;
  u_charName(Icu(c), U_UNICODE_CHAR_NAME, name.data(), kNameBytesMax, &error);
  std::string text = absl::StrFormat("U+%04X", static_cast<std::uint32_t>(c));
  if (U_SUCCESS(error) && name.front() != '\0') text += StrCat(" ", name.data());
  return text;
}

std::string_view WhyNotAllowed(char32_t c) {
  switch (u_charType(Icu(c))) {
    case U_CONTROL_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return "a line break or control character, which is not allowed here";
    case U_UNASSIGNED:
      return "which is not a character of Unicode 15";
    case U_PRIVATE_USE_CHAR:
      return "which is for private use and looks different everywhere";
    default:
      return "which is invisible here or changes how the text around it is shown";
  }
}

struct Repaired {
  std::string text{};
  bool has_faults = false;  // the text before
};

// Replaces the characters that are not allowed in a line.
Repaired Repair(std::string_view text) {
  Repaired repaired;
  repaired.text.reserve(text.size());
  for (Characters each(text); !each.AtEnd(); each.Advance()) {
    if (each.is_utf8() && each.IsAllowedInLine()) {
      repaired.text += each.bytes();
      continue;
    }
    repaired.has_faults = true;
    if (!each.is_utf8() || u_charType(Icu(each.current())) == U_CONTROL_CHAR) {
      repaired.text += ' ';
    } else {
      repaired.text += kReplacement;
    }
  }
  return repaired;
}

}  // namespace

std::optional<CharacterFault> FindCharacterFault(std::string_view text, TextForm form) {
  char32_t last = 0;
  bool blank = true;
  Characters each(text);
  for (; !each.AtEnd(); each.Advance()) {
    if (!each.is_utf8()) return CharacterFault{};
    last = each.current();
    blank = blank && IsBlank(last);
    if (each.IsAllowedInLine() || (form == TextForm::kProse && each.IsLayout())) continue;
    return CharacterFault{.kind = CharacterFaultKind::kNotAllowed,
                          .character = each.current(),
                          .place = each.place()};
  }
  if (form != TextForm::kName) return std::nullopt;
  if (blank) return CharacterFault{.kind = CharacterFaultKind::kEmpty};
  return FindNameFault(text, last, each.place() - 1);
}

std::string DescribeFault(const CharacterFault& fault) {
  const std::string character = NameOf(fault.character);
  switch (fault.kind) {
    case CharacterFaultKind::kNotUtf8:
      return "is not UTF-8 text";
    case CharacterFaultKind::kEmpty:
      return "is empty or blank";
    case CharacterFaultKind::kNotAllowed:
      return StrCat("has ", character, " as character ", fault.place, ", ",
                    WhyNotAllowed(fault.character));
    case CharacterFaultKind::kEdge:
      return StrCat(fault.place == 1 ? "begins with " : "ends with ", character, " (character ",
                    fault.place, "); a name has no blanks around it and begins with no mark");
    case CharacterFaultKind::kNotNfc:
      break;
  }
  return StrCat("is not in Unicode's normalization form NFC, which differs from ", character,
                " (character ", fault.place, ") on");
}

std::string WithoutFaults(std::string_view text) {
  Repaired repaired = Repair(text);
  // What was replaced may have been what allowed the character beside it.
  while (repaired.has_faults) repaired = Repair(repaired.text);
  return std::move(repaired.text);
}

std::string NameSkeleton(std::string_view name) {
  if (IsAscii(name)) {  // most names, and much quicker
    std::string skeleton(name);
    absl::RemoveExtraAsciiWhitespace(&skeleton);
    return skeleton;
  }
  icu::UnicodeString skeleton;
  bool blank_before = true;  // so that no blank begins the skeleton
  for (Characters each(name); !each.AtEnd(); each.Advance()) {
    const char32_t c = each.current();
    const bool blank = IsBlank(c) || c == kBraillePatternBlank;
    if (!blank && Is(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) continue;
    if (!blank) skeleton.append(Icu(c));
    if (blank && !blank_before) skeleton.append(UChar{' '});
    blank_before = blank;
  }
  std::string utf8;
  ToNfc(skeleton).trim().toUTF8String(utf8);
  return utf8;
}

}  // namespace canvass
