#include "services/canvass/import/slug.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/utf8.h"
#include "common/ledger/merkle.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

constexpr std::size_t kIdCharactersMax = 63;
constexpr std::size_t kHashDigits = 8;

// Each Latin spelling with the characters that it replaces: Latin letters of European languages,
// Turkish, Azerbaijani and Vietnamese, Cyrillic, and Greek. Silent signs ("ъ", an apostrophe) are
// dropped.
constexpr auto kSpellings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"", "ʹʻʼЪЬъь‘’"},
    {"a", "ªÀÁÂÃÄÅàáâãäåĀāĂăĄąǍǎǞǟǠǡǺǻȀȁȂȃȦȧΆΑάαАаӘәẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ"},
    {"ae", "ÆæǢǣǼǽ"},
    {"b", "БбḂḃ"},
    {"c", "ÇçĆćĈĉĊċČčЋћ"},
    {"ch", "ΧχЧч"},
    {"d", "ÐðĎďĐđΔδДдḊḋḌḍ"},
    {"dj", "Ђђ"},
    {"dz", "ЅЏѕџ"},
    {"e", "ÈÉÊËèéêëĒēĔĕĖėĘęĚěƎƏǝȄȅȆȇȨȩəΈΕέεЕЭеэẸẹẺẻẼẽẾếỀềỂểỄễỆệ"},
    {"f", "ΦφФфḞḟ"},
    {"g", "ĜĝĞğĠġĢģǦǧǴǵΓγЃГгѓҐґҒғ"},
    {"h", "ĤĥĦħҺһḤḥ"},
    {"i", "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıǏǐȈȉȊȋΉΊΐΗΙΪήίηιϊІИиіỈỉỊị"},
    {"ij", "Ĳĳ"},
    {"j", "ĴĵЈј"},
    {"k", "ĶķĸǨǩΚκЌКкќҚқ"},
    {"kh", "Хх"},
    {"l", "ĹĺĻļĽľĿŀŁłΛλЛл"},
    {"lj", "Љљ"},
    {"m", "ΜμМмṀṁ"},
    {"n", "ÑñŃńŅņŇňŉŊŋǸǹΝνНнҢң"},
    {"nj", "Њњ"},
    {"o",
     "ºÒÓÔÕÖØòóôõöøŌōŎŏŐőƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱΌΏΟΩοωόώОоӨөỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞ"
     "ởỠỡỢợ"},
    {"oe", "Œœ"},
    {"p", "ΠπПпṖṗ"},
    {"ps", "Ψψ"},
    {"r", "ŔŕŖŗŘřȐȑȒȓΡρРр"},
    {"s", "ŚśŜŝŞşŠšſȘșΣςσСсṠṡṢṣ"},
    {"sh", "Шш"},
    {"shch", "Щщ"},
    {"ss", "ßẞ"},
    {"t", "ŢţŤťŦŧȚțΤτТтṪṫ"},
    {"th", "ÞþΘθ"},
    {"ts", "Цц"},
    {"u", "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗУуҮүҰұỤụỦủỨứỪừỬửỮữỰự"},
    {"v", "ΒβВв"},
    {"w", "ŴŵЎўẀẁẂẃẄẅ"},
    {"x", "ΞξẊẋ"},
    {"y", "ÝýÿŶŷŸȲȳΎΥΫΰυϋύЙЫйыỲỳỴỵỶỷỸỹ"},
    {"ya", "Яя"},
    {"ye", "Єє"},
    {"yi", "Її"},
    {"yo", "Ёё"},
    {"yu", "Юю"},
    {"z", "ŹźŻżŽžΖζЗзẒẓ"},
    {"zh", "Жж"},
});

using Spellings = absl::flat_hash_map<char32_t, std::string_view>;

const Spellings& SpellingsByCharacter() {
  static const auto* const kByCharacter = [] {
    auto* const by_character = new Spellings();
    for (const auto& [spelling, characters] : kSpellings) {
      std::string_view rest = characters;
      while (!rest.empty()) {
        const CodePoint character = *FirstCodePoint(rest);
        by_character->emplace(character.value, spelling);
        rest.remove_prefix(character.bytes);
      }
    }
    return by_character;
  }();
  return *kByCharacter;
}

bool IsCombiningMark(char32_t c) { return c >= 0x300 && c <= 0x36F; }

// Whether `c` is a blank or punctuation outside ASCII.
bool IsSeparator(char32_t c) {
  return (c >= 0x80 && c < 0xC0) || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
         (c >= 0x3000 && c <= 0x3003) || c == 0xFEFF;
}

// Returns the spelling of a character in a slug, and "-" for a character between words.
std::string SpellingOf(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return {static_cast<char>(c)};
  if (c >= 'A' && c <= 'Z') return {static_cast<char>(c - 'A' + 'a')};
  if (c < 0x80) return "-";
  const auto known = SpellingsByCharacter().find(c);
  if (known != SpellingsByCharacter().end()) return std::string(known->second);
  if (IsCombiningMark(c)) return "";
  if (IsSeparator(c)) return "-";
  return fmt::format("u{:04x}", static_cast<unsigned>(c));
}

}  // namespace

std::string Slug(std::string_view text) {
  std::string slug;
  while (!text.empty()) {
    const std::optional<CodePoint> character = FirstCodePoint(text);
    const std::string spelling = character ? SpellingOf(character->value) : "-";
    const bool second_dash = spelling == "-" && (slug.empty() || slug.back() == '-');
    if (!second_dash) slug += spelling;
    text.remove_prefix(character ? character->bytes : 1);
  }
  if (slug.ends_with('-')) slug.pop_back();
  return slug;
}

std::string FittingId(const std::string& id) {
  if (id.size() <= kIdCharactersMax) return id;
  return fmt::format("{}-{}", id.substr(0, kIdCharactersMax - kHashDigits - 1),
                     ledger::ToHex(ledger::Sha256(id)).substr(0, kHashDigits));
}

absl::Status IdRegister::Add(const std::string& id, const std::string& value, int line) {
  const bool says_something =
      std::any_of(id.begin(), id.end(), [](char c) { return c != '-' && c != '.'; });
  if (!says_something) {
    return MakeError(
        reason::kIdEmpty,
        fmt::format("Line {}: '{}' has no letter or digit to make an id from", line, value));
  }
  const auto [origin, added] = origins_.try_emplace(id, Origin{.value = value, .line = line});
  if (added || origin->second.value == value) return absl::OkStatus();
  return MakeError(reason::kIdCollision,
                   fmt::format("'{}' (line {}) and '{}' (line {}) would both get the id '{}'; give "
                               "one of them another prefix",
                               origin->second.value, origin->second.line, value, line, id));
}

}  // namespace canvass::cli
