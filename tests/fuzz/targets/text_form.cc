// Names, reasons and other texts, which ICU looks at.
#include "common/base/text_form.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "services/canvass/import/slug.h"
#include "services/canvass/terminal/text_width.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

void RequireFault(const CharacterFault& fault, std::string_view text) {
  Require(fault.place <= text.size() + 1, "the place of a fault lies in the text");
  const std::string description = DescribeFault(fault);
  Require(!description.empty() && IsUtf8(description), "a fault is described in UTF-8");
}

void RequireSlug(const std::string& slug) {
  for (const char letter : slug) {
    Require((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-',
            "a slug has letters, digits and '-'");
  }
  Require(cli::Slug(slug) == slug, "the slug of a slug is the same");
  Require(cli::FittingId(slug).size() <= 63, "an id has at most 63 characters");
}

void RunTextForm(std::string_view text) {
  const auto name = FindCharacterFault(text, TextForm::kName);
  const auto line = FindCharacterFault(text, TextForm::kLine);
  const auto prose = FindCharacterFault(text, TextForm::kProse);
  for (const auto& fault : {name, line, prose}) {
    if (fault) RequireFault(*fault, text);
  }
  Require(name || !line, "a name is a line");
  Require(line || !prose, "a line is prose");
  Require(IsUtf8(text) || (prose && prose->kind == CharacterFaultKind::kNotUtf8) || prose,
          "a text that is not UTF-8 has a fault");
  const std::string repaired = WithoutFaults(text);
  Require(IsUtf8(repaired), "a repaired text is UTF-8");
  Require(!FindCharacterFault(repaired, TextForm::kLine), "a repaired text is a line");
  Require(WithoutFaults(repaired) == repaired, "a repaired text stays as it is");
  Require(line || repaired == text, "a line without faults stays as it is");
  const std::string skeleton = NameSkeleton(text);
  if (!name) Require(!skeleton.empty() && NameSkeleton(skeleton) == skeleton, "skeletons are last");
  RequireSlug(cli::Slug(text));
  constexpr int kColumns = 10;
  Require(cli::DisplayWidth(cli::CutRight(cli::Printable(text), kColumns)) <= kColumns,
          "what is cut fits");
}

std::vector<std::string> TextFormSeeds() {
  return {"Unión Cívica Radical",
          "İlham Əliyev",
          "کتاب\xE2\x80\x8Cها",
          "क्‍ष",
          "a\xCC\x81",
          "x\xE2\x80\xAEy",
          "two\nlines\r\n\tand a tab",
          " edge ",
          "\xE1\x85\x9F",
          "ភាសា\xE2\x80\x8Bខ្មែរ",
          "\xED\xA0\x80",
          "葛\xF3\xA0\x84\x80",
          "\xC3\x28",
          "Σ Д ß ﬁ"};
}

const Registration kTextForm({.name = "text_form", .run = RunTextForm, .seeds = TextFormSeeds});

}  // namespace
}  // namespace canvass::fuzz
