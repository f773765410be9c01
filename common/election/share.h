#ifndef CANVASS_COMMON_ELECTION_SHARE_H_
#define CANVASS_COMMON_ELECTION_SHARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Exact percentages: integers in hundredths of a percent, or decimals as published. Only the margin
// of error is computed in floating point.
namespace canvass::election {

// Returns `part` of `whole` in hundredths of a percent, rounded half up: 4577693 of 4969044 is
// 9212. Cannot overflow: a share above the maximum of int64 becomes that maximum. REQUIRES: part >=
// 0, whole > 0.
std::int64_t ShareInHundredths(std::int64_t part, std::int64_t whole);

// Returns the decimal text: "92.12" for 9212, "0.80" for 80, "-1.78" for -178.
std::string FormatHundredths(std::int64_t hundredths);

// Returns ShareInHundredths as text; "" if `whole` is 0.
std::string SharePercent(std::int64_t part, std::int64_t whole);

// Like SharePercent, but a part that is smaller than the whole is at most "99.99", so that "100.00"
// means part == whole.
std::string ProgressPercent(std::int64_t part, std::int64_t whole);

// A decimal number as published: value = units / 10^decimals, with at most 6 decimals. "93.9" is
// {939, 1}.
struct Decimal {
  std::int64_t units = 0;
  int decimals = 0;

  bool operator==(const Decimal&) const = default;
};

// Parses "93.9", "-1.78" or "5". INVALID_ARGUMENT DECIMAL_MALFORMED for anything else ("", "1,2",
// "1e3", ".5", "5.", "+5", "05").
absl::StatusOr<Decimal> ParseDecimal(std::string_view text);

// Returns a - b with as many decimals as the more precise of the two, but at least two: 93.9 -
// 92.12 is "1.78".
std::string DifferenceInPoints(const Decimal& a, const Decimal& b);

// Whether |a - b| <= margin. Computed exactly.
bool IsWithinMargin(const Decimal& a, const Decimal& b, const Decimal& margin);

// Returns the half-width of the 95 % confidence interval of `answers` out of `sample_size`, in
// percentage points, rounded half up to two decimals: 1.96 * sqrt(deff * p * (1 - p) / (n - 1))
// with deff = design_effect, p = answers / sample_size and n = sample_size. Returns "" (unknown) if
// n <= 1 or if p is 0 or 1. REQUIRES: 0 <= answers <= sample_size.
std::string MarginOfErrorPoints(std::int64_t answers, std::int64_t sample_size,
                                double design_effect);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_SHARE_H_
