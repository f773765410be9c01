#include "services/canvass/import/slug.h"

#include <string>

#include "common/base/error.h"
#include "common/election/definition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::HasSubstr;

TEST(SlugTest, WritesNamesInLowerCaseAscii) {
  EXPECT_EQ(Slug("Unión Cívica Radical"), "union-civica-radical");
  EXPECT_EQ(Slug("MST - Nueva Izquierda"), "mst-nueva-izquierda");
  EXPECT_EQ(Slug("Unión del Centro Democrático (U.CE.DE.)"),
            "union-del-centro-democratico-u-ce-de");
  EXPECT_EQ(Slug("İlham Əliyev"), "ilham-eliyev");
  EXPECT_EQ(Slug("Gədəbəy / Şəmkir № 12"), "gedebey-semkir-u2116-12");
  EXPECT_EQ(Slug("Straße Łódź Đà Nẵng"), "strasse-lodz-da-nang");
  EXPECT_EQ(Slug("Київ"), "kiyiv");
  EXPECT_EQ(Slug("Объединённый"), "obedinyonnyy");
  EXPECT_EQ(Slug("Θεσσαλονίκη"), "thessaloniki");
}

TEST(SlugTest, TakesALetterAndItsMarkAsOneOrAsTwoCharacters) {
  EXPECT_EQ(Slug("Co\xCC\x81rdoba"), Slug("Córdoba"));
}

TEST(SlugTest, SpellsOtherScriptsByCodePoint) {
  EXPECT_EQ(Slug("दिल्ली"), "u0926u093fu0932u094du0932u0940");
}

TEST(SlugTest, IsEmptyWhereNothingCanBeRead) {
  EXPECT_EQ(Slug(""), "");
  EXPECT_EQ(Slug(" – · / "), "");
}

TEST(FittingIdTest, KeepsShortIdsAndMarksLongOnesByTheirHash) {
  const std::string fits(63, 'a');
  EXPECT_EQ(FittingId(fits), fits);
  const std::string one = FittingId(std::string(64, 'a'));
  const std::string other = FittingId(std::string(65, 'a'));
  EXPECT_EQ(one.size(), 63U);
  EXPECT_TRUE(election::IsValidId(one));
  EXPECT_NE(one, other);
  // printf 'a%.0s' {1..64} | sha256sum
  EXPECT_EQ(one, std::string(54, 'a') + "-ffe054fe");
}

TEST(IdRegisterTest, NamesBothValuesThatCollide) {
  IdRegister ids;
  EXPECT_TRUE(ids.Add("st-john", "station St. John", 2).ok());
  EXPECT_TRUE(ids.Add("st-john", "station St. John", 7).ok());
  const absl::Status collision = ids.Add("st-john", "station St John", 9);
  EXPECT_EQ(DetailOf(collision).reason, "ID_COLLISION");
  EXPECT_THAT(std::string(collision.message()), HasSubstr("'station St. John' (line 2)"));
  EXPECT_THAT(std::string(collision.message()), HasSubstr("'station St John' (line 9)"));
}

TEST(IdRegisterTest, RefusesAnIdOfNothing) {
  IdRegister ids;
  EXPECT_EQ(DetailOf(ids.Add("", "station ???", 3)).reason, "ID_EMPTY");
}

}  // namespace
}  // namespace canvass::cli
