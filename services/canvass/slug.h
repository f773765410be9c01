#ifndef CANVASS_SERVICES_CANVASS_SLUG_H_
#define CANVASS_SERVICES_CANVASS_SLUG_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

// Ids made from what a file calls things. The rule never changes: the same file must find the same
// ids again.
namespace canvass {

// Lower-case ASCII of `text`: letters with marks lose them, Cyrillic and Greek letters are written
// in Latin ones, any other letter becomes 'u' and its hexadecimal code point; everything between
// letters and digits becomes one '-'. "Unión Cívica Radical" is "union-civica-radical"; "" where
// nothing is left.
std::string Slug(std::string_view text);

// An id of at most 63 characters: longer ones end in '-' and the first 8 hex digits of their
// SHA-256.
std::string FittingId(const std::string& id);

// Which value each id came from. Ids of areas and stations share a register.
class IdRegister {
 public:
  // Notes that `value` (for people, e.g. "mesa 12") of `line` has this id. INVALID_ARGUMENT
  // ID_COLLISION, naming both values and lines, if another value has it already; ID_EMPTY for an id
  // without a letter or digit. The same value again is fine.
  absl::Status Add(const std::string& id, const std::string& value, int line);

 private:
  struct Origin {
    std::string value{};
    int line = 0;
  };
  absl::flat_hash_map<std::string, Origin> origins_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_SLUG_H_
