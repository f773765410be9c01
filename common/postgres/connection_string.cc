#include "common/postgres/connection_string.h"

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::postgres {

absl::StatusOr<ConnectionKeywords> ReadConnectionString(const std::string& connection) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(connection.c_str(), &error), PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> said(error, PQfreemem);
  if (options == nullptr) {
    return MakeError(reason::kDatabaseError,
                     StrCat("The connection string cannot be read: ",
                            said == nullptr ? "there is no memory" : said.get()));
  }
  ConnectionKeywords keywords;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) keywords.emplace_back(option->keyword, option->val);
  }
  return keywords;
}

}  // namespace canvass::postgres
