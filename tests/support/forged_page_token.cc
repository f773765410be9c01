#include "tests/support/forged_page_token.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace canvass::testing {
namespace {

constexpr std::size_t kPositionAt = 9;
constexpr std::size_t kCheckAt = 25;
constexpr std::size_t kNumberBytes = 8;

std::string BigEndian(std::uint64_t number) {
  std::string bytes(kNumberBytes, '\0');
  for (std::size_t i = kNumberBytes; i-- > 0; number >>= 8U) bytes[i] = static_cast<char>(number);
  return bytes;
}

std::uint64_t Fnv1a(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 1099511628211U;
  return hash;
}

}  // namespace

std::string ForgedPageToken(std::string_view token, std::int64_t position) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape({token.data(), token.size()}, &bytes));
  EXPECT_EQ(bytes.size(), kCheckAt + kNumberBytes);
  bytes.replace(kPositionAt, kNumberBytes, BigEndian(static_cast<std::uint64_t>(position)));
  bytes.replace(kCheckAt, kNumberBytes, BigEndian(Fnv1a(bytes.substr(0, kCheckAt))));
  return absl::WebSafeBase64Escape(bytes);
}

}  // namespace canvass::testing
