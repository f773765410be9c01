#include "tests/support/program_run.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace canvass::testing {
namespace {

// A file in memory, so that nothing is left behind even if the test is killed.
class ScratchFile {
 public:
  ScratchFile() : descriptor_(memfd_create("canvass-program", MFD_CLOEXEC)) {}
  ~ScratchFile() { close(descriptor_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  int descriptor() const { return descriptor_; }
  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(Path()).rdbuf();
    return text.str();
  }
  // The program that reads the file begins at its start: the descriptor was not moved.
  void Fill(const std::string& text) { std::ofstream(Path()) << text; }

 private:
  // Opens the file anew, with a position of its own.
  std::string Path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  const int descriptor_;
};

int WaitFor(pid_t pid, absl::Duration limit, const std::string& what) {
  const absl::Time deadline = absl::Now() + limit;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) {
      ADD_FAILURE() << what << " did not end within " << absl::FormatDuration(limit);
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const std::string& input,
                          absl::Duration limit) {
  ScratchFile in;
  const ScratchFile out;
  const ScratchFile err;
  in.Fill(input);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in.descriptor(), STDIN_FILENO);
    dup2(out.descriptor(), STDOUT_FILENO);
    dup2(err.descriptor(), STDERR_FILENO);
    execvp(pointers[0], pointers.data());
    _exit(127);
  }
  const int exit_code = WaitFor(pid, limit, arguments.front());
  return {.exit_code = exit_code, .out = out.Read(), .err = err.Read()};
}

std::string ProgramFile(const std::string& name) {
  const char* folder = std::getenv("CANVASS_BIN_DIR");
  return std::string(folder != nullptr ? folder : CANVASS_BIN_DIR) + "/" + name;
}

ProgramOutcome Grpcurl(const std::string& address, const std::string& method,
                       const std::string& json, const std::vector<std::string>& options) {
  const char* program = std::getenv("CANVASS_GRPCURL");
  std::vector<std::string> arguments{program != nullptr ? program : "grpcurl"};
  const bool has_tls = std::find(options.begin(), options.end(), "-cacert") != options.end();
  if (!has_tls) arguments.emplace_back("-plaintext");
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"-d", "@", address, method});
  return RunProgram(arguments, json);
}

}  // namespace canvass::testing
