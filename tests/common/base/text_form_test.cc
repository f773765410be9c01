#include "common/base/text_form.h"

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass {

void PrintTo(const CharacterFault& fault, std::ostream* out) { *out << DescribeFault(fault); }

namespace {

using ::testing::HasSubstr;

std::optional<CharacterFault> NameFault(std::string_view name) {
  return FindCharacterFault(name, TextForm::kName);
}

TEST(TextFormTest, NamesOfAllScriptsAreNames) {
  for (const std::string_view name : {
           "Əli Əsgərov",
           "O'Brien-Müller, Jr. (No. 2)",
           "Nguyễn Thị Ánh",
           "Александр Цветков",
           "Ἀθηνᾶ",
           "מרים בת־אל",
           "محمد بن سلمان",
           "می\u200Cخواهم",     // Persian with U+200C
           "نامه\u200Cها",      // after a letter that does not join to the left
           "क्\u200Dष",          // Hindi with U+200D after a virama
           "र\u200D्याब",        // Bengali and Marathi write U+200D before the virama
           "രാജന്\u200D",        // Malayalam of old data: U+200D at the end of the word
           "ශ්\u200Dරී ලංකා",     // Sinhala
           "ភ្នំ\u200Bពេញ",       // Khmer with U+200B between words
           "ᠮᠣᠩᠭᠣᠯ\u180Eᠠ",     // Mongolian with U+180E
           "葛\U000E0100城市",  // Han with a variation selector
           "山田\u3000太郎",    // U+3000 between the parts of a name
           "홍길동",
           "สมชาย ใจดี",
           "★ Party 2030 ♥\uFE0F",
           "\u0601\u0661\u0662",  // a sign that stands over an Arabic number
           "A",
       }) {
    EXPECT_EQ(NameFault(name), std::nullopt) << name;
  }
}

struct BadName {
  std::string_view name;
  CharacterFaultKind kind;
  char32_t character;
  std::size_t place;
};

TEST(TextFormTest, FaultOfANameHasTheCharacterAndItsPlace) {
  using Kind = CharacterFaultKind;
  for (const BadName& bad : {
           BadName{"", Kind::kEmpty, 0, 0},
           BadName{" \u3000", Kind::kEmpty, 0, 0},
           BadName{" Ann", Kind::kEdge, ' ', 1},
           BadName{"Ann\u00A0", Kind::kEdge, 0xA0, 4},
           BadName{"\u0301Ann", Kind::kEdge, 0x301, 1},
           BadName{"Ann\nBob", Kind::kNotAllowed, '\n', 4},
           BadName{"Ann\tBob", Kind::kNotAllowed, '\t', 4},
           BadName{"Ann\x1b[31m", Kind::kNotAllowed, 0x1B, 4},
           BadName{"Əli\u0085", Kind::kNotAllowed, 0x85, 4},
           BadName{"A\u2028B", Kind::kNotAllowed, 0x2028, 2},
           BadName{"A\u200BB", Kind::kNotAllowed, 0x200B, 2},
           BadName{"A\u200DB", Kind::kNotAllowed, 0x200D, 2},
           BadName{"\u0645\u200C", Kind::kNotAllowed, 0x200C, 2},  // at the end, without a virama
           BadName{"\u200C\u0645", Kind::kNotAllowed, 0x200C, 1},
           BadName{"\u0645\u200C\u200C\u0645", Kind::kNotAllowed, 0x200C, 2},
           BadName{"A\u200E", Kind::kNotAllowed, 0x200E, 2},
           BadName{"\u202Eab", Kind::kNotAllowed, 0x202E, 1},
           BadName{"a\u2066b\u2069", Kind::kNotAllowed, 0x2066, 2},
           BadName{"a\u00ADb", Kind::kNotAllowed, 0xAD, 2},
           BadName{"\uFEFFAnn", Kind::kNotAllowed, 0xFEFF, 1},
           BadName{"\u3164", Kind::kNotAllowed, 0x3164, 1},
           BadName{"\u2800", Kind::kNotAllowed, 0x2800, 1},
           BadName{"A\U000E0041", Kind::kNotAllowed, 0xE0041, 2},
           BadName{"A \uFE0F", Kind::kNotAllowed, 0xFE0F, 3},
           BadName{"A\uE000", Kind::kNotAllowed, 0xE000, 2},
           BadName{"A\u0378", Kind::kNotAllowed, 0x378, 2},   // unassigned
           BadName{"A\uFFFE", Kind::kNotAllowed, 0xFFFE, 2},  // a noncharacter
           BadName{"Mu\u0308ller", Kind::kNotNfc, 'u', 2},
           BadName{"\u212B", Kind::kNotNfc, 0x212B, 1},  // ANGSTROM SIGN
           BadName{"A\xff", Kind::kNotUtf8, 0, 0},
       }) {
    const CharacterFault wanted{.kind = bad.kind, .character = bad.character, .place = bad.place};
    EXPECT_EQ(NameFault(bad.name), wanted) << bad.name;
  }
}

TEST(TextFormTest, NamesInNfcMayHaveCombiningMarks) {
  EXPECT_EQ(NameFault("q\u0301"), std::nullopt);  // there is no composed character
}

TEST(TextFormTest, ProseMayHaveLinesAndNeedsNoNfc) {
  for (const std::string_view text : {"", "\n", " one\r\n\ttwo \n", "Mu\u0308ller"}) {
    EXPECT_EQ(FindCharacterFault(text, TextForm::kProse), std::nullopt) << text;
  }
  for (const std::string_view text : {"a\rb", "a\x1b", "a\u202E", "a\u200B", "a\x7f"}) {
    EXPECT_EQ(FindCharacterFault(text, TextForm::kProse)->place, 2) << text;
  }
}

TEST(TextFormTest, LineHasNoLineBreakAndMayBeEmpty) {
  EXPECT_EQ(FindCharacterFault("", TextForm::kLine), std::nullopt);
  EXPECT_EQ(FindCharacterFault(" Mu\u0308ller ", TextForm::kLine), std::nullopt);
  EXPECT_EQ(FindCharacterFault("a\n", TextForm::kLine)->place, 2);
}

TEST(TextFormTest, DescriptionNamesCodePointAndPlace) {
  EXPECT_EQ(DescribeFault(*NameFault("a\u202Eb")),
            "has U+202E RIGHT-TO-LEFT OVERRIDE as character 2, which is invisible here or changes "
            "how the text around it is shown");
  EXPECT_EQ(DescribeFault(*NameFault("a\n")),
            "has U+000A as character 2, a line break or control character, which is not allowed "
            "here");
  EXPECT_THAT(DescribeFault(*NameFault("Ann ")), HasSubstr("ends with U+0020 SPACE (character 4)"));
  EXPECT_THAT(DescribeFault(*NameFault("Mu\u0308ller")),
              HasSubstr("NFC, which differs from U+0075 LATIN SMALL LETTER U (character 2) on"));
}

TEST(TextFormTest, WithoutFaultsShowsWhatIsHidden) {
  EXPECT_EQ(WithoutFaults("a\nb\x1b[31mc\x7f\xff"), "a b [31mc  ");
  EXPECT_EQ(WithoutFaults("a\u202Eb\u200Bc\u0378"), "a\uFFFDb\uFFFDc\uFFFD");
  EXPECT_EQ(WithoutFaults("می\u200Cخ Mu\u0308ller "), "می\u200Cخ Mu\u0308ller ");
}

// U+17B4 is a letter that is never visible. Without it, nothing allows the joiner.
TEST(TextFormTest, WithoutFaultsLeavesNothingHiddenBesideWhatItReplaces) {
  EXPECT_EQ(WithoutFaults("\u17B4\u200C\u1781"), "\uFFFD\uFFFD\u1781");
  EXPECT_EQ(WithoutFaults("\u1781\u200C\u17B4"), "\u1781\uFFFD\uFFFD");
}

TEST(TextFormTest, NamesThatLookTheSameHaveOneSkeleton) {
  EXPECT_EQ(NameSkeleton("Mu\u0308ller"), NameSkeleton("Müller"));
  EXPECT_EQ(NameSkeleton("Ann\u200B\u00A0 Lee "), NameSkeleton("Ann Lee"));
  EXPECT_EQ(NameSkeleton("می\u200Cخ"), NameSkeleton("میخ"));
  EXPECT_EQ(NameSkeleton("葛\U000E0100"), NameSkeleton("葛"));
  EXPECT_NE(NameSkeleton("Ann"), NameSkeleton("ann"));
  EXPECT_NE(NameSkeleton("Anna"), NameSkeleton("Аnna"));  // the latter begins in Cyrillic
}

}  // namespace
}  // namespace canvass
