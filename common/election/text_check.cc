#include "common/election/text_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/base/text_form.h"
#include "common/election/report.h"

namespace canvass::election {
namespace {

constexpr std::size_t kSha256HexDigits = 64;

bool IsSha256(std::string_view text) {
  return text.size() == kSha256HexDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f');
         });
}

TextFault TooMany(std::string field, std::string_view what, std::size_t number,
                  std::size_t number_max) {
  return {
      .field = std::move(field),
      .description = StrCat("has ", number, " ", what, "; at most ", number_max, " are allowed"),
      .numbers = {{std::string(what), static_cast<std::int64_t>(number)},
                  {StrCat(what, "_max"), static_cast<std::int64_t>(number_max)}}};
}

void CheckText(std::string field, std::string_view text, std::size_t bytes_max, TextForm form,
               std::vector<TextFault>& faults) {
  if (text.size() > bytes_max) {
    faults.push_back(TooMany(std::move(field), "bytes", text.size(), bytes_max));
    return;
  }
  const std::optional<CharacterFault> fault = FindCharacterFault(text, form);
  if (!fault) return;
  TextFault& added = faults.emplace_back(
      TextFault{.field = std::move(field), .description = DescribeFault(*fault)});
  if (fault->place == 0) return;
  added.numbers = {{std::string(kCodePoint), static_cast<std::int64_t>(fault->character)},
                   {std::string(kCharacter), static_cast<std::int64_t>(fault->place)}};
}

void CheckDocument(const std::string& path, const Document& document,
                   std::vector<TextFault>& faults) {
  if (document.sha256.empty() && document.uri.empty()) {
    faults.push_back({.field = path, .description = "has neither a sha256 nor a uri"});
  } else if (!document.sha256.empty() && !IsSha256(document.sha256)) {
    faults.push_back({.field = path + ".sha256", .description = "is not 64 lower-case hex digits"});
  }
  CheckText(path + ".uri", document.uri, kUriBytesMax, TextForm::kLine, faults);
}

}  // namespace

std::vector<TextFault> CheckTexts(std::string_view reason, const std::vector<Document>& documents) {
  std::vector<TextFault> faults;
  CheckText("reason", reason, kReasonBytesMax, TextForm::kProse, faults);
  if (documents.size() > kDocumentsMax) {
    faults.push_back(TooMany("documents", "documents", documents.size(), kDocumentsMax));
    return faults;
  }
  for (std::size_t i = 0; i < documents.size(); ++i) {
    CheckDocument(StrCat("documents[", i, "]"), documents[i], faults);
  }
  return faults;
}

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
}

}  // namespace canvass::election
