#ifndef CANVASS_TESTS_SUPPORT_SOURCE_TREE_H_
#define CANVASS_TESTS_SUPPORT_SOURCE_TREE_H_

#include <map>
#include <string>

namespace canvass::testing {

// The texts of source files, by their paths from the root of the repository.
using SourceTree = std::map<std::string, std::string>;

// Every .h and .cc file in common/ and services/, as it is on the disk.
SourceTree ReadSourceTree();

// Any file of the repository; empty if there is none.
std::string ReadSourceFile(const std::string& path);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_SOURCE_TREE_H_
