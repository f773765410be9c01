#include "tests/support/source_tree.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace canvass::testing {

SourceTree ReadSourceTree() {
  SourceTree tree;
  const std::filesystem::path root(CANVASS_SOURCE_DIR);
  for (const char* top : {"common", "services"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cc" && extension != ".h") continue;
      const std::string path = entry.path().lexically_relative(root).generic_string();
      tree[path] = ReadSourceFile(path);
    }
  }
  return tree;
}

std::string ReadSourceFile(const std::string& path) {
  std::ifstream file(std::filesystem::path(CANVASS_SOURCE_DIR) / path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace canvass::testing
