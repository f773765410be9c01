#include "services/canvass/import/number.h"

#include <cassert>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "absl/numeric/int128.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

// Enough for any published percentage, and few enough that products fit into 128 bits.
constexpr std::size_t kDecimalsMax = 12;

absl::Status NumberError(const Reason& reason, const std::string& message) {
  return MakeError(reason, message);
}

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// value = units / 10^decimals
struct PlainDecimal {
  std::int64_t units = 0;
  std::size_t decimals = 0;
};

std::optional<PlainDecimal> ParsePlainDecimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == std::string_view::npos ? "" : text.substr(point + 1);
  const bool well_formed = AllDigits(whole) && (point == std::string_view::npos || AllDigits(part));
  if (!well_formed || part.size() > kDecimalsMax) return std::nullopt;
  const absl::StatusOr<std::int64_t> units = ParseCount(std::string(whole) + std::string(part));
  if (!units.ok()) return std::nullopt;
  return PlainDecimal{.units = *units, .decimals = part.size()};
}

absl::int128 PowerOfTen(std::size_t exponent) {
  absl::int128 power = 1;
  for (std::size_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

absl::StatusOr<std::int64_t> ParseCount(std::string_view text) {
  if (text.empty()) return NumberError(reason::kNumberEmpty, "a number is missing");
  if (!AllDigits(text)) {
    return NumberError(reason::kNumberMalformed,
                       fmt::format("'{}' is not a count in plain digits", text));
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return NumberError(reason::kNumberTooLarge,
                       fmt::format("'{}' does not fit into 64 bits", text));
  }
  return value;
}

absl::StatusOr<std::int64_t> RegisteredFromTurnout(std::int64_t cast,
                                                   std::string_view turnout_percent) {
  assert(cast >= 0);
  const std::optional<PlainDecimal> turnout = ParsePlainDecimal(turnout_percent);
  if (!turnout) {
    return NumberError(
        reason::kTurnoutMalformed,
        fmt::format("'{}' is not a turnout in percent such as 67.0588", turnout_percent));
  }
  if (turnout->units == 0) {
    if (cast == 0) return 0;
    return NumberError(reason::kTurnoutZero, fmt::format("{} ballots were cast at a turnout of {}",
                                                         cast, turnout_percent));
  }
  const absl::int128 numerator = absl::int128(cast) * 100 * PowerOfTen(turnout->decimals);
  const absl::int128 registered =
      (2 * numerator + turnout->units) / (2 * absl::int128(turnout->units));
  if (registered > std::numeric_limits<std::int64_t>::max()) {
    return NumberError(
        reason::kNumberTooLarge,
        fmt::format(
            "{} ballots at a turnout of {} give more registered voters than fit into 64 bits", cast,
            turnout_percent));
  }
  return static_cast<std::int64_t>(registered);
}

}  // namespace canvass::cli
