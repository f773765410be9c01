#include "common/rpc/page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

// Grammar of a page token:
//
//   token   = unpadded base64url of: version filter position sequence check
//   version = one byte, 1
//   filter, position, sequence, check = 8 bytes each, big endian
//
// `check` is the FNV-1a hash of the bytes before it.
namespace canvass::rpc {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kTokenBytes = 1 + 4 * kNumberBytes;

// Continues an FNV-1a hash.
std::uint64_t Fnv(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  }
  return hash;
}
constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325U;

void AppendNumber(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<unsigned char>(number >> static_cast<unsigned>(shift)));
  }
}

// Returns the number at `index`, counted from 0.
std::uint64_t NumberAt(std::string_view bytes, std::size_t index) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(1 + index * kNumberBytes, kNumberBytes)) {
    number = (number << 8U) | static_cast<unsigned char>(byte);
  }
  return number;
}

bool IsWhole(std::string_view bytes) {
  return bytes.size() == kTokenBytes && bytes.front() == kVersion &&
         NumberAt(bytes, 3) == Fnv(kFnvStart, bytes.substr(0, kTokenBytes - kNumberBytes));
}

absl::Status TokenError(std::string_view what) {
  return FieldError(reason::kPageTokenInvalid, "page_token", what);
}

absl::StatusOr<int> PageSizeOf(int page_size) {
  if (page_size < 0) {
    return FieldError(
        reason::kPageSizeOutOfRange, "page_size",
        StrCat(page_size, " is negative; 0 selects the default of ", kPageSizeDefault));
  }
  return page_size == 0 ? kPageSizeDefault : std::min(page_size, kPageSizeMax);
}

}  // namespace

absl::StatusOr<PageRequest> PageRequest::Read(int page_size, std::string_view page_token,
                                              std::uint64_t filter) {
  const absl::StatusOr<int> size = PageSizeOf(page_size);
  if (!size.ok()) return size.status();
  PageRequest page(*size, filter);
  if (page_token.empty()) return page;
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(ToAbsl(page_token), &bytes) || !IsWhole(bytes)) {
    return TokenError("is not a next_page_token of an earlier answer");
  }
  if (NumberAt(bytes, 0) != filter) {
    return TokenError(
        "belongs to a request with other fields; only page_size may change from page to page");
  }
  page.is_first_ = false;
  page.position_ = static_cast<std::int64_t>(NumberAt(bytes, 1));
  page.sequence_ = static_cast<std::int64_t>(NumberAt(bytes, 2));
  return page;
}

absl::StatusOr<std::int64_t> PageRequest::Start(std::int64_t first,
                                                const Positions& positions) const {
  if (is_first_) return first;
  if (position_ < positions.lowest || position_ > positions.highest) {
    return TokenError(StrCat("starts at position ", position_, "; pages of this list start at ",
                             positions.lowest, " to ", positions.highest));
  }
  return position_;
}

std::string PageRequest::TokenAt(std::int64_t position, std::int64_t sequence) const {
  std::string bytes(1, kVersion);
  AppendNumber(bytes, filter_);
  AppendNumber(bytes, static_cast<std::uint64_t>(position));
  AppendNumber(bytes, static_cast<std::uint64_t>(sequence));
  AppendNumber(bytes, Fnv(kFnvStart, bytes));
  return absl::WebSafeBase64Escape(bytes);
}

std::uint64_t FilterHash(std::initializer_list<std::string_view> fields) {
  std::uint64_t hash = kFnvStart;
  for (const std::string_view field : fields) {
    std::string length;
    AppendNumber(length, field.size());  // makes ("ab", "c") and ("a", "bc") differ
    hash = Fnv(Fnv(hash, length), field);
  }
  return hash;
}

}  // namespace canvass::rpc
