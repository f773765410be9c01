#include "tests/services/canvass/import/import_samples.h"

#include <cstddef>

#include "gtest/gtest.h"
#include "services/canvass/terminal/error_text.h"

namespace canvass::testing {

cli::Mapping MappingOf(const std::string& json) {
  absl::StatusOr<cli::Mapping> mapping = cli::ParseMapping(json, "mapping.json");
  EXPECT_TRUE(mapping.ok()) << cli::ErrorText(mapping.status());
  return mapping.ok() ? *std::move(mapping) : cli::Mapping();
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace canvass::testing
