#include "common/election/share.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::election {
namespace {

constexpr std::int64_t kWholeInHundredths = 10'000;  // 100.00 %

// 18 digits always fit into 64 bits.
constexpr std::size_t kDecimalDigitsMax = 18;
constexpr int kDecimalPlacesMax = 6;

constexpr std::array<std::int64_t, kDecimalPlacesMax + 1> kPowersOfTen{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

// Returns `decimal` in units of 10^-places. REQUIRES: 0 <= places - decimal.decimals <= 6.
absl::int128 Scaled(const Decimal& decimal, int places) {
  assert(0 <= places - decimal.decimals && places - decimal.decimals <= kDecimalPlacesMax);
  return absl::int128(decimal.units) *
         kPowersOfTen[static_cast<std::size_t>(places - decimal.decimals)];
}

absl::int128 Magnitude(absl::int128 value) { return value < 0 ? -value : value; }

// Returns `units` / 10^places as text. The integer part of every value that is shown fits into 64
// bits.
std::string FormatScaled(absl::int128 units, int places) {
  const std::int64_t unit = kPowersOfTen[static_cast<std::size_t>(places)];
  const absl::int128 magnitude = Magnitude(units);
  const auto whole = static_cast<std::uint64_t>(magnitude / unit);
  const auto fraction = static_cast<std::uint64_t>(magnitude % unit);
  const std::string digits = StrCat(fraction);
  const std::string zeros(static_cast<std::size_t>(places) - digits.size(), '0');
  return StrCat(units < 0 ? "-" : "", whole, ".", zeros, digits);
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

absl::Status NotADecimal(std::string_view text) {
  return MakeError(reason::kDecimalMalformed,
                   StrCat("\"", text, "\" is not a decimal number like 93.9 with at most ",
                          kDecimalPlacesMax, " decimals"));
}

}  // namespace

std::int64_t ShareInHundredths(std::int64_t part, std::int64_t whole) {
  assert(part >= 0 && whole > 0);
  // Rounds half up: floor(part * 10000 / whole + 1/2), in integers.
  const absl::int128 doubled = absl::int128(part) * (2 * kWholeInHundredths) + whole;
  const absl::int128 share = doubled / (absl::int128(whole) * 2);
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  return share > kHighest ? kHighest : static_cast<std::int64_t>(share);
}

std::string FormatHundredths(std::int64_t hundredths) { return FormatScaled(hundredths, 2); }

std::string SharePercent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "";
  return FormatHundredths(ShareInHundredths(part, whole));
}

std::string ProgressPercent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "";
  const std::int64_t share = ShareInHundredths(part, whole);
  if (part < whole) return FormatHundredths(std::min(share, kWholeInHundredths - 1));
  return FormatHundredths(share);
}

absl::StatusOr<Decimal> ParseDecimal(std::string_view text) {
  std::string_view digits = text;
  const bool negative = !digits.empty() && digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const bool has_fraction = point != std::string_view::npos;
  const std::string_view fraction = has_fraction ? digits.substr(point + 1) : std::string_view();
  if (!AllDigits(whole) || (has_fraction && !AllDigits(fraction))) return NotADecimal(text);
  if (whole.size() > 1 && whole.front() == '0') return NotADecimal(text);
  if (fraction.size() > kDecimalPlacesMax || whole.size() + fraction.size() > kDecimalDigitsMax) {
    return NotADecimal(text);
  }
  std::int64_t units = 0;
  for (const char digit : whole) units = units * 10 + (digit - '0');
  for (const char digit : fraction) units = units * 10 + (digit - '0');
  return Decimal{.units = negative ? -units : units, .decimals = static_cast<int>(fraction.size())};
}

std::string DifferenceInPoints(const Decimal& a, const Decimal& b) {
  const int places = std::max({2, a.decimals, b.decimals});
  return FormatScaled(Scaled(a, places) - Scaled(b, places), places);
}

bool IsWithinMargin(const Decimal& a, const Decimal& b, const Decimal& margin) {
  const int places = std::max({a.decimals, b.decimals, margin.decimals});
  return Magnitude(Scaled(a, places) - Scaled(b, places)) <= Scaled(margin, places);
}

std::string MarginOfErrorPoints(std::int64_t answers, std::int64_t sample_size,
                                double design_effect) {
  assert(0 <= answers && answers <= sample_size);
  if (sample_size <= 1 || answers <= 0 || answers >= sample_size) return "";
  const auto n = static_cast<double>(sample_size);
  const double p = static_cast<double>(answers) / n;
  constexpr double kQuantile = 1.96;  // of the normal distribution, for 95 %
  const double half_width = kQuantile * std::sqrt(design_effect * p * (1 - p) / (n - 1));
  const double hundredths = std::floor(half_width * kWholeInHundredths + 0.5);
  return FormatHundredths(static_cast<std::int64_t>(hundredths));
}

}  // namespace canvass::election
