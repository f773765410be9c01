// What libFuzzer calls. Linked with one target.
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/telemetry/log.h"
#include "services/canvass/terminal/input_file.h"
#include "tests/fuzz/engine/mutation.h"
#include "tests/fuzz/target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace canvass::fuzz {
namespace {

const Target& TheTarget() { return Targets().front(); }

std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Writes the target's seeds into a folder, and ends.
[[noreturn]] void WriteSeeds(const std::string& folder) {
  int number = 0;
  for (const std::string& seed : TheTarget().seeds()) {
    const std::string file = StrCat(folder, "/seed-", ++number);
    if (!cli::WriteOutput(file, seed).ok()) {
      std::fprintf(stderr, "%s cannot be written\n", file.c_str());
      std::exit(1);
    }
  }
  std::exit(0);
}

}  // namespace
}  // namespace canvass::fuzz

// With CANVASS_FUZZ_SEEDS=FOLDER, the program writes its seeds there instead of fuzzing.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  canvass::telemetry::StartLog("fuzz", "off");
  google::protobuf::SetLogHandler(nullptr);
  const char* const folder = std::getenv("CANVASS_FUZZ_SEEDS");
  if (folder != nullptr) canvass::fuzz::WriteSeeds(folder);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  canvass::fuzz::TheTarget().run(canvass::fuzz::TextOf(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const canvass::fuzz::Target& target = canvass::fuzz::TheTarget();
  if (target.steps.empty() || seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string mutated =
      canvass::fuzz::MutateSession(target, canvass::fuzz::TextOf(data, size), max_size, seed);
  std::memcpy(data, mutated.data(), mutated.size());
  return mutated.size();
}
