#ifndef CANVASS_COMMON_ELECTION_TEXT_CHECK_H_
#define CANVASS_COMMON_ELECTION_TEXT_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/election/report.h"

// Checks of the text and documents that come with a report or a decision.
namespace canvass::election {

// About a page of text: this is a reason, not the protocol itself. The limit keeps entries small
// and lists readable.
inline constexpr std::size_t kReasonBytesMax = 2000;
// As long as browsers and proxies accept.
inline constexpr std::size_t kUriBytesMax = 2000;
// Enough for the pages of a protocol or the annexes of a decision.
inline constexpr std::size_t kDocumentsMax = 20;

// Names of numbers of a TextFault.
inline constexpr std::string_view kCodePoint = "code_point";
inline constexpr std::string_view kCharacter = "character";

// One fault in a text, a document or their number.
struct TextFault {
  std::string field{};        // "reason", "documents", "documents[3].sha256", ...
  std::string description{};  // continues a sentence that starts with the field's name
  // bytes and bytes_max, documents and documents_max, or code_point and character (its place in the
  // text, counted from 1).
  std::vector<std::pair<std::string, std::int64_t>> numbers{};

  bool operator==(const TextFault&) const = default;
};

// Returns every fault: a text that is too long or has a character that TextForm::kProse (the
// reason) or TextForm::kLine (a uri) does not allow, too many documents, a document with neither
// sha256 nor uri, and a sha256 that is not 64 lower-case hex digits. If there are too many
// documents, they are not checked one by one.
std::vector<TextFault> CheckTexts(std::string_view reason, const std::vector<Document>& documents);

// Whether `text` is empty or only white space.
bool IsBlank(std::string_view text);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_TEXT_CHECK_H_
