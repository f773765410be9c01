#ifndef CANVASS_COMMON_BASE_TEXT_H_
#define CANVASS_COMMON_BASE_TEXT_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Bridges std::string_view and absl::string_view. Debian's Abseil has a string_view of its own, to
// which std::string_view does not convert. Other builds use the standard type. Canvass's interfaces
// take std::string_view and convert it here before calling Abseil.
namespace canvass {

// Converts for calls such as absl::flat_hash_map<std::string, ...>::find.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

namespace internal {

inline absl::string_view Piece(std::string_view piece) { return ToAbsl(piece); }

// For one expression, which a temporary outlives.
template <typename T>
const T& Piece(const T& piece) {
  return piece;  // NOLINT(bugprone-return-const-ref-from-parameter)
}

}  // namespace internal

// absl::StrCat and absl::StrAppend that also accept std::string_view.
template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  return absl::StrCat(internal::Piece(pieces)...);
}

template <typename... Pieces>
void StrAppend(std::string* text, const Pieces&... pieces) {
  absl::StrAppend(text, internal::Piece(pieces)...);
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_TEXT_H_
