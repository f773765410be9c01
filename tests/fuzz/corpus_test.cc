#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

fs::path CorpusOf(const Target& target) {
  return fs::path(CANVASS_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / target.name;
}

class CorpusTest : public ::testing::TestWithParam<Target> {};

TEST_P(CorpusTest, EverySeedKeepsTheProperties) {
  int number = 0;
  for (const std::string& seed : GetParam().seeds()) {
    SCOPED_TRACE(++number);
    EXPECT_NO_THROW(GetParam().run(seed));
  }
}

TEST_P(CorpusTest, EveryFileKeepsTheProperties) {
  int files = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(CorpusOf(GetParam()))) {
    SCOPED_TRACE(file.path());
    EXPECT_NO_THROW(GetParam().run(ContentOf(file.path())));
    ++files;
  }
  EXPECT_GT(files, 0) << "there is no corpus in " << CorpusOf(GetParam());
}

TEST(CorpusFolderTest, EveryCorpusHasATarget) {
  std::set<std::string> names;
  for (const Target& target : Targets()) names.insert(target.name);
  const fs::path corpora = fs::path(CANVASS_SOURCE_DIR) / "tests" / "fuzz" / "corpus";
  for (const fs::directory_entry& folder : fs::directory_iterator(corpora)) {
    EXPECT_TRUE(names.contains(folder.path().filename())) << folder.path();
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, CorpusTest, ::testing::ValuesIn(Targets()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace canvass::fuzz
