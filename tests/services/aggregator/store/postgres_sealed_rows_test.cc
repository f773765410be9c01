#include "services/aggregator/store/postgres_sealed_rows.h"

#include <cstddef>
#include <string>

#include "common/election/event.h"
#include "common/ledger/seal.h"
#include "gtest/gtest.h"

namespace canvass::aggregator {
namespace {

// A decision whose content has about as many bytes as its reason.
election::SealedContent ContentOf(std::size_t reason_bytes) {
  return {
      .actor = "office",
      .event = election::ReportAnnulment{.revision = 1, .reason = std::string(reason_bytes, 'x')}};
}

TEST(PaddingTest, UsualContentsHaveOneSize) {
  EXPECT_EQ(PadContent({.event = election::ReportRecorded{}}).size(), 1'024U);
  for (const std::size_t reason : {0U, 1U, 126U, 127U, 500U, 900U}) {
    EXPECT_EQ(PadContent(ContentOf(reason)).size(), 1'024U) << reason;
  }
  EXPECT_EQ(PadContent(ContentOf(1'100)).size(), 2'048U);
  EXPECT_EQ(PadContent(ContentOf(5'000)).size(), 8'192U);
}

TEST(PaddingTest, IsTakenOffAgain) {
  // Around the sizes at which it grows, too.
  for (std::size_t reason = 980; reason <= 1'024; ++reason) {
    const std::string padded = PadContent(ContentOf(reason));
    const auto content = ReadPadded(padded);
    ASSERT_TRUE(content.ok()) << content.status();
    EXPECT_EQ(*content, ContentOf(reason));
  }
}

TEST(PaddingTest, WhatIsNotPaddedIsDamaged) {
  EXPECT_FALSE(ReadPadded("").ok());
  EXPECT_FALSE(ReadPadded(std::string(1'024, '\0')).ok());
  EXPECT_FALSE(ReadPadded(ledger::EncodeSealed(ContentOf(5))).ok());
  std::string padded = PadContent(ContentOf(5));
  padded.back() = 'x';
  EXPECT_FALSE(ReadPadded(padded).ok());
}

}  // namespace
}  // namespace canvass::aggregator
