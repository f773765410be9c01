#ifndef CANVASS_COMMON_ELECTION_SHARE_H_
#define CANVASS_COMMON_ELECTION_SHARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Percentages are exact: integers in hundredths, or decimals as they were published. No doubles but
// in the margin of error.
namespace canvass::election {

// `part` of `whole` in hundredths of a percent, rounded half up: 4577693 of 4969044 is 9212.
// Exact for every int64 input. REQUIRES: part >= 0, whole > 0.
std::int64_t ShareInHundredths(std::int64_t part, std::int64_t whole);

// 9212 is "92.12", 80 is "0.80", -178 is "-1.78".
std::string FormatHundredths(std::int64_t hundredths);

// ShareInHundredths as text; "" when `whole` is 0.
std::string SharePercent(std::int64_t part, std::int64_t whole);

// A share that shows "100.00" only when part == whole; a value that would round up to it is
// "99.99".
// "" when `whole` is 0.
std::string ProgressPercent(std::int64_t part, std::int64_t whole);

// A decimal number as people publish it: value = units / 10^decimals, at most 6 decimals. "93.9" is
// 939, 1.
struct Decimal {
  std::int64_t units = 0;
  int decimals = 0;

  bool operator==(const Decimal&) const = default;
};

// "93.9", "-1.78", "5". INVALID_ARGUMENT for anything else ("", "1,2", "1e3", ".5", "5.", "+5").
absl::StatusOr<Decimal> ParseDecimal(std::string_view text);

// a - b, with the decimals of the finer one but at least two: 93.9 - 92.12 is "1.78".
std::string DifferenceInPoints(const Decimal& a, const Decimal& b);

// Whether |a - b| <= margin, exactly.
bool IsWithinMargin(const Decimal& a, const Decimal& b, const Decimal& margin);

// Half-width of the 95 % interval of `answers` of `sample_size`, in percentage points rounded half
// up to two decimals: 1.96 * sqrt(deff * p * (1 - p) / (n - 1)) with p = answers / sample_size and
// n = sample_size. Unknown ("") with n <= 1 or a p of 0 or 1. REQUIRES: 0 <= answers <=
// sample_size.
std::string MarginOfErrorPoints(std::int64_t answers, std::int64_t sample_size,
                                double design_effect);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_SHARE_H_
