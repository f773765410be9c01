#ifndef CANVASS_COMMON_BASE_TEXT_H_
#define CANVASS_COMMON_BASE_TEXT_H_

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Debian's Abseil has a string_view of its own that std::string_view does not convert to; other
// builds use the standard one. Canvass's interfaces take std::string_view, and hand it to Abseil
// through here.
namespace canvass {

// E.g. for absl::flat_hash_map<std::string, ...>::find and absl::Status.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

namespace internal {

template <typename T>
decltype(auto) Piece(const T& piece) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(piece);
  } else {
    return (piece);
  }
}

}  // namespace internal

// absl::StrCat and absl::StrAppend that take std::string_view too.
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
