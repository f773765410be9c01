#ifndef CANVASS_SERVICES_CANVASS_IMPORT_SLUG_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_SLUG_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

// Makes ids from the names in a file. The rules must never change, so that the same file gives the
// same ids again.
namespace canvass::cli {

// Returns `text` in lower-case ASCII. Accented letters lose their accents, and Cyrillic and Greek
// letters are transliterated. Any other letter becomes 'u' and its hexadecimal code point.
// Everything between letters and digits becomes one '-'. "Unión Cívica Radical" becomes
// "union-civica-radical". Returns "" if nothing is left.
std::string Slug(std::string_view text);

// Limits an id to 63 characters. A longer id is cut and ends in '-' and the first 8 hex digits of
// its SHA-256.
std::string FittingId(const std::string& id);

// Register of ids and the values from which they were made. Areas and stations share a register.
// Not thread-safe.
class IdRegister {
 public:
  // Registers that `value` (for people, e.g. "mesa 12") on `line` has this id. Registering the same
  // value again returns OK. Returns INVALID_ARGUMENT ID_COLLISION with both values and lines if
  // another value has the id, or ID_EMPTY if the id has no letter or digit.
  absl::Status Add(const std::string& id, const std::string& value, int line);

 private:
  struct Origin {
    std::string value{};
    int line = 0;
  };
  absl::flat_hash_map<std::string, Origin> origins_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_SLUG_H_
