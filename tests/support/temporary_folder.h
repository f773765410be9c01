#ifndef CANVASS_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
#define CANVASS_TESTS_SUPPORT_TEMPORARY_FOLDER_H_

#include <string>

namespace canvass::testing {

// A new folder with a short path (Unix sockets lie in it), which every user may enter (PostgreSQL
// may run as another one). The destructor removes it with all that is in it. If the process is
// killed first, a small process that waits for its end removes it then.
class TemporaryFolder {
 public:
  // Aborts the program if no folder can be made: no test can run without it.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // The path of `name` in the folder.
  std::string File(const std::string& name) const { return path_ + "/" + name; }

  // Leaves the folder where it is, for a person to look into.
  void Keep();

 private:
  std::string path_;
  bool kept_ = false;
};

// Has `path`, a file or a folder outside of every TemporaryFolder, removed when the process has
// ended, however it ends.
void RemoveAtEnd(const std::string& path);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
