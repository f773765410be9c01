#include "services/canvass/terminal/input_file.h"

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::cli {
namespace {

TEST(ReadInputTest, ReadsAFileToItsEnd) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/input";
  const std::string content(3'000'000, 'x');
  std::ofstream(path) << content;
  EXPECT_EQ(ReadInput(path).value(), content);
}

TEST(ReadInputTest, ADirectoryOrAMissingFileIsAnError) {
  EXPECT_EQ(ReadInput("/").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadInput("/nonexistent").status().code(), absl::StatusCode::kNotFound);
}

TEST(ReadInputTest, StopsAtTheLimit) {
  const absl::Status status = ReadInput("/dev/zero", 5'000'000).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(status).reason, "INPUT_TOO_LARGE");
  EXPECT_EQ(status.message(),
            "/dev/zero has more than 5000000 bytes, which is the limit for an input");
}

}  // namespace
}  // namespace canvass::cli
