#include "tests/support/json.h"

#include <cctype>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace canvass::testing {
namespace {

using ::nlohmann::json;

std::string SnakeCase(const std::string& key) {
  std::string snake;
  for (const char c : key) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) {
      snake += '_';
      snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      snake += c;
    }
  }
  return snake;
}

json WithSnakeCaseKeys(const json& value) {
  if (value.is_array()) {
    json array = json::array();
    for (const json& item : value) array.push_back(WithSnakeCaseKeys(item));
    return array;
  }
  if (!value.is_object()) return value;
  json object = json::object();
  for (const auto& [key, item] : value.items()) object[SnakeCase(key)] = WithSnakeCaseKeys(item);
  return object;
}

}  // namespace

json ParseJson(const ProgramOutcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json parsed = json::parse(outcome.out, nullptr, false);
  if (outcome.exit_code != 0 || parsed.is_discarded()) return nullptr;
  return WithSnakeCaseKeys(parsed);
}

}  // namespace canvass::testing
