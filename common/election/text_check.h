#ifndef CANVASS_COMMON_ELECTION_TEXT_CHECK_H_
#define CANVASS_COMMON_ELECTION_TEXT_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/election/report.h"

// What people write beside a number or a decision.
namespace canvass::election {

// A page of text: a reason, not the protocol itself. Entries stay small and lists readable.
inline constexpr std::size_t kReasonBytesMax = 2000;
// What browsers and proxies take.
inline constexpr std::size_t kUriBytesMax = 2000;
// A protocol's pages and a decision's annexes.
inline constexpr std::size_t kDocumentsMax = 20;

// What is wrong with one text.
struct TextFault {
  std::string field{};        // "reason", "documents", "documents[3].sha256", ...
  std::string description{};  // goes on after the field's name
  std::vector<std::pair<std::string, std::int64_t>> numbers{};  // e.g. bytes and bytes_max

  bool operator==(const TextFault&) const = default;
};

// Every fault: text that is too long or not UTF-8 or holds a NUL (which PostgreSQL's text cannot),
// too many documents, a sha256 that is not 64 lower-case hex digits (it may be empty where there is
// a uri).
std::vector<TextFault> CheckTexts(std::string_view reason, const std::vector<Document>& documents);

// Whether nothing can be read in `text`: empty, or white space alone.
bool IsBlank(std::string_view text);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_TEXT_CHECK_H_
